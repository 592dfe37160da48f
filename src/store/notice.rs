//! Notices what other processes change: an operator's `queue retry` must not wait for the next look.
//!
//! Every commit is appended to the log beside the database, so the folder is watched for that file. It is written
//! before a commit can be seen, but closed, by a command that ends, after that: both are looked at. Whether a commit was
//! another's is asked of the writer, whose connection counts those (`PRAGMA data_version`).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::connection::Store;
use super::wal::log_of;

/// Watches as long as it lives.
#[derive(Debug)]
pub struct Noticing {
    _watcher: RecommendedWatcher,
}

impl Store {
    /// Wakes whoever waits as soon as another process has changed the database.
    ///
    /// # Errors
    /// That of the system, where it cannot watch the folder: then what another process changes is seen at the next look.
    pub fn notice_others(&self) -> Result<Noticing, notify::Error> {
        let writer = self.writer.weak();
        let log = log_of(&self.path).file_name().map(OsStr::to_owned);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let is_log = |path: &PathBuf| path.file_name() == log.as_deref();
            if event.is_ok_and(|event| event.paths.iter().any(is_log) && may_be_a_commit(event.kind)) {
                writer.look_for_others();
            }
        })?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        watcher.watch(folder.unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
        Ok(Noticing { _watcher: watcher })
    }
}

fn may_be_a_commit(kind: EventKind) -> bool {
    matches!(kind, EventKind::Modify(_) | EventKind::Access(AccessKind::Close(AccessMode::Write)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{queue, wakes::Topic};

    #[tokio::test]
    async fn a_command_wakes_who_waits_and_the_writer_s_own_changes_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db.sqlite");
        let store = Store::open(&database).unwrap();
        let _noticing = store.notice_others().unwrap();
        let mut jobs = store.changes(Topic::Jobs);
        jobs.begin_look();
        store.keep_time().await.unwrap();
        let woken = tokio::time::timeout(Duration::from_millis(300), jobs.since_look()).await;
        assert!(woken.is_err(), "by a change of nothing that it waits for");
        queue::pause(&database).unwrap();
        tokio::time::timeout(Duration::from_secs(10), jobs.since_look()).await.expect("woken by the command");
    }
}
