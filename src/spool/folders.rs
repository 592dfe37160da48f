//! Folders that a power cut does not take: a new folder lasts only once the one that names it is synced.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Makes `folder`, and those above it that are missing, and syncs the folder that names each of them.
/// A `folder` that is there already is synced into the one above it all the same: an earlier start may
/// have made it and ended before that.
///
/// # Errors
/// The system's, when a folder cannot be made, or the one above it not opened or synced.
pub fn make_durable(folder: &Path) -> io::Result<()> {
    make_and_sync(folder, &mut sync)
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn make_and_sync(folder: &Path, sync: &mut impl FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
    let above = match folder.parent() {
        None => return Ok(()),
        // A relative path of one name.
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
    };
    if !above.exists() {
        make_and_sync(above, sync)?;
    }
    match fs::create_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    sync(above)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Folders were made, and files in them synced, but not the folders' own names: after a power cut
    /// the spool of a first day could be gone with every image that was answered with Success.
    #[test]
    fn the_name_of_a_new_folder_was_not_durable() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("state/spool/images");
        let every_level = ["state", "state/spool", "state/spool/images"].map(|f| root.path().join(f));
        assert_eq!(names_synced_by_making(&folder), every_level);
        assert_eq!(names_synced_by_making(&folder), [folder], "also where a start was interrupted before the sync");
    }

    /// What each synced folder holds at that moment: these names a power cut does not take.
    fn names_synced_by_making(folder: &Path) -> Vec<PathBuf> {
        let mut names = Vec::new();
        make_and_sync(folder, &mut |synced| {
            names.extend(fs::read_dir(synced)?.map(|entry| entry.unwrap().path()));
            Ok(())
        })
        .unwrap();
        names
    }

    #[test]
    fn a_folder_that_cannot_be_made_durable_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let failing = &mut |_: &Path| Err(io::ErrorKind::StorageFull.into());
        let error = make_and_sync(&root.path().join("state"), failing).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        fs::write(root.path().join("file"), b"").unwrap();
        assert!(make_durable(&root.path().join("file")).is_err());
    }
}
