//! Several files at once in any order, with failures: whatever comes of it, the promises hold.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};
use rustix::io::Errno;

use super::super::model::{Choices, Fault, Flaw, ModelDisk};
use super::super::{Spool, SpoolError, SpoolWriter};
use super::look::{spool_with, with_folders};
use super::promises::Ledger;

/// What happens next; the first number says to which file, counted among those that it can happen to.
#[derive(Debug, Clone)]
enum Event {
    Begin { header: usize },
    Write { file: usize, bytes: usize },
    Commit { file: usize },
    Abandon { file: usize },
    Adopt { bytes: usize },
    Remove { file: usize },
}

/// One run: what happens, which calls fail, and what a power cut leaves.
type Run = (Vec<Event>, Vec<(usize, Fault)>, Vec<u16>);

fn runs() -> impl Strategy<Value = Run> {
    let event = prop_oneof![
        3 => (1..6_usize).prop_map(|header| Event::Begin { header }),
        6 => (0..8_usize, 0..12_usize).prop_map(|(file, bytes)| Event::Write { file, bytes }),
        3 => (0..8_usize).prop_map(|file| Event::Commit { file }),
        1 => (0..8_usize).prop_map(|file| Event::Abandon { file }),
        1 => (1..12_usize).prop_map(|bytes| Event::Adopt { bytes }),
        1 => (0..8_usize).prop_map(|file| Event::Remove { file }),
    ];
    let error = prop_oneof![Just(Errno::NOSPC), Just(Errno::DQUOT), Just(Errno::IO)];
    let fault = (error, any::<bool>()).prop_map(|(error, done)| Fault { error, done });
    (vec(event, 1..30), vec((0..100_usize, fault), 0..4), vec(any::<u16>(), 1..48))
}

/// A spool at work.
struct Site {
    spool: Spool,
    disk: ModelDisk,
    ledger: Ledger,
    /// Each with what was written to it, and the length of its header.
    arriving: Vec<(SpoolWriter, Vec<u8>, usize)>,
    files: u8,
}

impl Site {
    /// Bytes of a new file: no other begins like it, and none is zero, which is what a power cut leaves.
    fn new_file(&mut self, bytes: usize) -> Vec<u8> {
        self.files += 1;
        vec![self.files; bytes]
    }

    fn happen(&mut self, event: Event) -> Result<(), SpoolError> {
        let one_of = |file: usize, arriving: &Vec<_>| file.checked_rem(arriving.len());
        match event {
            Event::Begin { header } => {
                let content = self.new_file(header);
                self.arriving.push((self.spool.begin(&content)?, content, header));
            }
            Event::Write { file, bytes } => {
                let Some(file) = one_of(file, &self.arriving) else { return Ok(()) };
                let (mut writer, mut content, header) = self.arriving.swap_remove(file);
                let more: Vec<u8> = (100..).take(bytes).collect();
                // A writer that failed is dropped, as who receives an image does.
                writer.write(&more)?;
                content.extend(more);
                self.arriving.push((writer, content, header));
            }
            Event::Commit { file } => {
                let Some(file) = one_of(file, &self.arriving) else { return Ok(()) };
                let (writer, content, header) = self.arriving.swap_remove(file);
                self.ledger.expect(&content);
                let spooled = writer.commit(&self.spool)?;
                self.ledger.promise(self.disk.calls(), spooled, &content, header);
            }
            Event::Abandon { file } => {
                if let Some(file) = one_of(file, &self.arriving) {
                    self.arriving.swap_remove(file);
                }
            }
            Event::Adopt { bytes } => {
                let content = self.new_file(bytes);
                let written = self.spool.incoming().join(format!("written-{}", self.files));
                self.disk.put(&written, &content);
                self.ledger.expect(&content);
                let spooled = self.spool.adopt(&written)?;
                self.ledger.promise(self.disk.calls(), spooled, &content, 0);
            }
            Event::Remove { file } => {
                if let Some(file) = self.ledger.withdraw(self.disk.calls(), file) {
                    self.spool.remove(&file)?;
                }
            }
        }
        Ok(())
    }
}

fn promises_hold((events, faults, seeds): Run, flaw: Option<Flaw>) -> Result<(), TestCaseError> {
    let disk = with_folders();
    faults.into_iter().for_each(|(call, fault)| disk.fail(call, fault));
    let spool = spool_with(&disk, flaw);
    let mut site = Site { spool, disk: disk.clone(), ledger: Ledger::default(), arriving: Vec::new(), files: 0 };
    for event in events {
        let failed_before = disk.failed().len();
        let abandons = matches!(event, Event::Abandon { .. });
        let happened = site.happen(event);
        match disk.failed().get(failed_before) {
            // What cannot be removed is swept.
            _ if abandons => {}
            None => prop_assert!(happened.is_ok(), "{happened:?}"),
            Some(error) => {
                let is_full = happened.err().map(|said| said.is_full());
                prop_assert_eq!(is_full, Some(*error != Errno::IO), "{} is returned", error);
            }
        }
    }
    for (step, (call, state)) in disk.history().into_iter().enumerate() {
        let mut choices = Choices::by(&seeds[step % seeds.len()..]);
        let left = state.after_power_cut(&mut choices);
        for left in [state, left] {
            let kept = site
                .ledger
                .check(step, &left)
                .and_then(|restarted| site.ledger.kept(step, &restarted.now().after_power_cut(&mut choices)));
            prop_assert!(kept.is_ok(), "{kept:?} before {call}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn promises_hold_in_any_order_of_events(run in runs()) {
        promises_hold(run, None)?;
    }
}

/// The same property, on disks that do not deserve it.
#[test]
fn the_property_can_fail() {
    for flaw in [
        Flaw::DataNotSynced,
        Flaw::DataSyncedBeforeTheLastWrite,
        Flaw::DataSyncedAfterTheRename,
        Flaw::RenamedBeforeWritten,
        Flaw::FolderNotSynced,
        Flaw::FolderSyncedBeforeTheRename,
        Flaw::OldFolderSynced,
        Flaw::FailedSyncRepeated,
        Flaw::FailedWriteIgnored,
        Flaw::FailedFolderSyncIgnored,
    ] {
        let config =
            ProptestConfig { cases: 128, max_shrink_iters: 0, failure_persistence: None, ..Default::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let outcome = runner.run(&runs(), |run| promises_hold(run, Some(flaw)));
        assert!(matches!(outcome, Err(TestError::Fail(..))), "{flaw:?} is not seen: {outcome:?}");
    }
}
