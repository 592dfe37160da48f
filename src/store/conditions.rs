//! Conditions that last: an outage of a destination, too little disk space, a paused queue, something the database
//! refuses. Each has one row from its begin to its end, and two rows in the audit.

use const_format::formatcp;
use rusqlite::{Connection, params};

use super::audit::{Event, append};
use super::audit_words::Outcome;
use super::clock::now;
use super::error::StoreError;
use super::states::{ConditionKind, QUEUE_IS_PAUSED};

/// Whether the queue is paused: nothing is analysed or sent.
pub(super) const PAUSED: &str =
    formatcp!("EXISTS (SELECT 1 FROM conditions WHERE what = {QUEUE_IS_PAUSED} AND until IS NULL)");

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
