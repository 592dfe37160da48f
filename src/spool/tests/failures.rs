//! Each call to the disk fails, in a run for each: the error is returned, and nothing stays that the next start keeps.

use rustix::io::Errno;

use super::super::model::{Fault, Flaw, ModelDisk};
use super::look::{
    Found, Work, adopt, first_day, receive, restart, spool_with, with_folders, with_left_overs, with_state_folder,
};
use super::promises::{Broken, Ledger};

/// The disk that some work begins on.
type Before = fn() -> ModelDisk;

/// Runs `work` until it meets no failure any more. What was found, how often a call failed, and how often the work
/// was called well done all the same.
fn found_after_failures(work: Work, before: Before, flaw: Option<Flaw>) -> (Found, usize, usize) {
    let (mut found, mut failures, mut unnoticed) = (Found::default(), 0, 0);
    for call in 0.. {
        for fault in [Fault { error: Errno::NOSPC, done: false }, Fault { error: Errno::IO, done: true }] {
            let (disk, mut ledger) = (before(), Ledger::default());
            disk.fail(call, fault);
            let done = work(&spool_with(&disk, flaw), &disk, &mut ledger);
            if disk.failed().is_empty() {
                done.unwrap();
                println!("{flaw:?}: {failures} failures, {unnoticed} unnoticed, {found:?}");
                return (found, failures, unnoticed);
            }
            failures += 1;
            match done {
                Ok(()) => unnoticed += 1,
                Err(error) => assert_eq!(error.is_full(), fault.error == Errno::NOSPC, "{error}"),
            }
            found.look(&disk, &ledger, call);
        }
    }
    unreachable!("no work is endless")
}

#[test]
fn a_failure_is_returned_and_promises_nothing() {
    let works: [(Work, Before, usize); 4] = [
        (receive, with_folders, 8),
        (adopt, with_folders, 4),
        (first_day, with_state_folder, 20),
        (restart, with_left_overs, 14),
    ];
    for (work, before, calls) in works {
        let (found, failures, unnoticed) = found_after_failures(work, before, None);
        assert_eq!((found.broken(), failures, unnoticed), (vec![], 2 * calls, 0));
    }
}

#[test]
fn a_failure_that_is_passed_over_is_seen() {
    for (flaw, broken) in [
        (Flaw::FailedSyncRepeated, vec![Broken::Lost, Broken::Torn]),
        (Flaw::FailedWriteIgnored, vec![Broken::Lost, Broken::Torn]),
        (Flaw::FailedFolderSyncIgnored, vec![Broken::Lost]),
    ] {
        let (found, _, unnoticed) = found_after_failures(receive, with_folders, Some(flaw));
        assert!(unnoticed > 0, "{flaw:?}");
        assert_eq!(found.broken(), broken, "{flaw:?}");
    }
}
