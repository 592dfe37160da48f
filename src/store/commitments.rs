//! Storage commitment: which deliveries a destination has been asked to commit itself to, and what it said.
//!
//! A transaction is written down before it is sent, with the deliveries it is about. Its answer may come on
//! another association, after a restart, or after the same deliveries were asked for again: each answer is
//! taken for what it says of deliveries that are still waiting for one.

use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, params};

use super::aside::Thing;
use super::audit_words::{EventKind, Outcome};
use super::clock::{AT_ONCE, ServiceTime, after, now};
use super::conditions::PAUSED;
use super::connection::Store;
use super::delivery_attempt::{Row, is_over};
use super::error::StoreError;
use super::row_ids::DeliveryId;
use super::states::{
    COMMITMENT_DUE, COMMITMENT_FAILED, COMMITMENT_REQUESTED, COMMITTED, DELIVERED, DELIVERY_PENDING, NO_COMMITMENT,
};
use super::terms::Terms;
use crate::dicom::FailureReason;
use crate::identifiers::Uid;

/// A transaction that is to be sent now.
#[derive(Debug, Clone)]
pub struct Commitment {
    /// Transaction UID.
    pub transaction_uid: Uid,
    /// SOP Class UID and SOP Instance UID of each object.
    pub objects: Vec<(Uid, Uid)>,
}

/// What a destination said of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It commits itself.
    Committed,
    /// It does not have the object.
    Missing,
    /// Not now: it is to be asked again.
    Later {
        /// Failure Reason.
        reason: FailureReason,
    },
    /// It will not.
    Refused {
        /// Failure Reason.
        reason: FailureReason,
    },
}

impl Store {
    /// Begins a transaction about the oldest deliveries of `destination` whose commitment is due, or was asked for
    /// and not answered within the time given then; at most `most`. `None` when there are none, or the queue is
    /// paused. They are due again after `answer_within`.
    pub async fn begin_commitment(
        &self,
        destination: &str,
        most: u32,
        answer_within: Duration,
    ) -> Result<Option<Commitment>, StoreError> {
        if self.until_next_commitment(destination).await? != Some(Duration::ZERO) {
            return Ok(None);
        }
        let (destination, aside) = (destination.to_owned(), self.aside.clone());
        self.write(move |c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT d.id, coalesce(o.sop_class_uid, i.sop_class_uid), coalesce(o.sop_instance_uid, i.sop_instance_uid)
                 FROM deliveries d LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN instances i ON i.id = d.instance_id
                 WHERE d.destination = ?1 AND d.commitment IN ({COMMITMENT_DUE}, {COMMITMENT_REQUESTED}) AND d.state = {DELIVERED}
                   AND d.commitment_at <= service_now() AND NOT {PAUSED}
                   AND d.id NOT IN (SELECT value FROM json_each(?3)) ORDER BY d.id LIMIT ?2"
            ))?;
            let rows: Vec<(DeliveryId, Uid, Uid)> = statement
                .query_map(params![destination, most, aside.rows(Thing::is_delivery)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?;
            if rows.is_empty() {
                return Ok(None);
            }
            let transaction_uid = Uid::generate();
            c.execute(
                "INSERT INTO commitments (transaction_uid, destination, requested_at) VALUES (?1, ?2, ?3)",
                params![transaction_uid.as_str(), destination, now()],
            )?;
            let commitment = c.last_insert_rowid();
            let again_at = after(c, answer_within)?;
            let mut objects = Vec::with_capacity(rows.len());
            for (delivery, class, instance) in rows {
                let asked = aside.one(c, Thing::Delivery(delivery), |c| {
                    c.execute(
                        "INSERT INTO commitment_members (commitment_id, delivery_id) VALUES (?1, ?2)",
                        params![commitment, delivery],
                    )?;
                    c.execute(
                        formatcp!("UPDATE deliveries SET commitment = {COMMITMENT_REQUESTED}, commitment_at = ?2, commitment_attempts = commitment_attempts + 1 WHERE id = ?1"),
                        params![delivery, again_at],
                    )?;
                    Ok((class, instance))
                })?;
                objects.extend(asked);
            }
            if objects.is_empty() {
                return Ok(None);
            }
            Ok(Some(Commitment { transaction_uid, objects }))
        })
        .await
    }

    /// The transaction was not taken: its deliveries are due again after a pause, or fail past their deadline.
    pub async fn commitment_not_taken(&self, transaction: &Uid, error: &str, terms: Terms) -> Result<(), StoreError> {
        let (transaction, error, aside) = (transaction.to_string(), error.to_owned(), self.aside.clone());
        self.write(move |c| {
            for member in members(c, &transaction)?.unwrap_or_default() {
                aside.one(c, Thing::Delivery(member.id), |c| member.later(c, &error, terms))?;
            }
            Ok(())
        })
        .await
    }

    /// What the destination said of the objects of a transaction, by their SOP Instance UID. False when it names
    /// no transaction of ours. Objects it does not mention are due again.
    pub async fn record_commitment(
        &self,
        transaction: &Uid,
        verdicts: Vec<(Uid, Verdict)>,
        terms: impl Fn(&str) -> Option<Terms> + Send + 'static,
    ) -> Result<bool, StoreError> {
        let (transaction, aside) = (transaction.to_string(), self.aside.clone());
        let known = self
            .write(move |c| {
                let Some(members) = members(c, &transaction)? else { return Ok(false) };
                c.execute(
                    "UPDATE commitments SET answered_at = ?2 WHERE transaction_uid = ?1",
                    params![transaction, now()],
                )?;
                for member in members {
                    let Some(terms) = terms(&member.row.destination) else { continue };
                    let said = verdicts.iter().find(|(uid, _)| uid.as_str() == member.sop_instance_uid);
                    let verdict = said.map(|(_, verdict)| *verdict);
                    aside.one(c, Thing::Delivery(member.id), |c| member.hears(c, verdict, terms))?;
                }
                Ok(true)
            })
            .await?;
        Ok(known)
    }
}

