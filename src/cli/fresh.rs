//! What a command writes is new: here alone is decided whether it may begin, and nothing that is there is replaced.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::training::features_file::{Found, Provenance};
use crate::unfinished::Unfinished;

/// How many of the files that are there are named one by one.
const NAMED: usize = 10;
/// Who may read a new file: everybody whom the process's umask lets.
const MODE: u32 = 0o666;

/// Why a command does not begin, or leaves a result unwritten.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Results would take names that are taken.
    #[error("{}; name another {kind} with {option}, or move {} away", are_there(.paths), them(.paths))]
    Exists {
        /// What is there.
        paths: Vec<PathBuf>,
        /// `file` or `folder`: what the option names.
        kind: &'static str,
        /// The option.
        option: &'static str,
    },
    /// A folder of which the command would not be the only user.
    #[error("{} is there already and not empty; name another folder with {option}, or move it away", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// The option.
        option: &'static str,
    },
    /// Two results of one run would take the same name.
    #[error(
        "{} and {} would both be written to {}; give them one after the other, with a folder each for {option}",
        first.display(), second.display(), path.display()
    )]
    SameName {
        /// The name.
        path: PathBuf,
        /// What one result is of.
        first: PathBuf,
        /// What the other is of.
        second: PathBuf,
        /// The option.
        option: &'static str,
    },
    /// Features that are there, and not those that would be computed.
    #[error(
        "{} is there already, and nothing beside it says that it holds the features of these cases, networks and boxes; name another folder with --out, or move it away",
        .0.display()
    )]
    OtherFeatures(PathBuf),
    /// A name that the work needs until it is done.
    #[error("{} is there already, and no stopped run left it; name another --out, or move it away", .0.display())]
    Foreign(PathBuf),
    /// The disk.
    #[error("{} cannot be written: {source}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// What [`Refused`] calls a result that is named by `option`.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// The option names the file itself.
    File(&'static str),
    /// The option names the folder, or the folder in which the file is.
    Folder(&'static str),
}

/// Refuses when any of `paths` is there.
///
/// # Errors
/// [`Refused::Exists`], which names all that are.
pub fn absent(paths: &[PathBuf], by: Named) -> Result<(), Refused> {
    let taken: Vec<PathBuf> = paths.iter().filter(|path| is_there(path)).cloned().collect();
    if taken.is_empty() { Ok(()) } else { Err(exists(taken, by)) }
}

/// Makes `path`, or takes it as it is when it is an empty folder.
///
/// # Errors
/// [`Refused::NotEmpty`], or the disk's reason.
pub fn empty_folder(path: &Path, option: &'static str) -> Result<(), Refused> {
    let failed = |source| Refused::Disk { path: path.to_owned(), source };
    fs::create_dir_all(path).map_err(failed)?;
    match fs::read_dir(path).map_err(failed)?.next() {
        None => Ok(()),
        Some(_) => Err(Refused::NotEmpty { path: path.to_owned(), option }),
    }
}

/// Makes the first folder of `name`, `name-2`, `name-3` and so on that is not there, and says which.
///
/// # Errors
/// The disk's reason.
pub fn first_free_folder(name: &str) -> Result<PathBuf, Refused> {
    let names = (2_u32..).map(|number| format!("{name}-{number}"));
    for path in [name.to_owned()].into_iter().chain(names).map(PathBuf::from) {
        match fs::create_dir(&path) {
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(Refused::Disk { path, source }),
            Ok(()) => return Ok(path),
        }
    }
    unreachable!("there are more numbers than folders")
}

/// Refuses to compute features to `path` unless nothing is there but what a stopped run left.
///
/// # Errors
/// [`Refused::Exists`], [`Refused::Foreign`].
pub fn features(path: &Path) -> Result<(), Refused> {
    match Found::at(path) {
        Found::Unfinished => Ok(()),
        Found::Finished(_) => Err(exists(vec![path.to_owned()], Named::File("--out"))),
        Found::Foreign(path) => Err(Refused::Foreign(path)),
    }
}

/// Whether `path` holds the features of `wanted` already, which an earlier run of the command computed before it was
/// stopped.
///
/// # Errors
/// [`Refused::OtherFeatures`], [`Refused::Foreign`].
pub fn features_are_there(path: &Path, wanted: &Provenance) -> Result<bool, Refused> {
    match Found::at(path) {
        Found::Unfinished => Ok(false),
        Found::Finished(Some(of)) if of == *wanted => Ok(true),
        Found::Finished(_) => Err(Refused::OtherFeatures(path.to_owned())),
        Found::Foreign(path) => Err(Refused::Foreign(path)),
    }
}

/// Writes a file that is not there.
///
/// # Errors
/// [`Refused::Exists`] when the name was taken in the meantime, or the disk's reason.
pub fn write(path: &Path, bytes: &[u8], by: Named) -> Result<(), Refused> {
    let mut file = NewFile::create(path, by)?;
    file.write_all(bytes).map_err(|source| Refused::Disk { path: path.to_owned(), source })?;
    file.finish()
}

/// A file that gets its name when all of it is written; dropped before, it leaves nothing.
pub struct NewFile {
    path: PathBuf,
    by: Named,
    out: BufWriter<File>,
    /// `None` of a pipe or a device: what is written there replaces nothing.
    unfinished: Option<Unfinished>,
}

impl NewFile {
    /// Begins the file.
    ///
    /// # Errors
    /// [`Refused::Exists`], or the disk's reason.
    pub fn create(path: &Path, by: Named) -> Result<Self, Refused> {
        let failed = |source| Refused::Disk { path: path.to_owned(), source };
        let (unfinished, out) = if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            (None, File::options().write(true).open(path).map_err(failed)?)
        } else {
            absent(&[path.to_owned()], by)?;
            let (unfinished, file) = Unfinished::file(path, MODE).map_err(failed)?;
            (Some(unfinished), file)
        };
        Ok(Self { path: path.to_owned(), by, out: BufWriter::new(out), unfinished })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`Refused::Exists`] when the name was taken in the meantime, or the disk's reason.
    pub fn finish(mut self) -> Result<(), Refused> {
        let finished = self.out.flush().and_then(|()| self.unfinished.take().map_or(Ok(()), Unfinished::finish));
        finished.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => exists(vec![self.path.clone()], self.by),
            _ => Refused::Disk { path: self.path.clone(), source },
        })
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether something has the name: also a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn exists(paths: Vec<PathBuf>, by: Named) -> Refused {
    let (kind, option) = match by {
        Named::File(option) => ("file", option),
        Named::Folder(option) => ("folder", option),
    };
    Refused::Exists { paths, kind, option }
}

