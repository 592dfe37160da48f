//! The conditions that last, as a command reads them.

use std::fmt;
use std::path::Path;

use rusqlite::Row;
use serde::Serialize;

use super::connection::open_to_read;
use super::error::StoreError;
use super::states::ConditionKind;

/// A row of the view `audit_conditions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// What lasts.
    pub what: ConditionKind,
    /// Of several, which: a destination's name.
    pub subject: String,
    /// In plain words.
    pub detail: String,
    /// When it began.
    pub since: String,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, subject, detail, since } = self;
        let space = if subject.is_empty() { "" } else { " " };
        write!(f, "{what}{space}{subject} since {since}: {detail}")
    }
}

/// The conditions that last, oldest first.
pub fn lasting(database: &Path) -> Result<Vec<Condition>, StoreError> {
    let connection = open_to_read(database)?;
    let mut statement = connection
        .prepare("SELECT what, subject, detail, since FROM audit_conditions WHERE until = '' ORDER BY since")?;
    let read = |row: &Row<'_>| {
        Ok(Condition { what: row.get(0)?, subject: row.get(1)?, detail: row.get(2)?, since: row.get(3)? })
    };
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}
