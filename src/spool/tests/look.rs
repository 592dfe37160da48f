//! A spool's work on a model disk, and a look at everything that may be left of it.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::disk::Disk;
use super::super::model::{Choices, Flaw, ModelDisk, Mutant, State};
use super::super::{IMAGES, INCOMING, REPORTS, Spool, SpoolError, folders};
use super::promises::{Broken, Ledger, STATE_DIR, spool_on};

const HEADER: &[u8] = b"H";
/// The model writes four bytes at a time: the last takes two writes.
const DATA_SET: [&[u8]; 2] = [b"a", b"bcdef"];
const REPORT: &[u8] = b"words";

/// Some work with a spool on a disk, and what it promises.
pub type Work = fn(&Spool, &ModelDisk, &mut Ledger) -> Result<(), SpoolError>;

/// An image comes.
pub fn receive(spool: &Spool, disk: &ModelDisk, ledger: &mut Ledger) -> Result<(), SpoolError> {
    let content = [HEADER, &DATA_SET.concat()].concat();
    ledger.expect(&content);
    let mut writer = spool.begin(HEADER)?;
    DATA_SET.into_iter().try_for_each(|bytes| writer.write(bytes))?;
    let file = writer.commit(spool)?;
    ledger.promise(disk.calls(), file, &content, HEADER.len());
    Ok(())
}

/// A worker has written a report.
pub fn adopt(spool: &Spool, disk: &ModelDisk, ledger: &mut Ledger) -> Result<(), SpoolError> {
    ledger.expect(REPORT);
    let written = spool.incoming().join("written");
    disk.put(&written, REPORT);
    let file = spool.adopt(&written)?;
    ledger.promise(disk.calls(), file, REPORT, 0);
    Ok(())
}

/// The folders are made, an image comes, a report is written.
pub fn first_day(spool: &Spool, disk: &ModelDisk, ledger: &mut Ledger) -> Result<(), SpoolError> {
    spool.make_folders()?;
    receive(spool, disk, ledger)?;
    adopt(spool, disk, ledger)
}

/// A start that knows of no file.
pub fn restart(spool: &Spool, _: &ModelDisk, ledger: &mut Ledger) -> Result<(), SpoolError> {
    ledger.expect(REPORT);
    spool.make_folders()?;
    spool.sweep()?;
    spool.orphans(&[])?.iter().try_for_each(|orphan| spool.remove(orphan))
}

/// A disk with a file in each of a spool's folders, as a power cut left it.
pub fn with_left_overs() -> ModelDisk {
    let disk = with_folders();
    for folder in [INCOMING, IMAGES, REPORTS].map(|folder| Path::new(STATE_DIR).join(folder)) {
        let file = folder.join("left-over");
        disk.put(&file, REPORT);
        disk.sync_data(&file).unwrap();
        disk.sync_folder(&folder).unwrap();
    }
    ModelDisk::of(disk.now())
}

/// A disk with a spool's folders.
pub fn with_folders() -> ModelDisk {
    let disk = ModelDisk::default();
    spool_on(disk.clone()).make_folders().unwrap();
    ModelDisk::of(disk.now())
}

/// A disk with an empty state folder.
pub fn with_state_folder() -> ModelDisk {
    let disk = ModelDisk::default();
    folders::make_durable_on(&disk, Path::new(STATE_DIR)).unwrap();
    ModelDisk::of(disk.now())
}

/// The spool on this disk, right or with a flaw.
pub fn spool_with(disk: &ModelDisk, flaw: Option<Flaw>) -> Spool {
    match flaw {
        None => spool_on(disk.clone()),
        Some(flaw) => spool_on(Mutant::new(disk, flaw)),
    }
}

/// What was looked at, and the step at which each promise was first seen to be broken.
#[derive(Debug, Default)]
pub struct Found {
    steps: usize,
    pub states: usize,
    broken: BTreeMap<Broken, String>,
}

impl Found {
    /// The kinds of promises that were broken.
    pub fn broken(&self) -> Vec<Broken> {
        self.broken.keys().copied().collect()
    }

    /// Looks at everything that a power cut may leave before each call from the one numbered `from` on, and after the
    /// last; and at what a kill leaves while power stays on.
    pub fn look(&mut self, disk: &ModelDisk, ledger: &Ledger, from: usize) {
        for (step, (call, state)) in disk.history().into_iter().enumerate().skip(from) {
            self.steps += 1;
            self.look_at(step, &call, &state, ledger);
            Choices::every(|choices| self.look_at(step, &call, &state.after_power_cut(choices), ledger));
        }
    }

    /// Starts on what is left, an image comes, and power goes once more.
    fn look_at(&mut self, step: usize, call: &str, left: &State, ledger: &Ledger) {
        self.states += 1;
        let mut note = |broken| {
            self.broken.entry(broken).or_insert_with(|| call.to_owned());
        };
        let restarted = match ledger.check(step, left) {
            Ok(restarted) => restarted,
            Err(broken) => return note(broken),
        };
        let mut today = Ledger::default();
        receive(&spool_on(restarted.clone()), &restarted, &mut today).unwrap();
        let now = restarted.now();
        Choices::every(|choices| {
            if let Err(broken) = ledger.kept_with(step, &today, &now.after_power_cut(choices)) {
                note(broken);
            }
        });
    }
}