fn are_there(paths: &[PathBuf]) -> String {
    let named: Vec<_> = paths.iter().take(NAMED).map(|path| path.display().to_string()).collect();
    let more = paths.len() - named.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let verb = if paths.len() == 1 { "is" } else { "are" };
    format!("{}{rest} {verb} there already", named.join(", "))
}

fn them(paths: &[PathBuf]) -> &'static str {
    if paths.len() == 1 { "it" } else { "them" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_there_is_named_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..12).map(|number| folder.path().join(format!("{number}.png"))).collect();
        paths.iter().for_each(|path| fs::write(path, "").unwrap());
        let said = |paths: &[PathBuf]| absent(paths, Named::Folder("--overlay")).unwrap_err().to_string();
        let one = paths[0].display();
        let remedy = "name another folder with --overlay, or move";
        assert_eq!(said(&paths[..1]), format!("{one} is there already; {remedy} it away"));
        assert!(said(&paths).ends_with(&format!("9.png and 2 more are there already; {remedy} them away")));
        let dangling = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        assert!(absent(&[dangling], Named::File("--out")).is_err(), "a link is something");
    }

    #[test]
    fn a_pipe_or_a_device_is_written_to() {
        write(Path::new("/dev/null"), b"features", Named::File("--out")).unwrap();
    }

    #[test]
    fn a_folder_must_be_empty() {
        let folder = tempfile::tempdir().unwrap();
        empty_folder(folder.path(), "--out").unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        let said = empty_folder(folder.path(), "--out").unwrap_err().to_string();
        assert!(said.contains("is there already and not empty; name another folder with --out"), "{said}");
        let file = folder.path().join("mine");
        assert!(matches!(empty_folder(&file, "--out"), Err(Refused::Disk { .. })));
        let first = folder.path().join("mine").display().to_string();
        assert_eq!(first_free_folder(&first).unwrap(), Path::new(&format!("{first}-2")));
        assert_eq!(first_free_folder(&first).unwrap(), Path::new(&format!("{first}-3")));
    }
}
