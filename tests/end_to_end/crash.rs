//! `kill -9` at a bad moment.

use std::fs;
use std::thread;

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::film;
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::tools::{storescu, wait_for};

#[test]
fn every_image_that_was_answered_success_has_exactly_one_report() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, ..Options::default() });
    site.start();
    let queued: Vec<_> = (0..20).map(|_| film(site.folder.path(), "intact")).collect();
    let arriving: Vec<_> = (0..5).map(|_| film(site.folder.path(), "burst")).collect();
    let files: Vec<_> = queued.iter().map(|f| &f.file).collect();
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &files);
    assert!(sent, "{said}");

    let port = site.port;
    let senders: Vec<_> = arriving
        .iter()
        .map(|f| f.file.clone())
        .map(|file| thread::spawn(move || storescu(SENDER, AE_TITLE, port, &[&file]).0))
        .collect();
    // Killed while bytes of the five are on their way into the spool.
    let incoming = site.folder.path().join("state/spool/incoming");
    wait_for(10, "an image is arriving", || fs::read_dir(&incoming).unwrap().next().map(drop));
    let waiting: usize = site.sql("SELECT count(*) FROM instances WHERE state = 'queued'").parse().unwrap();
    site.kill();
    let answered: Vec<bool> = senders.into_iter().map(|s| s.join().unwrap()).collect();
    assert!(waiting > 0, "the daemon was to be killed in the middle of its work");
    println!(
        "killed with {waiting} images queued; {} of 5 arriving ones were answered Success",
        answered.iter().filter(|a| **a).count()
    );

    site.start();
    let promised = queued.iter().chain(arriving.iter().zip(&answered).filter(|(_, a)| **a).map(|(f, _)| f));
    let promised: Vec<_> = promised.collect();
    wait_for(240, "everything is reported", || {
        let open = site.sql("SELECT count(*) FROM instances WHERE state <> 'reported'");
        (open == "0").then_some(())
    });
    for film in &promised {
        assert_eq!(pacs.instances(&film.study, "SR").len(), 1, "reports of {}", film.image);
        assert_eq!(
            site.sql(&format!("SELECT state FROM instances WHERE sop_instance_uid = '{}'", film.image)),
            "reported"
        );
    }
    assert!(site.command(&["audit", "verify"]).status.success());
}
