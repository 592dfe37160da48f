//! A worker that is killed, and one that hangs, cost one attempt of one job.

use crate::daemon::{AE_TITLE, Options, SENDER, Site, signal};
use crate::films::{Film, film};
use crate::tools::{storescu, wait_for};

/// Stops the only worker, sends an image and waits until the stopped worker has the job.
fn job_with_a_stopped_worker(site: &Site) -> (u32, Film) {
    // Its start and self-test are over when the log names it; another child may be the bundle's trial
    // run, which is about to end.
    let ready = |pid: &u32| site.log().contains(&format!("A worker is ready slot=worker-1 pid={pid} "));
    let worker = wait_for(60, "the worker is ready", || site.workers().into_iter().find(|pid| ready(pid)));
    signal(worker, "STOP");
    let image = film(site.folder.path(), "intact");
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &[&image.file]);
    assert!(sent, "{said}");
    site.wait_sql(20, "SELECT count(*) FROM jobs WHERE state = 'running' AND kind = 'analyse'", "1");
    (worker, image)
}

fn attempts(site: &Site, image: &Film) -> String {
    let query = "SELECT j.state || ' ' || j.attempts FROM jobs j JOIN instances i ON i.id = j.instance_id WHERE i.sop_instance_uid = ";
    site.wait_sql(60, &format!("{query}'{}'", image.image), "done 2");
    site.sql(&format!("SELECT detail FROM audit_trail WHERE what = 'attempt' AND image = '{}'", image.image))
}

#[test]
fn a_killed_and_a_hanging_worker_cost_one_attempt() {
    let mut site = Site::new(&Options { timeout_seconds: 6, ..Options::default() });
    site.start();
    let daemon = site.pid();

    let (worker, image) = job_with_a_stopped_worker(&site);
    signal(worker, "KILL");
    let why = attempts(&site, &image);
    assert!(why.contains("attempt 1 of 3") && why.contains("ended unexpectedly (signal: 9"), "{why}");

    // Else the hanging worker has the report of the first image, and the second one waits for it.
    site.wait_sql(30, "SELECT count(*) FROM jobs WHERE state = 'done' AND kind = 'report'", "1");
    let (hanging, image) = job_with_a_stopped_worker(&site);
    let why = attempts(&site, &image);
    assert!(why.contains("no answer within 6 seconds"), "{why}");
    assert!(!site.workers().contains(&hanging), "a hanging worker is killed");

    assert_eq!(site.pid(), daemon);
    assert!(std::path::Path::new(&format!("/proc/{daemon}")).exists());
    site.stop();
}
