//! Power goes at every step of the spool's work, and everything is looked at that may be left then.

use super::super::model::{Flaw, ModelDisk};
use super::look::{Found, Work, adopt, first_day, receive, spool_with, with_folders, with_state_folder};
use super::promises::{Broken, Ledger};

fn found_after(work: Work, disk: &ModelDisk, flaw: Option<Flaw>) -> Found {
    let (mut ledger, mut found) = (Ledger::default(), Found::default());
    work(&spool_with(disk, flaw), disk, &mut ledger).unwrap();
    found.look(disk, &ledger, 0);
    println!("{flaw:?}: {found:?}");
    found
}

/// What is called, without the names that are random.
fn calls(disk: &ModelDisk) -> Vec<String> {
    let words = |(call, _): (String, _)| {
        call.split('/').next().unwrap().trim_end_matches(|c: char| !c.is_alphabetic()).to_owned()
    };
    disk.history().into_iter().map(words).collect()
}

#[test]
fn an_image_survives_a_power_cut_at_any_step() {
    let disk = with_folders();
    let found = found_after(receive, &disk, None);
    assert_eq!(found.broken(), []);
    let order = ["create", "write", "write", "write", "write", "sync_data", "rename to", "sync_folder", "the end"];
    assert_eq!(calls(&disk), order);
    assert!(found.states > 150, "{found:?}");
}

#[test]
fn a_report_survives_a_power_cut_at_any_step() {
    let disk = with_folders();
    let found = found_after(adopt, &disk, None);
    assert_eq!(found.broken(), []);
    assert_eq!(calls(&disk), ["read", "sync_data", "rename to", "sync_folder", "the end"]);
    assert!(found.states > 50, "{found:?}");
}

#[test]
fn a_first_day_survives_a_power_cut_at_any_step() {
    assert_eq!(found_after(first_day, &with_state_folder(), None).broken(), []);
}

#[test]
fn a_wrong_order_is_seen() {
    use Broken::{Lost, Torn};
    let wrong_for_both = [
        (Flaw::DataNotSynced, vec![Lost, Torn]),
        (Flaw::DataSyncedAfterTheRename, vec![Torn]),
        (Flaw::FolderNotSynced, vec![Lost]),
        (Flaw::FolderSyncedBeforeTheRename, vec![Lost]),
        (Flaw::OldFolderSynced, vec![Lost]),
    ];
    for (flaw, broken) in wrong_for_both {
        assert_eq!(found_after(receive, &with_folders(), Some(flaw)).broken(), broken, "{flaw:?}");
        assert_eq!(found_after(adopt, &with_folders(), Some(flaw)).broken(), broken, "{flaw:?}");
    }
    // A report is written before the spool knows of it: there is no write to put elsewhere.
    for (flaw, broken) in
        [(Flaw::DataSyncedBeforeTheLastWrite, vec![Lost, Torn]), (Flaw::RenamedBeforeWritten, vec![Torn])]
    {
        assert_eq!(found_after(receive, &with_folders(), Some(flaw)).broken(), broken, "{flaw:?}");
    }
    let forgotten = found_after(first_day, &with_state_folder(), Some(Flaw::NewFoldersNotSynced));
    assert_eq!(forgotten.broken(), [Lost]);
}
