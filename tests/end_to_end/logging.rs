//! What the log says: every line about a film carries its ids, and how much is said changes while the daemon runs.

use crate::daemon::{Options, SENDER, Site, sender};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::tools::wait_for;

#[test]
fn lines_carry_the_ids_of_their_film_and_the_level_changes_without_a_restart() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, ..Options::default() });
    site.start();
    let first = film(site.folder.path(), "intact");
    site.send(&[&first]);
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE state = 'reported'", "1");
    let log = site.log();
    let (study, image) = (&first.study, &first.image);
    let lines = |said: &str| log.lines().filter(|line| line.contains(said)).map(str::to_owned).collect::<Vec<_>>();
    let analysed = lines("An image is analysed");
    assert!(analysed.len() == 1 && analysed[0].contains(study) && analysed[0].contains(image), "{analysed:?}");
    let delivered = lines("An object is delivered");
    assert!(!delivered.is_empty());
    for line in &delivered {
        assert!(line.contains(study) && line.contains("destination=\"pacs\"") && line.contains("object="), "{line}");
    }
    let ended = lines("An association has ended");
    assert!(
        ended.iter().any(|line| line.contains(&format!("calling=\"{SENDER}\"")) && line.contains("number=")),
        "{ended:?}"
    );

    site.write_configuration(&format!("\n[log]\nlevel = \"error\"\n{}", sender(SENDER, "127.0.0.0/8")));
    let changed = "SELECT count(*) FROM audit_trail WHERE what = 'configuration' AND detail LIKE '%log.level%'";
    site.wait_sql(30, changed, "1");
    let second = film(site.folder.path(), "burst");
    site.send(&[&second]);
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE state = 'reported'", "2");
    assert!(!site.log().contains(&second.image), "nothing of a film that went well is an error");
    site.write_configuration(&sender(SENDER, "127.0.0.0/8"));
    wait_for(30, "it says again what happens", || {
        site.log().lines().last()?.contains("log.level changed").then_some(())
    });
}
