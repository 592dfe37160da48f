//! A write-ahead log that lies beside a database and is not its own.
//!
//! SQLite takes whatever file ends in `-wal` for the database's log and writes its pages over the database, without
//! a word: a backup that is put in the place of a lost database beside the old log is emptied by it. The log does
//! not say whose it is, so it is found out before SQLite opens the two together
//! (<https://sqlite.org/howtocorrupt.html>, "Mispairing database files and hot journals"). A copy made by `backup`
//! carries a mark; another database is known by its audit. The file is read by SQLite alone: whoever else opens and
//! closes it takes this process' locks off it (the same page, "POSIX advisory locks canceled by a separate thread").

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::error::StoreError;
use super::wal::{bytes_of, log_of};

/// SQLite's application id of a copy that was never opened as a database of its own, and so has no log.
const COPY: i64 = 0x7370_6263;

/// Refuses a database beside which another's log lies. Nothing is changed.
///
/// # Errors
/// [`StoreError::StrayLog`].
pub(super) fn refuse(database: &Path) -> Result<(), StoreError> {
    refuse_beside_a_copy(database)?;
    if bytes_of(&log_of(database)) == 0 || bytes_of(database) == 0 {
        return Ok(());
    }
    loses_audit(database).map_or(Ok(()), |reason| Err(stray(database, reason)))
}

/// As [`refuse`], as far as the mark of a copy tells it.
pub(super) fn refuse_beside_a_copy(database: &Path) -> Result<(), StoreError> {
    if bytes_of(&log_of(database)) > 0 && alone(database).is_some_and(|c| is_copy(&c)) {
        return Err(stray(database, "the database is a copy that was never opened here, and has none".to_owned()));
    }
    Ok(())
}

fn stray(database: &Path, reason: String) -> StoreError {
    StoreError::StrayLog { path: database.to_owned(), log: log_of(database), reason }
}

fn is_copy(c: &Connection) -> bool {
    c.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0)).is_ok_and(|id| id == COPY)
}

/// Marks a copy, which nobody has opened yet.
pub(super) fn mark_copy(c: &Connection) -> rusqlite::Result<()> {
    c.pragma_update(None, "application_id", COPY)
}

/// Takes the mark off a copy that is opened as a database: before it gets a log, in which the mark would stay.
pub(super) fn take_mark_off(c: &Connection) -> rusqlite::Result<()> {
    if is_copy(c) { c.pragma_update(None, "application_id", 0) } else { Ok(()) }
}

/// How it is seen that the audit without the log has a row that it has not, or has another, with the log: rows are
/// never taken out of the audit, so that it is another's log. `None` when that is not seen.
fn loses_audit(database: &Path) -> Option<String> {
    let (id, hash) = last_row(&alone(database)?)?;
    let with_log = with_log(database)?;
    let same = "SELECT hash FROM audit WHERE id = ?1";
    let found = with_log.query_row(same, [id], |row| row.get::<_, String>(0)).optional();
    match found {
        Ok(Some(kept)) if kept == hash => None,
        Ok(Some(_)) => Some(format!("row {id} of the audit is another one with it")),
        Ok(None) => Some(format!("row {id} of the audit is gone with it")),
        // A daemon is at work with the two of them.
        Err(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) =>
        {
            None
        }
        Err(error) => Some(format!("with it the audit cannot be read: {error}")),
    }
}

fn last_row(c: &Connection) -> Option<(i64, String)> {
    let last = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1";
    c.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}

/// The database without its log.
fn alone(database: &Path) -> Option<Connection> {
    let absolute = std::path::absolute(database).ok()?;
    // The characters that have a meaning in an address (https://sqlite.org/uri.html).
    let path = absolute.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{path}?immutable=1"), flags).ok()
}

/// The database with the log, which is not moved into it; for this connection alone, so that no index of the log is
/// left beside them.
fn with_log(database: &Path) -> Option<Connection> {
    let connection = Connection::open(database).ok()?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).ok()?;
    connection.busy_timeout(Duration::ZERO).ok()?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE").ok()?;
    Some(connection)
}

/// Whether nothing was ever written down in the database, if there is one at all. Nothing is changed.
pub fn knows_nothing(database: &Path) -> bool {
    if bytes_of(database) == 0 {
        return true;
    }
    let log = bytes_of(&log_of(database)) > 0;
    let Some(connection) = (if log { with_log(database) } else { alone(database) }) else { return false };
    let tables: rusqlite::Result<i64> = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('audit', 'instances', 'objects')",
        [],
        |row| row.get(0),
    );
    let nothing = "SELECT NOT EXISTS (SELECT 1 FROM audit) AND NOT EXISTS (SELECT 1 FROM instances) AND NOT EXISTS (SELECT 1 FROM objects)";
    match tables {
        Ok(0) => true,
        Ok(3) => connection.query_row(nothing, [], |row| row.get(0)).unwrap_or(false),
        _ => false,
    }
}
