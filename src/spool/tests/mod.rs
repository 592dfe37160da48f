//! What the spool promises: on the computer's own disk, and through power cuts and failures of a model disk.

mod failures;
mod interleavings;
mod look;
mod power_cuts;
mod promises;

use std::fs;

use super::*;

#[test]
fn a_committed_file_holds_header_and_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path()).unwrap();
    let mut writer = spool.begin(b"header").unwrap();
    writer.write(b"data ").unwrap();
    writer.write(b"set").unwrap();
    let spooled = writer.commit(&spool).unwrap();
    assert_eq!(fs::read(spool.path(&spooled.file)).unwrap(), b"headerdata set");
    assert_eq!(spooled.sha256, format!("{:x}", Sha256::digest(b"data set")));
    assert!(spool.entries(INCOMING).unwrap().is_empty());
    assert_eq!(spool.orphans(&[]).unwrap(), std::slice::from_ref(&spooled.file));
    assert!(spool.orphans(&[spooled.file]).unwrap().is_empty());
}

#[test]
fn an_abandoned_file_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path()).unwrap();
    drop(spool.begin(b"header").unwrap());
    assert!(spool.entries(INCOMING).unwrap().is_empty());
}

#[test]
fn only_a_sweep_removes_what_was_arriving() {
    let folder = tempfile::tempdir().unwrap();
    let left_over = Spool::open(folder.path()).unwrap().incoming().join("left-over");
    fs::write(&left_over, b"x").unwrap();
    let spool = Spool::open(folder.path()).unwrap();
    assert!(left_over.exists());
    assert_eq!(spool.sweep().unwrap(), 1);
    assert!(!left_over.exists());
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Spool::at(folder.path()).examine().is_ok());
    fs::write(folder.path().join("spool"), b"").unwrap();
    let problem = Spool::at(folder.path()).examine().unwrap_err().to_string();
    assert!(problem.contains("spool") && problem.contains("Not a directory"), "{problem}");
}
