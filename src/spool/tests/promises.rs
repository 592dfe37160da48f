//! What a spool has promised, step by step, and whether a disk that is left over keeps it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::super::disk::Disk;
use super::super::model::{ModelDisk, State};
use super::super::{IMAGES, INCOMING, REPORTS, Spool, SpooledFile};

/// Where the model has its spool.
pub const STATE_DIR: &str = "/var/state";

/// A promise that a disk does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// A file that was returned as durable is not there, or not what was written.
    Lost,
    /// A file among images and reports is not whole, whether or not its name was told to anybody.
    Torn,
    /// The next start fails.
    NoStart,
    /// The next start leaves a file that nobody was told of.
    LeftBehind,
}

struct Promise {
    file: SpooledFile,
    content: Vec<u8>,
    /// The calls to the disk before it was made, and before it was withdrawn.
    from: usize,
    until: usize,
}

/// Everything that was promised, and when.
#[derive(Default)]
pub struct Ledger {
    wholes: BTreeSet<Vec<u8>>,
    promises: Vec<Promise>,
}

/// A spool on another disk than the computer's.
pub fn spool_on(disk: impl Disk + 'static) -> Spool {
    Spool { state_dir: STATE_DIR.into(), disk: Arc::new(disk) }
}

impl Ledger {
    /// This content is about to get a name.
    pub fn expect(&mut self, content: &[u8]) {
        self.wholes.insert(content.to_vec());
    }

    /// The spool returned this after `calls` calls. The first `header` bytes are not in its digest.
    pub fn promise(&mut self, calls: usize, file: SpooledFile, content: &[u8], header: usize) {
        assert_eq!(file.bytes, content.len() as u64);
        assert_eq!(file.sha256, format!("{:x}", Sha256::digest(&content[header..])));
        self.promises.push(Promise { file, content: content.to_vec(), from: calls, until: usize::MAX });
    }

    /// The nth file that is still promised is about to be removed.
    pub fn withdraw(&mut self, calls: usize, nth: usize) -> Option<String> {
        let mut promised: Vec<_> = self.promises.iter_mut().filter(|p| p.until == usize::MAX).collect();
        let place = nth % promised.len().max(1);
        let promise = promised.get_mut(place)?;
        promise.until = calls;
        Some(promise.file.file.clone())
    }

    /// Whether a disk keeps what was promised by the time of call `step`, and the next start on it leaves that and
    /// nothing else.
    pub fn check(&self, step: usize, state: &State) -> Result<ModelDisk, Broken> {
        self.kept(step, state)?;
        let disk = ModelDisk::of(state.clone());
        let spool = spool_on(disk.clone());
        let known: Vec<String> = self.due(step).map(|promise| promise.file.file.clone()).collect();
        let start = || {
            spool.make_folders()?;
            spool.sweep()?;
            spool.orphans(&known)?.iter().try_for_each(|orphan| spool.remove(orphan))
        };
        start().map_err(|_| Broken::NoStart)?;
        let left = [INCOMING, IMAGES, REPORTS].into_iter().flat_map(|folder| files(&disk.now(), folder));
        if !left.map(|(file, _)| file).all(|file| known.contains(&file)) {
            return Err(Broken::LeftBehind);
        }
        self.kept(step, &disk.now())?;
        Ok(disk)
    }

    /// Whether everything promised by `step` is there, and everything among images and reports whole.
    pub fn kept(&self, step: usize, state: &State) -> Result<(), Broken> {
        self.kept_with(step, &Self::default(), state)
    }

    /// The same, with all that was promised after a restart.
    pub fn kept_with(&self, step: usize, later: &Self, state: &State) -> Result<(), Broken> {
        let there: Vec<_> = [IMAGES, REPORTS].into_iter().flat_map(|folder| files(state, folder)).collect();
        let is_there =
            |due: &Promise| there.iter().any(|(file, found)| (file, found) == (&due.file.file, &due.content));
        if !self.due(step).chain(&later.promises).all(is_there) {
            return Err(Broken::Lost);
        }
        let is_whole = |content| self.wholes.contains(content) || later.wholes.contains(content);
        if there.iter().all(|(_, content)| is_whole(content)) { Ok(()) } else { Err(Broken::Torn) }
    }

    fn due(&self, step: usize) -> impl Iterator<Item = &Promise> {
        self.promises.iter().filter(move |promise| promise.from <= step && step <= promise.until)
    }
}

/// The files of one of the spool's folders with what is in them; none where it is not there.
fn files(state: &State, folder: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(STATE_DIR).join(folder);
    let names = state.names(&path).unwrap_or_default();
    let read = |name: &String| state.read(state.find(&path.join(name)).unwrap()).unwrap();
    names.iter().map(|name| (format!("{folder}/{name}"), read(name))).collect()
}
