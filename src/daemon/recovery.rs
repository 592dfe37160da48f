//! What a start finds after a crash or a power cut, and how it is put right.

use std::path::Path;

use super::error::DaemonError;
use crate::spool::Spool;
use crate::store::{Store, knows_nothing};

/// Refuses a start without the database of the files in the spool: everything in it would be a left-over. Changes
/// nothing, so that a backup can still be put in the place of what is gone.
///
/// # Errors
/// [`DaemonError::DatabaseMissing`].
pub fn refuse_without_database(database: &Path, spool: &Spool) -> Result<(), DaemonError> {
    let spooled = spool.count();
    if spooled > 0 && knows_nothing(database) {
        return Err(DaemonError::DatabaseMissing { spooled, folder: spool.path("spool") });
    }
    Ok(())
}

/// Interrupted jobs are queued again, at most `most_attempts` times; rows whose file is gone fail or are made anew;
/// files that were arriving, or that no row names, are removed: their senders were never told Success. What an
/// upgrade put right is told. Only under the state folder's lock.
#[allow(clippy::disallowed_methods, reason = "before anything else runs")]
pub async fn recover(store: &Store, spool: &Spool, most_attempts: u32) -> Result<(), DaemonError> {
    for sentence in store.tell_what_was_put_right().await? {
        tracing::warn!(%sentence, "The upgrade has put something right");
    }
    let interrupted = store.recover_after_restart(most_attempts).await?;
    let arriving = spool.sweep()?;
    let known = store.known_files().await?;
    let files: Vec<String> = known.iter().map(|known| known.file.clone()).collect();
    let orphans = spool.orphans(&files)?;
    for orphan in &orphans {
        if let Err(error) = spool.remove(orphan) {
            tracing::error!(%error, "A file that belongs to nothing cannot be removed; the start goes on");
        }
    }
    store.record_left_overs(arriving, orphans.clone()).await?;
    let mut missing = 0;
    for known in known {
        // Only what is surely not there: a folder that cannot be read is another matter.
        if matches!(spool.path(&known.file).try_exists(), Ok(false)) {
            tracing::error!(file = %known.file, "A file is not in the spool any more");
            store.file_is_gone(known).await?;
            missing += 1;
        }
    }
    if interrupted + arriving + orphans.len() + missing > 0 {
        tracing::info!(interrupted, arriving, orphans = orphans.len(), missing, "Recovered from an interruption");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database that was lost made a new one, by which every file of the spool was a left-over.
    #[tokio::test]
    async fn a_lost_database_does_not_take_the_spool_along() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db.sqlite");
        let spool = Spool::open(folder.path()).unwrap();
        let mut writer = spool.begin(b"header").unwrap();
        writer.write(b"data set").unwrap();
        let spooled = writer.commit(&spool).unwrap();
        let refused = refuse_without_database(&database, &spool).unwrap_err().to_string();
        assert!(refused.contains("1 images and reports") && refused.contains("backup"), "{refused}");
        assert!(spool.path(&spooled.file).exists() && !database.exists());
        // A new one, as a version before left it there.
        Store::open(&database).unwrap().close().await;
        assert!(refuse_without_database(&database, &spool).is_err());
        let store = Store::open(&database).unwrap();
        store.recover_after_restart(1).await.unwrap();
        refuse_without_database(&database, &spool).unwrap();
        spool.remove(&spooled.file).unwrap();
        recover(&store, &spool, 1).await.unwrap();
    }
}
