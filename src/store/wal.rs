//! The write-ahead log, the file beside the database that ends in `-wal`, and how it stays small.
//!
//! Every commit is appended to it. A commit that finds [`CHECKPOINT_PAGES`] in it moves what nobody reads any
//! more into the database (a checkpoint), and once all is moved the next one begins at the front again. A
//! transaction somebody leaves open, an auditor's `sqlite3` say, pins what came after it: the log then grows
//! with each commit until that transaction ends (<https://sqlite.org/wal.html>, "Avoiding Excessively Large WAL
//! Files").

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{Store, open_existing};
use super::error::StoreError;

/// Pages in the log from which on a commit tries a checkpoint: 4 MiB, SQLite's own choice. Fewer would sync the
/// database more often, more would make single commits, and the senders that wait for them, slower.
const CHECKPOINT_PAGES: u32 = 1000;
/// Bytes that are left of a larger log when it begins at the front again. Two checkpoints' worth, so that in
/// daily work it is never cut and grown anew.
const KEPT: u32 = 8 << 20;
/// A log of more bytes than this says that somebody keeps it from being moved.
pub const LARGE: u64 = 64 << 20;

/// Sets how large the log of a connection gets.
pub(super) fn bound(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", KEPT)
}

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

pub(super) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// A file that is not there has none.
pub(super) fn bytes_of(log: &Path) -> u64 {
    log.metadata().map_or(0, |file| file.len())
}
