//! Keeps the write-ahead log small when no commit does.

use std::path::Path;
use std::time::Duration;

use super::connection::{Store, open_existing};
use super::error::StoreError;
use super::wal::{KEPT, bytes_of, log_of};

impl Store {
    /// Moves a log that has become large into the database and empties it, as far as nobody is in the way.
    /// The bytes that are left of it. Commits do the same, but none may come for hours.
    pub async fn shrink_wal(&self) -> Result<u64, StoreError> {
        let path = self.path.clone();
        let shrunk = tokio::task::spawn_blocking(move || shrink(&path)).await;
        shrunk.unwrap_or_else(|panic| Err(StoreError::Unexpected(panic.to_string())))
    }
}

fn shrink(database: &Path) -> Result<u64, StoreError> {
    let log = log_of(database);
    if bytes_of(&log) > u64::from(KEPT) {
        // A connection of its own, which waits for nobody: the writer's would hold up all changes behind it.
        let connection = open_existing(database)?;
        connection.busy_timeout(Duration::ZERO)?;
        // Passive first, beside all writers and readers: the second, which keeps writers out, finds little to do.
        let in_log_and_moved = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let (in_log, moved) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], in_log_and_moved)?;
        if in_log == moved {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
    }
    Ok(bytes_of(&log))
}
