//! What is sent again, and what a start finds.

use std::fs;
use std::process::Command;

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;

use crate::daemon::{Options, SENDER, Site, forward, sender, signal};
use crate::films::{film, film_with};
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::support::programs::text;
use crate::tools::wait_for;

/// A film that [select] left out could never be analysed; one that the PACS had lost was never passed on again.
#[test]
fn a_film_sent_again_was_a_duplicate_whatever_had_been_left_undone() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, ..Options::default() });
    let senders = format!("{}{}", sender(SENDER, "127.0.0.0/8"), forward(&["pacs"]));
    site.write_configuration(&senders);
    site.start();
    let chest = film_with(site.folder.path(), "no_spine/hand", |object| {
        object.put(DataElement::new(tags::BODY_PART_EXAMINED, VR::CS, "HAND"));
    });
    site.send(&[&chest]);
    site.wait_sql(30, "SELECT state FROM audit_deliveries", "delivered");
    pacs.delete(&chest.image);
    site.write_configuration(&format!("\n[select]\nbody_parts = [\"HAND\"]\n{senders}"));
    wait_for(30, "the new selection is in force", || {
        site.log().contains("The configuration has changed").then_some(())
    });
    site.send(&[&chest]);
    assert!(!pacs.kept(&chest.image).is_empty(), "the PACS has it again");
    site.wait_sql(60, "SELECT state FROM instances", "reported");
    assert_eq!(site.sql("SELECT count(*) FROM jobs WHERE kind = 'analyse'"), "1");
    assert_eq!(site.sql("SELECT count(*) FROM audit_trail WHERE outcome = 'sent again'"), "1");
    site.send(&[&chest]);
    site.wait_sql(30, "SELECT count(*) FROM audit_trail WHERE what = 'delivery' AND outcome = 'success' AND image = (SELECT sop_instance_uid FROM instances)", "3");
    assert_eq!(site.sql("SELECT count(*) FROM reports"), "1", "no second report");
    site.stop();
}

/// What is in a folder, and how large.
fn listing(site: &Site) -> Vec<(String, u64)> {
    let mut files: Vec<_> = fs::read_dir(site.state())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .filter(|(name, _)| name != "spool")
        .collect();
    files.sort();
    files
}

fn serve(site: &Site) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spinetriage"));
    let output = command.args(["serve", "--config"]).arg(site.configuration()).output().unwrap();
    (output.status.success(), text(&output))
}

/// A start without the database was refused but left a new one with its log, and the backup that was then put in its
/// place was emptied by that log without a word.
#[test]
fn a_refused_start_left_a_log_that_emptied_the_backup() {
    let mut site = Site::new(&Options::default());
    site.start();
    let hand = film(site.folder.path(), "no_spine/hand");
    site.send(&[&hand]);
    let backup = site.folder.path().join("backup.sqlite");
    assert!(site.command(&["backup", backup.to_str().unwrap()]).status.success());
    site.kill();
    let log = site.state().join("spinetriage.sqlite-wal");
    let stray = fs::read(&log).unwrap();
    assert!(!stray.is_empty(), "a killed daemon leaves its log");
    for name in ["spinetriage.sqlite", "spinetriage.sqlite-wal", "spinetriage.sqlite-shm"] {
        let _ = fs::remove_file(site.state().join(name));
    }
    let before = listing(&site);
    let (started, said) = serve(&site);
    assert!(!started && said.contains("the database is new"), "{said}");
    assert_eq!(listing(&site), before, "a refused start changes nothing");
    let check = text(&site.command(&["check"]));
    assert!(check.contains("spool: PROBLEM") && check.contains("restore a backup"), "{check}");

    // The backup beside a log that is not its own.
    fs::copy(&backup, site.database()).unwrap();
    fs::write(&log, &stray).unwrap();
    let before = listing(&site);
    let (started, said) = serve(&site);
    assert!(!started && said.contains("not its own"), "{said}");
    let commands: [&[&str]; 2] = [&["queue", "list"], &["check"]];
    for command in commands {
        let output = site.command(command);
        assert!(!output.status.success() && text(&output).contains("not its own"), "{}", text(&output));
    }
    assert_eq!(listing(&site), before);
    fs::remove_file(&log).unwrap();
    site.start();
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE state <> 'queued'", "1");
    site.stop();
    assert!(!log.exists(), "an orderly stop leaves no log");
}

/// The log of another database beside one that was opened here before.
#[test]
fn the_log_of_another_database_is_known_by_the_audit_that_it_would_lose() {
    let mut site = Site::new(&Options::default());
    site.start();
    site.stop();
    let mut other = Site::new(&Options::default());
    other.start();
    other.kill();
    let log = "spinetriage.sqlite-wal";
    fs::copy(other.state().join(log), site.state().join(log)).unwrap();
    let (started, said) = serve(&site);
    assert!(!started && said.contains("not its own") && said.contains("audit"), "{said}");
}

/// A start that is refused for its bundle or its port changes nothing either.
#[test]
fn a_start_without_a_bundle_left_a_database() {
    let site = Site::new(&Options { bundle: "/nonexistent".into(), ..Options::default() });
    let (started, _) = serve(&site);
    assert!(!started && !site.state().exists());
}

/// A film that ends worker and daemon together was given back each time and stayed first: nothing else was analysed.
#[test]
fn a_film_that_ends_worker_and_daemon_kept_all_others_waiting() {
    let mut site = Site::new(&Options { analysis: "attempts = 2\nsettle_at_most_seconds = 5", ..Options::default() });
    site.start();
    assert!(site.command(&["queue", "pause"]).status.success());
    let films: Vec<_> = (0..3).map(|_| film(site.folder.path(), "no_spine/hand")).collect();
    films.iter().for_each(|film| site.send(&[film]));
    assert!(site.command(&["queue", "resume"]).status.success());
    // The first film is the poison: whenever a worker has it, both are killed.
    let is_at_it = "SELECT count(*) FROM jobs WHERE instance_id = 1 AND state = 'running'";
    for _ in 0..2 {
        wait_for(60, "a worker has the poison", || (site.sql(is_at_it) == "1").then_some(()));
        site.kill();
        site.start();
    }
    site.wait_sql(60, "SELECT state FROM instances WHERE id = 1", "failed");
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE id > 1 AND state = 'analysed'", "2");
    assert!(site.sql("SELECT reason FROM instances WHERE id = 1").contains("begun 2 times"));
    let workers = site.workers();
    let score = fs::read_to_string(format!("/proc/{}/oom_score_adj", workers[0])).unwrap();
    assert_eq!(score.trim(), "800", "the kernel takes a worker before the daemon");
    signal(site.pid(), "TERM");
}
