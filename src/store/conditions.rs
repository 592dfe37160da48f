//! Conditions that last: an outage of a destination, too little disk space, a paused queue, something the database
//! refuses. Each has one row from its begin to its end, and two rows in the audit.

use std::fmt;
use std::path::Path;

use const_format::formatcp;
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::audit::{Event, append};
use super::audit_words::Outcome;
use super::connection::{Store, open_to_read};
use super::error::StoreError;
use super::now;
use super::states::{ConditionKind, QUEUE_IS_PAUSED};

/// Whether the queue is paused: nothing is analysed or sent.
pub(super) const PAUSED: &str =
    formatcp!("EXISTS (SELECT 1 FROM conditions WHERE what = {QUEUE_IS_PAUSED} AND until IS NULL)");

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

impl Store {
    /// A condition has begun; one that lasts already goes on.
    pub async fn begin_condition(&self, what: ConditionKind, subject: &str, detail: &str) -> Result<(), StoreError> {
        let (subject, detail) = (subject.to_owned(), detail.to_owned());
        self.write(move |c| begin(c, what, &subject, &detail, "daemon").map(drop)).await
    }

    /// A condition is over; `detail` goes into the audit.
    pub async fn end_condition(&self, what: ConditionKind, subject: &str, detail: &str) -> Result<(), StoreError> {
        let (subject, detail) = (subject.to_owned(), detail.to_owned());
        self.write(move |c| end(c, what, &subject, &detail, "daemon").map(drop)).await
    }
}

/// Whether it did not last already.
pub(super) fn begin(
    c: &Connection,
    what: ConditionKind,
    subject: &str,
    detail: &str,
    actor: &str,
) -> Result<bool, StoreError> {
    let begun = c.execute(
        "INSERT INTO conditions (what, subject, detail, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        params![what, subject, detail, now()],
    )?;
    if begun > 0 {
        audit_condition(c, what, subject, Outcome::Begun, detail, actor)?;
    }
    Ok(begun > 0)
}

/// Whether it lasted.
pub(super) fn end(
    c: &Connection,
    what: ConditionKind,
    subject: &str,
    detail: &str,
    actor: &str,
) -> Result<bool, StoreError> {
    let ended = c.execute(
        "UPDATE conditions SET until = ?3 WHERE what = ?1 AND subject = ?2 AND until IS NULL",
        params![what, subject, now()],
    )?;
    if ended > 0 {
        audit_condition(c, what, subject, Outcome::Over, detail, actor)?;
    }
    Ok(ended > 0)
}

/// Ends what only a running daemon can know of; a pause lasts.
pub(super) fn end_those_of_an_earlier_run(c: &Connection) -> Result<(), StoreError> {
    c.execute(
        formatcp!("UPDATE conditions SET until = ?1 WHERE what <> {QUEUE_IS_PAUSED} AND until IS NULL"),
        [now()],
    )?;
    Ok(())
}

fn audit_condition(
    c: &Connection,
    what: ConditionKind,
    subject: &str,
    outcome: Outcome,
    detail: &str,
    actor: &str,
) -> Result<(), StoreError> {
    let detail = if subject.is_empty() { detail.to_owned() } else { format!("{subject}: {detail}") };
    append(c, &Event { actor: actor.to_owned(), detail, ..Event::of(what.event(), outcome) })
}
