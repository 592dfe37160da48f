//! What a start finds after a crash or a power cut, and how it is put right.

use super::DaemonError;
use crate::spool::Spool;
use crate::store::Store;

/// Interrupted jobs are queued again; rows whose file is gone fail or are made anew; files that were arriving, or that
/// no row names, are removed: their senders were never told Success. Only under the state folder's lock.
///
/// # Errors
/// [`DaemonError::DatabaseMissing`] when the database is new and the spool is not: everything in it would be a left-over.
pub async fn recover(store: &Store, spool: &Spool) -> Result<(), DaemonError> {
    if store.is_new().await? {
        let spooled = spool.orphans(&[])?.len();
        if spooled > 0 {
            return Err(DaemonError::DatabaseMissing { spooled, folder: spool.path("spool") });
        }
    }
    let interrupted = store.recover_after_restart().await?;
    let arriving = spool.sweep()?;
    let known = store.known_files().await?;
    let files: Vec<String> = known.iter().map(|known| known.file.clone()).collect();
    let orphans = spool.orphans(&files)?;
    for orphan in &orphans {
        spool.remove(orphan)?;
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
        let (store, spool) =
            (Store::open(&folder.path().join("db.sqlite")).unwrap(), Spool::open(folder.path()).unwrap());
        let mut writer = spool.begin(b"header").unwrap();
        writer.write(b"data set").unwrap();
        let spooled = writer.commit(&spool).unwrap();
        let refused = recover(&store, &spool).await.unwrap_err().to_string();
        assert!(refused.contains("1 images and reports") && refused.contains("backup"), "{refused}");
        assert!(spool.path(&spooled.file).exists());
        spool.remove(&spooled.file).unwrap();
        recover(&store, &spool).await.unwrap();
    }
}
