//! Files and folders that get their name when all of them is there, and never the name of something else.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// A file or folder under a name of its own. Dropped before [`Unfinished::finish`] it leaves nothing.
#[derive(Debug)]
pub(crate) struct Unfinished {
    path: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// A file beside `target`, with this mode at most.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn file(target: &Path, mode: u32) -> io::Result<(Self, File)> {
        let path = beside(target)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        Ok((Self { path, target: target.to_owned() }, file))
    }

    /// A folder beside `target`, and those above it where they are missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn folder(target: &Path) -> io::Result<Self> {
        let path = beside(target)?;
        fs::create_dir_all(above(target))?;
        fs::create_dir(&path)?;
        Ok(Self { path, target: target.to_owned() })
    }

    /// Where it is until it has its name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes what was written durable, and then its name.
    ///
    /// # Errors
    /// When the disk fails; [`io::ErrorKind::AlreadyExists`] when the name was taken in the meantime.
    pub(crate) fn finish(self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        rename_without_replacing(&self.path, &self.target)?;
        File::open(above(&self.target))?.sync_all()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Not there any more once it has its name.
        let _ = if self.path.is_dir() { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
    }
}

/// Renames, unless something is at `to`.
///
/// # Errors
/// As [`fs::rename`]; [`io::ErrorKind::AlreadyExists`] when something is at `to`.
pub(crate) fn rename_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that does not know the flag, such as NFS: to look first is the best that it allows.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if to.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        other => other.map_err(Into::into),
    }
}

/// A name that nothing else has.
fn beside(target: &Path) -> io::Result<PathBuf> {
    let mut name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
    name.push(format!(".{}.unfinished", uuid::Uuid::new_v4().simple()));
    Ok(target.with_file_name(name))
}

/// The folder in which `target` is.
fn above(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_name_that_was_taken_in_the_meantime_stays_with_what_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("result.csv");
        let (unfinished, mut file) = Unfinished::file(&target, 0o666).unwrap();
        file.write_all(b"ours").unwrap();
        fs::write(&target, "theirs").unwrap();
        assert_eq!(unfinished.finish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&target).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "ours was cleared away");
    }

    #[test]
    fn a_folder_takes_its_name_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("new/bundle");
        let unfinished = Unfinished::folder(&target).unwrap();
        fs::write(unfinished.path().join("a"), "a").unwrap();
        assert!(!target.exists());
        unfinished.finish().unwrap();
        assert_eq!(fs::read(target.join("a")).unwrap(), b"a");
        drop(Unfinished::folder(&target).unwrap());
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
    }
}
