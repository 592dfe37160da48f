//! The write-ahead log, the file beside the database that ends in `-wal`, and how it stays small.
//!
//! Every commit is appended to it. A commit that finds [`CHECKPOINT_PAGES`] in it moves what nobody reads any
//! more into the database (a checkpoint), and once all is moved the next one begins at the front again. A
//! transaction somebody leaves open, an auditor's `sqlite3` say, pins what came after it: the log then grows
//! with each commit until that transaction ends (<https://sqlite.org/wal.html>, "Avoiding Excessively Large WAL
//! Files").

use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// Pages in the log from which on a commit tries a checkpoint: 4 MiB, SQLite's own choice. Fewer would sync the
/// database more often, more would make single commits, and the senders that wait for them, slower.
const CHECKPOINT_PAGES: u32 = 1000;
/// Bytes that are left of a larger log when it begins at the front again. Two checkpoints' worth, so that in
/// daily work it is never cut and grown anew.
pub(super) const KEPT: u32 = 8 << 20;
/// A log of more bytes than this says that somebody keeps it from being moved.
pub const LARGE: u64 = 64 << 20;

/// Sets how large the log of a connection gets.
pub(super) fn bound(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", KEPT)
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
