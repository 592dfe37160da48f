//! What the spool asks of a disk, and nothing more: tests put a disk in its place that loses power at any step.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file system as the spool uses it. A name (made, renamed or removed) lasts once its folder is synced, bytes once
/// their file is.
pub(super) trait Disk: fmt::Debug + Send + Sync {
    /// Whether there is something under this name.
    fn exists(&self, path: &Path) -> bool;
    /// Whether it is a folder.
    fn is_folder(&self, path: &Path) -> bool;
    /// Makes one folder; the one above it is there.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// The paths of what is in a folder.
    fn entries(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;
    /// Makes a file that was not there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// All bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Makes the bytes durable of a file that another process wrote.
    fn sync_data(&self, path: &Path) -> io::Result<()>;
    /// Gives a file another name, maybe in another folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A file that is open for writing, wherever its name may go.
pub(super) trait DiskFile: Write + fmt::Debug + Send + Sync {
    /// Makes the bytes written so far durable.
    fn sync_data(&self) -> io::Result<()>;
}

/// The computer's own.
#[derive(Debug)]
pub(super) struct System;

impl Disk for System {
    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn entries(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).open(path)?))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn sync_data(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_data()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

impl DiskFile for File {
    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }
}
