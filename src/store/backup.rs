//! A copy of the database while the daemon writes to it.
//!
//! By `VACUUM INTO`, not by SQLite's backup API (`sqlite3_backup_step`). Both read one snapshot and keep no
//! writer waiting. The backup API copies pages as they are: damaged ones too, and free ones with what was
//! deleted in them; done in steps, it begins anew whenever another process has written, which the daemon does
//! all the time (<https://sqlite.org/backup.html>). `VACUUM INTO` reads every row and writes each index anew, so
//! that damage is an error today and not on the day the copy is needed; it takes more processor time for that
//! (<https://sqlite.org/lang_vacuum.html>, "VACUUM with an INTO clause"). What it leaves to its caller, a name
//! that shows only a finished and durable copy, is done here.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::audit::{Break, walk};
use super::connection::open_to_copy;
use super::error::StoreError;
use super::{integrity, stray_log};
use crate::unfinished::Unfinished;

/// A backup that was made, opened and proved.
#[derive(Debug)]
pub struct Backup {
    /// Its file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Number of its schema.
    pub schema: i64,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Rows of the audit, or where its chain is broken. It is copied as it is, for a broken one is evidence too.
    pub audit: Result<u64, Break>,
    /// Hash of the audit's last row: kept elsewhere, it shows whether rows were cut off the end.
    pub last_hash: Option<String>,
}

/// Copies the database to `file`, which must not exist. An older version's is copied too: before an upgrade
/// is when a backup is wanted.
///
/// # Errors
/// [`StoreError::Backup`], [`StoreError::Damaged`] and those of opening the database; `file` is then not there.
pub fn backup(database: &Path, file: &Path) -> Result<Backup, StoreError> {
    let failed = |reason: String| StoreError::Backup { path: file.to_owned(), reason };
    // Absolute, for SQLite would take a name that begins with "file:" for an address.
    let target = std::path::absolute(file).map_err(|e| failed(e.to_string()))?;
    let taken = || failed("there is such a file already, and a backup replaces none: give another name".into());
    if target.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let (source, schema) = open_to_copy(database)?;
    // An empty file, which `VACUUM INTO` accepts: only its owner can read what patients' data come into it.
    let (copy, _) = Unfinished::file(&target, 0o600).map_err(|e| failed(e.to_string()))?;
    let name = copy.path().to_str().ok_or_else(|| failed("its name is no UTF-8 text: give another".into()))?;
    source
        .execute("VACUUM INTO ?1", [name])
        .map_err(|e| integrity::damage(database, &e).unwrap_or_else(|| failed(e.to_string())))?;
    let mark = || stray_log::mark_copy(&Connection::open(copy.path())?);
    mark().map_err(|e: rusqlite::Error| failed(e.to_string()))?;
    let made = examine(copy.path(), &target, schema).map_err(|e| match e {
        StoreError::Damaged { problem, .. } => failed(format!("the copy is damaged ({problem}): is its disk well?")),
        other => failed(format!("the copy cannot be read: {other}")),
    })?;
    copy.finish().map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => taken(),
        _ => failed(e.to_string()),
    })?;
    Ok(made)
}

/// Opens the copy as nobody has before, and proves it.
fn examine(copy: &Path, target: &Path, schema: i64) -> Result<Backup, StoreError> {
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    integrity::prove(&connection, copy)?;
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let count = |table: String| {
        let rows = connection.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0))?;
        Ok::<_, StoreError>((table, rows))
    };
    let last_hash =
        connection.query_row("SELECT hash FROM audit ORDER BY id DESC LIMIT 1", [], |row| row.get(0)).optional()?;
    Ok(Backup {
        file: target.to_owned(),
        bytes: copy.metadata().map_or(0, |file| file.len()),
        schema,
        rows: tables.into_iter().map(count).collect::<Result<_, _>>()?,
        audit: walk(&connection)?,
        last_hash,
    })
}
