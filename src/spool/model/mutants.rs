//! Disks that put the spool's calls in a wrong order, or leave one out: a test that does not notice could not fail.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::super::disk::{Disk, DiskFile};
use super::ModelDisk;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Bytes are never synced.
    DataNotSynced,
    /// They are, but for those of the last write.
    DataSyncedBeforeTheLastWrite,
    /// They are, once the file has its name.
    DataSyncedAfterTheRename,
    /// The file has its name first, and then its bytes, synced.
    RenamedBeforeWritten,
    /// The folder of the new name is not synced.
    FolderNotSynced,
    /// It is, but before the name is in it.
    FolderSyncedBeforeTheRename,
    /// The folder that the file came from is synced in its place.
    OldFolderSynced,
    /// Folders are made, and what is in them synced, but not their own names.
    NewFoldersNotSynced,
    /// A sync that failed is tried again: Linux then says Ok, and the bytes are gone.
    FailedSyncRepeated,
    /// A failed write passes for a good one.
    FailedWriteIgnored,
    /// So does the failed sync of a folder.
    FailedFolderSyncIgnored,
}

/// The model disk, and what is wrong with the way to it.
#[derive(Debug, Clone)]
pub struct Mutant {
    disk: ModelDisk,
    flaw: Flaw,
    /// Bytes that wait for their file's last name.
    held: Arc<Mutex<BTreeMap<PathBuf, Vec<u8>>>>,
}

#[derive(Debug)]
struct MutantFile {
    mutant: Mutant,
    path: PathBuf,
    file: Box<dyn DiskFile>,
}

impl Mutant {
    pub fn new(disk: &ModelDisk, flaw: Flaw) -> Self {
        Self { disk: disk.clone(), flaw, held: Arc::default() }
    }

    fn sync_data_by(&self, sync: impl Fn() -> io::Result<()>) -> io::Result<()> {
        match self.flaw {
            Flaw::DataNotSynced
            | Flaw::DataSyncedBeforeTheLastWrite
            | Flaw::DataSyncedAfterTheRename
            | Flaw::RenamedBeforeWritten => Ok(()),
            Flaw::FailedSyncRepeated => sync().or_else(|_| sync()),
            _ => sync(),
        }
    }
}

impl Disk for Mutant {
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let of_files = folder.ends_with("images") || folder.ends_with("reports");
        match self.flaw {
            Flaw::FolderNotSynced | Flaw::FolderSyncedBeforeTheRename if of_files => Ok(()),
            Flaw::OldFolderSynced if of_files => self.disk.sync_folder(&folder.with_file_name("incoming")),
            Flaw::NewFoldersNotSynced if !of_files => Ok(()),
            Flaw::FailedFolderSyncIgnored => self.disk.sync_folder(folder).or(Ok(())),
            _ => self.disk.sync_folder(folder),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.disk.create(path)?;
        Ok(Box::new(MutantFile { mutant: self.clone(), path: path.to_owned(), file }))
    }

    fn sync_data(&self, path: &Path) -> io::Result<()> {
        self.sync_data_by(|| self.disk.sync_data(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.flaw == Flaw::FolderSyncedBeforeTheRename {
            self.disk.sync_folder(to.parent().unwrap())?;
        }
        self.disk.rename(from, to)?;
        if let Some(held) = self.held.lock().unwrap().remove(from) {
            self.disk.open(to)?.write_all(&held)?;
        }
        match self.flaw {
            Flaw::DataSyncedAfterTheRename | Flaw::RenamedBeforeWritten => self.disk.sync_data(to),
            _ => Ok(()),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        self.disk.exists(path)
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.disk.is_folder(path)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.make_folder(folder)
    }

    fn entries(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.disk.entries(folder)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.disk.read(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }
}

impl DiskFile for MutantFile {
    fn sync_data(&self) -> io::Result<()> {
        self.mutant.sync_data_by(|| self.file.sync_data())
    }
}

impl Write for MutantFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.mutant.flaw {
            Flaw::RenamedBeforeWritten => {
                self.mutant.held.lock().unwrap().entry(self.path.clone()).or_default().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            Flaw::DataSyncedBeforeTheLastWrite => {
                self.file.sync_data()?;
                self.file.write(bytes)
            }
            Flaw::FailedWriteIgnored => self.file.write(bytes).or(Ok(bytes.len())),
            _ => self.file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
