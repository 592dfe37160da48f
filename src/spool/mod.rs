//! Spool: durable files.
//!
//! Owns: the folders below `state_dir/spool`, and the order of writing that survives a power cut.
//! In: the bytes of a data set as they arrive, or a file a worker wrote. Out: a [`SpooledFile`].
//! Never: names a file by anything that came from the network, or parses one.

mod disk;
mod folders;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Access;
use sha2::{Digest, Sha256};

use disk::{Disk, DiskFile, System};
pub use folders::make_durable;

/// The folder of the others.
const SPOOL: &str = "spool";
/// Objects as they arrive; nothing here was answered with Success.
const INCOMING: &str = "spool/incoming";
/// Received images.
const IMAGES: &str = "spool/images";
/// Reports and overlay pictures.
const REPORTS: &str = "spool/reports";

/// Bytes that one report with its pictures may take while it is written.
const ROOM_FOR_A_REPORT: u64 = 64 << 20;

/// Why a file could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("{what} {} failed: {source}", path.display())]
pub struct SpoolError {
    what: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl SpoolError {
    /// Whether the disk was full, which may be over by itself.
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |source| SpoolError { what, path, source }
}

/// The spool below a state folder.
#[derive(Debug, Clone)]
pub struct Spool {
    state_dir: PathBuf,
    /// What can lose power; its free space and its access rights are asked of the system itself.
    disk: Arc<dyn Disk>,
}

/// A file that a power cut does not take.
#[derive(Debug, Clone)]
pub struct SpooledFile {
    /// Relative to the state folder.
    pub file: String,
    /// SHA-256 (hex): of the data set for an image, of the whole file for a report.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
}

impl Spool {
    /// The spool below `state_dir` as it is, to look at: nothing is made or removed.
    pub fn at(state_dir: &Path) -> Self {
        Self { state_dir: state_dir.to_owned(), disk: Arc::new(System) }
    }

    /// Opens the spool to write to it: makes the folders durable, removes nothing.
    pub fn open(state_dir: &Path) -> Result<Self, SpoolError> {
        let spool = Self::at(state_dir);
        spool.make_folders()?;
        Ok(spool)
    }

    fn make_folders(&self) -> Result<(), SpoolError> {
        for folder in self.folders() {
            folders::make_durable_on(&*self.disk, &folder).map_err(failed("creating", &folder))?;
        }
        Ok(())
    }

    /// Removes what was still arriving when the last daemon ended, and says how many files it was. Only
    /// for the one who holds the state folder's lock: to anybody else these files may be a running
    /// daemon's.
    pub fn sweep(&self) -> Result<usize, SpoolError> {
        let left_over = self.entries(INCOMING)?;
        for file in &left_over {
            self.disk.remove(file).map_err(failed("removing", file))?;
        }
        Ok(left_over.len())
    }

    /// Whether this user could write to each folder, or make it where it is missing. Changes nothing.
    pub fn examine(&self) -> Result<(), SpoolError> {
        for folder in self.folders() {
            let nearest = folder.ancestors().find(|f| f.exists()).unwrap_or(&self.state_dir);
            // The dot makes a plain file in the folder's place an error too.
            rustix::fs::access(nearest.join("."), Access::WRITE_OK | Access::EXEC_OK)
                .map_err(|e| failed("writing to the folder", nearest)(e.into()))?;
        }
        Ok(())
    }

    /// From the outermost to the innermost.
    fn folders(&self) -> [PathBuf; 4] {
        [SPOOL, INCOMING, IMAGES, REPORTS].map(|folder| self.state_dir.join(folder))
    }

    /// The whole path of a file of the spool.
    pub fn path(&self, file: &str) -> PathBuf {
        self.state_dir.join(file)
    }

    /// The folder workers write to before their files are adopted.
    pub fn incoming(&self) -> PathBuf {
        self.state_dir.join(INCOMING)
    }

    /// Free bytes for us on the spool's file system.
    pub fn free_bytes(&self) -> Result<u64, SpoolError> {
        let system = rustix::fs::statvfs(&self.state_dir)
            .map_err(|e| failed("asking for the free space of", &self.state_dir)(e.into()))?;
        Ok(system.f_bavail * system.f_frsize)
    }

    /// Whether what a worker writes may not find room: then its failures say nothing about its image.
    pub fn is_short(&self) -> bool {
        self.free_bytes().is_ok_and(|free| free < ROOM_FOR_A_REPORT)
    }

