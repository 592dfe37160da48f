//! Folders that a power cut does not take: a new folder lasts only once the one that names it is synced.

use std::io;
use std::path::Path;

use super::disk::{Disk, System};

/// Makes `folder`, and those above it that are missing, and syncs the folder that names each of them.
/// A `folder` that is there already is synced into the one above it all the same: an earlier start may
/// have made it and ended before that. (Not so those above it, which may be in folders that this user cannot open.)
///
/// # Errors
/// The system's, when a folder cannot be made, or the one above it not opened or synced.
pub fn make_durable(folder: &Path) -> io::Result<()> {
    make_durable_on(&System, folder)
}

pub(super) fn make_durable_on(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    let above = match folder.parent() {
        None => return Ok(()),
        // A relative path of one name.
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
    };
    if !disk.exists(above) {
        make_durable_on(disk, above)?;
    }
    match disk.make_folder(folder) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && disk.is_folder(folder) => {}
        made => made?,
    }
    disk.sync_folder(above)
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::super::model::{Choices, Fault, ModelDisk, State};
    use super::*;

    /// In how many of the states after a power cut a folder is there, and in how many it is not.
    fn survives(state: &State, folder: &Path) -> (usize, usize) {
        let mut there = 0;
        let states = Choices::every(|choices| there += usize::from(state.after_power_cut(choices).is_folder(folder)));
        (there, states - there)
    }

    /// Folders were made, and files in them synced, but not the folders' own names: after a power cut
    /// the spool of a first day could be gone with every image that was answered with Success.
    #[test]
    fn the_name_of_a_new_folder_was_not_durable() {
        let folder = Path::new("/var/state/spool");
        let disk = ModelDisk::default();
        make_durable_on(&disk, folder).unwrap();
        assert_eq!(disk.calls(), 6, "three folders are made, and the three that name them synced");
        // Power goes at any step, and the next start makes it again.
        for (step, state) in disk.history() {
            Choices::every(|choices| {
                let next = ModelDisk::of(state.after_power_cut(choices));
                make_durable_on(&next, folder).unwrap();
                assert_eq!(survives(&next.now(), folder).1, 0, "after a power cut before {step}");
            });
        }
    }

    /// A folder made right before a kill, while power stayed on, is not on the disk yet, although the next start
    /// finds it.
    #[test]
    fn a_folder_is_synced_also_where_a_start_was_killed_before_the_sync() {
        let disk = ModelDisk::default();
        let folder = Path::new("/state");
        make_durable_on(&disk, folder).unwrap();
        for (step, state) in disk.history() {
            let next = ModelDisk::of(state);
            make_durable_on(&next, folder).unwrap();
            assert_eq!(survives(&next.now(), folder), (1, 0), "after a kill before {step}");
        }
    }

    /// Known and left: who is killed between making and syncing an outer folder leaves one that no later start syncs.
    #[test]
    fn outer_folders_are_not_made_good_after_a_kill() {
        let disk = ModelDisk::default();
        let folder = Path::new("/var/state/spool");
        make_durable_on(&disk, folder).unwrap();
        let is_lost = |(_, state): &(String, State)| {
            let next = ModelDisk::of(state.clone());
            make_durable_on(&next, folder).unwrap();
            survives(&next.now(), folder).1 > 0
        };
        let steps: Vec<String> = disk.history().into_iter().filter(is_lost).map(|(step, _)| step).collect();
        assert_eq!(steps, ["sync_folder /", "sync_folder /var"]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_durable_is_an_error() {
        for call in 0..4 {
            for done in [false, true] {
                let disk = ModelDisk::default();
                disk.fail(call, Fault { error: Errno::NOSPC, done });
                let error = make_durable_on(&disk, Path::new("/var/state")).unwrap_err();
                assert_eq!((error.kind(), disk.calls()), (io::ErrorKind::StorageFull, call + 1));
            }
        }
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("file"), b"").unwrap();
        assert!(make_durable(&root.path().join("file")).is_err());
    }
}
