//! The audit as a command reads it.

use std::path::Path;

use rusqlite::Row;
use serde::Serialize;

use super::audit::{Break, walk};
use super::clock::Timestamp;
use super::connection::open_to_read;
use super::error::StoreError;

/// Walks the whole chain: the number of rows, or the first place where it is broken. Rows cut off at
/// the end leave a valid chain; compare the last hash with one kept elsewhere.
pub fn verify(database: &Path) -> Result<Result<u64, Break>, StoreError> {
    walk(&open_to_read(database)?)
}

/// A row of the view `audit_trail`.
#[derive(Debug, Clone, Serialize)]
pub struct TrailRow {
    /// Number.
    pub id: i64,
    /// When.
    pub when: Timestamp,
    /// What.
    pub what: String,
    /// Who.
    pub who: String,
    /// Study Instance UID.
    pub study: String,
    /// SOP Instance UID.
    pub image: String,
    /// Outcome.
    pub outcome: String,
    /// Detail.
    pub detail: String,
}

/// The trail, oldest first; `uid` limits it to a study or an image.
pub fn trail(database: &Path, uid: Option<&str>) -> Result<Vec<TrailRow>, StoreError> {
    let connection = open_to_read(database)?;
    let mut statement =
        connection.prepare("SELECT * FROM audit_trail WHERE ?1 IS NULL OR study = ?1 OR image = ?1 ORDER BY id")?;
    let read = |row: &Row<'_>| {
        Ok(TrailRow {
            id: row.get(0)?,
            when: row.get(1)?,
            what: row.get(2)?,
            who: row.get(3)?,
            study: row.get(4)?,
            image: row.get(5)?,
            outcome: row.get(6)?,
            detail: row.get(7)?,
        })
    };
    let rows = statement.query_map([uid], read)?.collect::<Result<_, _>>()?;
    Ok(rows)
}
