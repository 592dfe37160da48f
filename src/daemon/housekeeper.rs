//! Deletes files past `keep_days` that everybody is done with, keeps the database's log small and its clock up to date.
//!
//! What fails here is told and tried again: it must not end the daemon, which still receives and sends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::error::DaemonError;
use crate::config::SettingsHandle;
use crate::spool::Spool;
use crate::store::{LARGE_WAL, Store};

/// Between two looks for expired files.
const FILES: Duration = Duration::from_secs(3600);
/// Between two looks at the log and the clock.
const LOG: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const MIB: u64 = 1 << 20;

/// Looks after both until `stop` turns true.
pub async fn run(
    settings: SettingsHandle,
    store: Store,
    spool: Arc<Spool>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    let (mut files, mut log) = (interval(FILES), interval(LOG));
    // After a machine slept, once is enough.
    files.set_missed_tick_behavior(MissedTickBehavior::Delay);
    log.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut log_size, mut changes_then) = (LogSize::default(), store.changes_so_far());
    while !*stop.borrow() {
        tokio::select! {
            _ = files.tick() => {
                keep_time(&store, "an hour").await;
                let keep = DAY * settings.current().storage.keep_days;
                if let Err(error) = delete_expired(&store, &spool, keep, &stop).await {
                    tracing::warn!(%error, "Files past keep_days could not be deleted; it is tried again in an hour");
                }
            }
            _ = log.tick() => {
                // While nothing happens the database is left alone: a crash then costs an hour of the clock at most.
                let changes_now = store.changes_so_far();
                if changes_now != changes_then {
                    keep_time(&store, "a minute").await;
                    changes_then = changes_now;
                }
                match store.shrink_wal().await {
                    Ok(bytes) => log_size.tell(bytes),
                    Err(error) => tracing::warn!(%error, "The database's log could not be made smaller; it is tried again in a minute"),
                }
            }
            _ = stop.changed() => {}
        }
    }
    Ok(())
}

async fn keep_time(store: &Store, again_in: &str) {
    if let Err(error) = store.keep_time().await {
        tracing::warn!(%error, "The service clock could not be written down; it is tried again in {again_in}");
    }
}

/// Deletes what is older than `keep` and done with.
async fn delete_expired(
    store: &Store,
    spool: &Spool,
    keep: Duration,
    stop: &watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    loop {
        let expired = store.expired(keep).await?;
        if expired.is_empty() {
            return Ok(());
        }
        for expired in expired {
            if *stop.borrow() {
                return Ok(());
            }
            // The row first: a file without a row is removed at the next start, a row without its
            // file would promise something.
            if store.forget_files(expired.row).await? {
                expired.files.iter().for_each(|file| remove(spool, file));
            }
        }
    }
}

/// One that cannot be removed costs no other its turn: it belongs to no row any more, and the next start removes it.
fn remove(spool: &Spool, file: &str) {
    if let Err(error) = spool.remove(file) {
        tracing::warn!(%error, "A file past keep_days cannot be deleted; the next start tries again");
    }
}

/// What was said last of the log's size.
#[derive(Debug, Default)]
struct LogSize {
    is_large: bool,
}

impl LogSize {
    /// Says once that the log has become large, and once that it is small again.
    fn tell(&mut self, bytes: u64) {
        match self.change(bytes) {
            Some(true) => tracing::warn!(
                mib = bytes / MIB,
                "The database's log (the file that ends in -wal) grows: a program keeps a transaction open, an sqlite3 that \
                 was left at its prompt perhaps. End it; `fuser -v` on the database names it"
            ),
            Some(false) => tracing::info!(mib = bytes / MIB, "The database's log is small again"),
            None => {}
        }
    }