    /// Begins a file: `header` (preamble and file meta information) first, the data set follows.
    pub fn begin(&self, header: &[u8]) -> Result<SpoolWriter, SpoolError> {
        let temporary = self.state_dir.join(INCOMING).join(uuid::Uuid::new_v4().simple().to_string());
        let mut writer = SpoolWriter {
            file: self.disk.create(&temporary).map_err(failed("creating", &temporary))?,
            disk: self.disk.clone(),
            temporary,
            hash: Sha256::new(),
            bytes: 0,
            committed: false,
        };
        writer.put(header)?;
        Ok(writer)
    }

    /// Makes a file that a worker wrote into [`Spool::incoming`] durable among the reports.
    pub fn adopt(&self, written: &Path) -> Result<SpooledFile, SpoolError> {
        let content = self.disk.read(written).map_err(failed("reading", written))?;
        let sha256 = format!("{:x}", Sha256::digest(&content));
        self.disk.sync_data(written).map_err(failed("syncing", written))?;
        let file = format!("{REPORTS}/{}.dcm", uuid::Uuid::new_v4().simple());
        self.settle(written, &file)?;
        Ok(SpooledFile { file, sha256, bytes: content.len() as u64 })
    }

    /// Removes a file of the spool; one that is gone already is fine.
    pub fn remove(&self, file: &str) -> Result<(), SpoolError> {
        let path = self.path(file);
        match self.disk.remove(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("removing", &path)(e)),
            _ => Ok(()),
        }
    }

    /// How many images and reports there are; none where there is no spool.
    pub fn count(&self) -> usize {
        [IMAGES, REPORTS].into_iter().map(|folder| self.entries(folder).map_or(0, |files| files.len())).sum()
    }

    /// Images and reports that no row in `known` names: written, but never answered with Success.
    pub fn orphans(&self, known: &[String]) -> Result<Vec<String>, SpoolError> {
        let known: std::collections::HashSet<&str> = known.iter().map(String::as_str).collect();
        let mut orphans = Vec::new();
        for folder in [IMAGES, REPORTS] {
            for path in self.entries(folder)? {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let file = format!("{folder}/{name}");
                if !known.contains(file.as_str()) {
                    orphans.push(file);
                }
            }
        }
        Ok(orphans)
    }

    fn entries(&self, folder: &str) -> Result<Vec<PathBuf>, SpoolError> {
        let folder = self.state_dir.join(folder);
        self.disk.entries(&folder).map_err(failed("listing", &folder))
    }

    /// Renames a synced file and syncs the folder: until then a power cut could take the name away.
    fn settle(&self, from: &Path, file: &str) -> Result<(), SpoolError> {
        let to = self.path(file);
        self.disk.rename(from, &to).map_err(failed("renaming", &to))?;
        let folder = to.parent().unwrap_or(&self.state_dir);
        self.disk.sync_folder(folder).map_err(failed("syncing", folder))
    }
}

/// A file that is arriving. Dropped before [`SpoolWriter::commit`] it leaves nothing.
#[derive(Debug)]
pub struct SpoolWriter {
    file: Box<dyn DiskFile>,
    /// For the temporary file's end.
    disk: Arc<dyn Disk>,
    temporary: PathBuf,
    hash: Sha256,
    bytes: u64,
    committed: bool,
}

impl SpoolWriter {
    /// Appends bytes of the data set.
    pub fn write(&mut self, dataset: &[u8]) -> Result<(), SpoolError> {
        self.hash.update(dataset);
        self.put(dataset)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(failed("writing", &self.temporary))
    }

    /// Makes the file durable: its data, then its name.
    pub fn commit(mut self, spool: &Spool) -> Result<SpooledFile, SpoolError> {
        self.file.sync_data().map_err(failed("syncing", &self.temporary))?;
        let file = format!("{IMAGES}/{}.dcm", uuid::Uuid::new_v4().simple());
        spool.settle(&self.temporary, &file)?;
        self.committed = true;
        let sha256 = format!("{:x}", self.hash.clone().finalize());
        Ok(SpooledFile { file, sha256, bytes: self.bytes })
    }
}

impl Drop for SpoolWriter {
    fn drop(&mut self) {
        if !self.committed {
            // What stays behind is swept at the next start.
            let _ = self.disk.remove(&self.temporary);
        }
    }
}