/// A delivery whose commitment is waited for.
struct Member {
    id: DeliveryId,
    attempts: u32,
    deadline: Option<ServiceTime>,
    sop_instance_uid: String,
    row: Row,
}

/// The deliveries of a transaction that still wait for an answer; `None` when there is no such transaction.
fn members(c: &Connection, transaction: &str) -> Result<Option<Vec<Member>>, StoreError> {
    let known = "SELECT id FROM commitments WHERE transaction_uid = ?1";
    let Some(commitment) = c.query_row(known, [transaction], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(None);
    };
    let mut statement = c.prepare(
        formatcp!("SELECT d.id, d.commitment_attempts, d.deadline, coalesce(o.sop_instance_uid, i.sop_instance_uid)
         FROM commitment_members m JOIN deliveries d ON d.id = m.delivery_id
         LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN instances i ON i.id = d.instance_id
         WHERE m.commitment_id = ?1 AND d.state = {DELIVERED} AND d.commitment IN ({COMMITMENT_DUE}, {COMMITMENT_REQUESTED})"),
    )?;
    let rows = statement.query_map([commitment], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let member = |row: rusqlite::Result<(DeliveryId, u32, Option<ServiceTime>, String)>| {
        let (id, attempts, deadline, sop_instance_uid) = row?;
        Ok::<_, StoreError>(Member { id, attempts, deadline, sop_instance_uid, row: Row::read(c, id)? })
    };
    rows.map(member).collect::<Result<_, _>>().map(Some)
}

impl Member {
    /// What the destination said of it, if anything.
    fn hears(&self, c: &Connection, verdict: Option<Verdict>, terms: Terms) -> Result<(), StoreError> {
        match verdict {
            Some(Verdict::Committed) => self.committed(c),
            Some(Verdict::Missing) => self.send_again(c, terms),
            Some(Verdict::Later { reason }) => {
                self.later(c, &format!("not committed, reason {:04X}", reason.code()), terms)
            }
            Some(Verdict::Refused { reason }) => {
                self.failed(c, &format!("not committed, reason {:04X}", reason.code()))
            }
            None => self.later(c, "the answer does not mention it", terms),
        }
    }

    fn committed(&self, c: &Connection) -> Result<(), StoreError> {
        c.execute(
            formatcp!(
                "UPDATE deliveries SET commitment = {COMMITTED}, committed_at = ?2, last_error = '' WHERE id = ?1"
            ),
            params![self.id, now()],
        )?;
        self.row.audit(c, EventKind::Commitment, Outcome::Success, format!("committed at attempt {}", self.attempts))
    }

    /// The destination says that it has lost what it took.
    fn send_again(&self, c: &Connection, terms: Terms) -> Result<(), StoreError> {
        let error = "the destination does not have it any more (reason 0112)";
        let next = after(c, terms.retry.pause(self.attempts, rand::random()))?;
        if is_over(next, self.deadline) {
            return self.failed(c, error);
        }
        // The deadline stays: what is lost again and again is given up like anything else.
        c.execute(
            formatcp!("UPDATE deliveries SET state = {DELIVERY_PENDING}, commitment = {NO_COMMITMENT}, last_error = ?2, next_attempt_at = ?3 WHERE id = ?1"),
            params![self.id, error, if self.attempts <= 1 { AT_ONCE } else { next }],
        )?;
        self.row.audit(c, EventKind::Commitment, Outcome::SentAgain, error.to_owned())
    }

    fn later(&self, c: &Connection, error: &str, terms: Terms) -> Result<(), StoreError> {
        let next = after(c, terms.retry.pause(self.attempts, rand::random()))?;
        if is_over(next, self.deadline) {
            return self.failed(c, error);
        }
        c.execute(
            formatcp!(
                "UPDATE deliveries SET commitment = {COMMITMENT_DUE}, commitment_at = ?2, last_error = ?3 WHERE id = ?1"
            ),
            params![self.id, next, error],
        )?;
        Ok(())
    }

    fn failed(&self, c: &Connection, error: &str) -> Result<(), StoreError> {
        c.execute(
            formatcp!("UPDATE deliveries SET commitment = {COMMITMENT_FAILED}, last_error = ?2 WHERE id = ?1"),
            params![self.id, error],
        )?;
        self.row.audit(c, EventKind::Commitment, Outcome::Failed, format!("attempt {}: {error}", self.attempts))
    }
}