    /// Whether it is large, where that has changed.
    fn change(&mut self, bytes: u64) -> Option<bool> {
        let is_large = bytes > LARGE_WAL;
        let changed = is_large != self.is_large;
        self.is_large = is_large;
        changed.then_some(is_large)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::recovery::recover;
    use crate::store::{ExpiredRow, ObjectId};

    /// A state folder with a report of two files that everybody has.
    async fn delivered_report(folder: &std::path::Path) -> (Store, Spool, [String; 2]) {
        let (store, spool) = (Store::open(&folder.join("db.sqlite")).unwrap(), Spool::open(folder).unwrap());
        let files = [(); 2].map(|()| {
            let written = spool.incoming().join("written");
            std::fs::write(&written, b"object").unwrap();
            spool.adopt(&written).unwrap().file
        });
        let [file, compressed] = files.clone();
        store
            .write(move |c| {
                Ok(c.execute_batch(&format!(
                    "INSERT INTO studies (id, study_instance_uid, patient_number, patient_id) VALUES (1, '1.2', 1, '');
                     INSERT INTO reports VALUES (1, 1, 1, '1.3', '1.4', '1.5', '2026', '2026', -1, NULL);
                     INSERT INTO objects (id, report_id, kind, sop_class_uid, sop_instance_uid, file, sha256, compressed_file, compressed_sha256)
                     VALUES (1, 1, 'overlay', '1.6', '1.7', '{file}', '', '{compressed}', '');
                     INSERT INTO deliveries (object_id, destination, state) VALUES (1, 'pacs', 'delivered')"
                ))?)
            })
            .await
            .unwrap();
        (store, spool, files)
    }

    /// A daemon that is not told to stop.
    fn running() -> (watch::Sender<bool>, watch::Receiver<bool>) {
        watch::channel(false)
    }

    #[tokio::test]
    async fn the_files_of_a_delivered_report_are_deleted_and_its_row_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (store, spool, files) = delivered_report(folder.path()).await;
        let (_sender, stop) = running();
        delete_expired(&store, &spool, DAY * 36_500, &stop).await.unwrap();
        assert!(files.iter().all(|file| spool.path(file).exists()), "they are younger than that");
        delete_expired(&store, &spool, Duration::ZERO, &stop).await.unwrap();
        assert!(files.iter().all(|file| !spool.path(file).exists()));
        let row = "SELECT file <> '' AND removed_at > '2026' FROM objects WHERE id = 1";
        assert!(store.write(|c| Ok(c.query_row(row, [], |row| row.get::<_, bool>(0))?)).await.unwrap());
        let trail = crate::store::trail(&folder.path().join("db.sqlite"), Some("1.7")).unwrap();
        let told: Vec<_> = trail.iter().map(|row| [row.what.as_str(), &row.outcome, &row.study]).collect();
        assert_eq!(told, [["retention", "deleted", "1.2"]]);
        assert_eq!(store.expired(Duration::ZERO).await.unwrap(), []);
    }

    /// The row is written first: what a power cut leaves between the two belongs to no row, and the start removes it.
    #[tokio::test]
    async fn files_whose_deletion_a_power_cut_interrupted_are_removed_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (store, spool, files) = delivered_report(folder.path()).await;
        recover(&store, &spool, 3).await.unwrap();
        assert!(files.iter().all(|file| spool.path(file).exists()));
        assert!(store.forget_files(ExpiredRow::Object(ObjectId(1))).await.unwrap());
        recover(&store, &spool, 3).await.unwrap();
        assert!(files.iter().all(|file| !spool.path(file).exists()));
    }

    /// A file that could not be deleted ended the daemon, and with it everything that worked.
    #[tokio::test]
    async fn a_file_that_could_not_be_deleted_ended_the_housekeeper() {
        let folder = tempfile::tempdir().unwrap();
        let (store, spool, [file, _]) = delivered_report(folder.path()).await;
        let path = spool.path(&file);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let text = "[[destination]]\nname = \"pacs\"\nae_title = \"PACS\"\naddress = \"localhost:1\"\n[storage]\nkeep_days = 0";
        let settings = SettingsHandle::new(crate::config::parse(text, "test.toml").unwrap());
        let (sender, stop) = running();
        let housekeeper = tokio::spawn(run(settings, store.clone(), Arc::new(spool), stop));
        while !store.expired(Duration::ZERO).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        sender.send_replace(true);
        housekeeper.await.unwrap().unwrap();
    }

    #[test]
    fn a_large_log_is_told_once_and_once_that_it_is_small_again() {
        let mut log = LogSize::default();
        let told =
            [0, LARGE_WAL, LARGE_WAL + 1, LARGE_WAL * 9, LARGE_WAL, 0, LARGE_WAL + 1].map(|bytes| log.change(bytes));
        assert_eq!(told, [None, None, Some(true), None, Some(false), None, Some(true)]);
    }
}
