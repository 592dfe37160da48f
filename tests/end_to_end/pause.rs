//! A pause of the queue: images are taken, and nothing is done with them until it is resumed.

use std::thread::sleep;
use std::time::Duration;

use crate::daemon::{Options, Site};
use crate::films::film;
use crate::scripted_pacs::{Script, ScriptedPacs};
use crate::support::ports::free_port;
use crate::support::programs::text;

/// Longer than anything that is due waits to be found.
const A_WHILE: Duration = Duration::from_secs(4);

fn queue(site: &Site, action: &str) {
    let output = site.command(&["queue", action]);
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn films_wait_until_the_queue_is_resumed() {
    let pacs = ScriptedPacs::start(Script::default());
    let mut site = Site::new(&Options { pacs_port: pacs.port, ..Options::default() });
    site.start();
    queue(&site, "pause");
    let films = [(); 3].map(|()| film(site.folder.path(), "intact"));
    site.send(&films.each_ref());
    let untouched = |site: &Site| {
        sleep(A_WHILE);
        assert_eq!(site.sql("SELECT state, count(*) FROM instances GROUP BY state"), "queued|3");
        assert_eq!(site.sql("SELECT count(*), max(attempts) FROM jobs"), "3|0", "nothing is analysed");
        assert_eq!(site.sql("SELECT what, since <> '', until FROM audit_conditions"), "paused|1|");
    };
    untouched(&site);
    site.stop();
    site.start();
    untouched(&site);
    queue(&site, "resume");
    site.wait_sql(90, "SELECT state, count(*) FROM instances GROUP BY state", "reported|3");
    assert_eq!(site.sql("SELECT what, until > since FROM audit_conditions"), "paused|1");
    assert_eq!(pacs.attempts().len(), 3);
}

#[test]
fn a_report_that_is_due_waits_too() {
    let port = free_port();
    let pacs = "retry_after_seconds = 0.2\nretry_at_most_seconds = 1\n";
    let mut site = Site::new(&Options { pacs_port: port, pacs, ..Options::default() });
    site.start();
    site.send(&[&film(site.folder.path(), "intact")]);
    let deliveries = "SELECT state, attempts FROM audit_deliveries";
    site.wait_sql(60, "SELECT state, attempts > 1 FROM audit_deliveries", "pending|1");
    queue(&site, "pause");
    // An attempt that is under way is finished.
    sleep(A_WHILE);
    let before = site.sql(deliveries);
    let pacs = ScriptedPacs::at(port, Script::default());
    sleep(A_WHILE);
    assert_eq!(site.sql(deliveries), before);
    assert!(pacs.attempts().is_empty());
    queue(&site, "resume");
    site.wait_sql(20, "SELECT state FROM audit_deliveries", "delivered");
    assert_eq!(pacs.attempts().len(), 1);
}
