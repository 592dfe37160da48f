//! A disk in memory that remembers what it was before each call and fails where it is told to, so that a test can cut
//! the power at any step and look at everything that may be left. It is worse than ext4 and XFS: a rename may be half
//! done, and the changes to a folder last in any order. It is better in one thing: a folder whose sync failed can be
//! synced again.

mod choices;
mod mutants;
mod state;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::io::Errno;

use super::disk::{Disk, DiskFile};
pub use choices::Choices;
pub use mutants::{Flaw, Mutant};
pub use state::State;

/// Bytes that one write takes at most: the rest is for the next, and the power may go in between.
const AT_A_TIME: usize = 4;

/// A call that fails.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub error: Errno,
    /// It did its work before it failed.
    pub done: bool,
}

/// The model. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct ModelDisk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    state: State,
    /// Each call, and what the disk was before it.
    calls: Vec<(String, State)>,
    /// By the number of the call.
    faults: BTreeMap<usize, Fault>,
    /// What calls have failed with, in their order.
    failed: Vec<Errno>,
}

#[derive(Debug)]
struct ModelFile {
    disk: ModelDisk,
    inode: usize,
}

impl ModelDisk {
    /// A disk that begins as this.
    pub fn of(state: State) -> Self {
        Self(Arc::new(Mutex::new(Inner { state, ..Inner::default() })))
    }

    /// The disk as whoever runs now sees it: what a killed program leaves to the next while the power stays on.
    pub fn now(&self) -> State {
        self.lock().state.clone()
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.lock().calls.len()
    }

    /// Each call with the disk as it was before it, and the disk as it is now.
    pub fn history(&self) -> Vec<(String, State)> {
        let inner = self.lock();
        inner.calls.iter().cloned().chain([("the end".to_owned(), inner.state.clone())]).collect()
    }

    /// Makes the call with this number fail.
    pub fn fail(&self, call: usize, fault: Fault) {
        self.lock().faults.insert(call, fault);
    }

    /// What calls have failed with so far.
    pub fn failed(&self) -> Vec<Errno> {
        self.lock().failed.clone()
    }

    /// Another process writes a file, and syncs nothing.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut inner = self.lock();
        let inode = inner.state.make_file(path).unwrap();
        inner.state.append(inode, bytes);
    }

    /// Opens a file that is there, to append to it.
    pub fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.lock().state.find(path)?;
        Ok(Box::new(ModelFile { disk: self.clone(), inode }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn call<T>(&self, name: String, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        self.call_or(name, act, |_| ())
    }

    /// One call; `failing` is what its failure does.
    fn call_or<T>(
        &self,
        name: String,
        act: impl FnOnce(&mut State) -> io::Result<T>,
        failing: impl FnOnce(&mut State),
    ) -> io::Result<T> {
        let mut inner = self.lock();
        let before = inner.state.clone();
        inner.calls.push((name, before));
        let Some(Fault { error, done }) = inner.faults.get(&(inner.calls.len() - 1)).copied() else {
            return act(&mut inner.state);
        };
        inner.failed.push(error);
        if done {
            let _ = act(&mut inner.state);
        } else {
            failing(&mut inner.state);
        }
        Err(error.into())
    }

    fn sync_inode(&self, inode: usize) -> io::Result<()> {
        let sync = |state: &mut State| {
            state.sync_data(inode);
            Ok(())
        };
        self.call_or(format!("sync_data {inode}"), sync, |state| state.give_up_data(inode))
    }
}

impl Disk for ModelDisk {
    fn exists(&self, path: &Path) -> bool {
        self.lock().state.find(path).is_ok()
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.lock().state.is_folder(path)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.call(format!("make_folder {}", folder.display()), |state| state.make_folder(folder))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.call(format!("sync_folder {}", folder.display()), |state| state.sync_folder(folder))
    }

    fn entries(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let names = self.call(format!("entries {}", folder.display()), |state| state.names(folder))?;
        Ok(names.into_iter().map(|name| folder.join(name)).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.call(format!("create {}", path.display()), |state| state.make_file(path))?;
        Ok(Box::new(ModelFile { disk: self.clone(), inode }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.call(format!("read {}", path.display()), |state| state.read(state.find(path)?))
    }

    fn sync_data(&self, path: &Path) -> io::Result<()> {
        let inode = self.lock().state.find(path)?;
        self.sync_inode(inode)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(format!("rename to {}", to.display()), |state| state.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(format!("remove {}", path.display()), |state| state.remove(path))
    }
}

impl DiskFile for ModelFile {
    fn sync_data(&self) -> io::Result<()> {
        self.disk.sync_inode(self.inode)
    }
}

impl Write for ModelFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = &bytes[..bytes.len().min(AT_A_TIME)];
        self.disk.call(format!("write {}", self.inode), |state| {
            state.append(self.inode, taken);
            Ok(taken.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
