//! What a start finds after a crash or a power cut, and how it is put right.

use super::DaemonError;
use crate::spool::Spool;
use crate::store::Store;

/// Interrupted jobs are queued again; rows whose file is gone fail or are made anew; files that were arriving, or that
/// no row names, are removed: their senders were never told Success. Only under the state folder's lock.
pub async fn recover(store: &Store, spool: &Spool) -> Result<(), DaemonError> {
    let interrupted = store.recover_after_restart().await?;
    let arriving = spool.sweep()?;
    let known = store.known_files().await?;
    let files: Vec<String> = known.iter().map(|known| known.file.clone()).collect();
    let orphans = spool.orphans(&files)?;
    for orphan in &orphans {
        spool.remove(orphan)?;
    }
    if !orphans.is_empty() {
        store.record_orphans(orphans.clone()).await?;
    }
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
