//! What one attempt to deliver an object does to its row, and what the audit says of it.

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{AT_ONCE, ServiceTime, after, now};
use super::error::StoreError;
use super::reported::complete;
use super::row_ids::{DeliveryId, ObjectId, ReportId};
use super::states::{COMMITMENT_DUE, CommitmentState, DELIVERED, DELIVERY_FAILED};
use super::terms::Terms;

/// How one attempt went.
#[derive(Debug, Clone)]
pub enum DeliveryOutcome {
    /// The destination has it; the status it answered.
    Delivered {
        /// Hexadecimal.
        status: String,
    },
    /// The destination does not have it now; another attempt follows until the deadline.
    Later {
        /// Hexadecimal; empty when there was no answer.
        status: String,
        /// Why.
        error: String,
    },
    /// The destination will not have it: no further attempt before an operator asks for one.
    Failed {
        /// Hexadecimal; empty when it was not asked.
        status: String,
        /// Why.
        error: String,
    },
    /// The destination does not take this SOP class, or not in this encoding.
    ClassRefused {
        /// Hexadecimal; empty when the negotiation said so.
        status: String,
        /// Why.
        error: String,
        /// SOP Class UID of the structured report it gets instead.
        fallback: Option<String>,
    },
}

/// Writes down how an attempt went.
pub(super) fn conclude(
    c: &Connection,
    delivery: DeliveryId,
    outcome: DeliveryOutcome,
    terms: Terms,
) -> Result<(), StoreError> {
    let row = Row::read(c, delivery)?;
    match outcome {
        DeliveryOutcome::Delivered { status } => row.delivered(c, &status, terms),
        DeliveryOutcome::Later { status, error } => row.later(c, &status, &error, terms),
        DeliveryOutcome::Failed { status, error } => row.failed(c, &status, &error),
        DeliveryOutcome::ClassRefused { status, error, fallback } => match row.stand_in(c, fallback)? {
            Some(object) => row.replace(c, object, &error),
            None => row.failed(c, &status, &error),
        },
    }
}

/// Whether a next attempt at `next` would come too late.
pub(super) fn is_over(next: ServiceTime, deadline: Option<ServiceTime>) -> bool {
    deadline.is_some_and(|deadline| next > deadline)
}

/// A delivery as it stands in the database.
pub(super) struct Row {
    id: DeliveryId,
    attempts: u32,
    deadline: Option<ServiceTime>,
    pub destination: String,
    pub report: Option<ReportId>,
    study: String,
    object: String,
}

impl Row {
    pub fn read(c: &Connection, id: DeliveryId) -> Result<Self, StoreError> {
        let mut row = c.prepare_cached(
            "SELECT d.attempts, d.deadline, d.destination, r.id, coalesce(s.study_instance_uid, i.study_instance_uid),
                    coalesce(o.sop_instance_uid, i.sop_instance_uid)
             FROM deliveries d LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN reports r ON r.id = o.report_id
             LEFT JOIN studies s ON s.id = r.study_id LEFT JOIN instances i ON i.id = d.instance_id WHERE d.id = ?1",
        )?;
        Ok(row.query_row([id], |row| {
            Ok(Self {
                id,
                attempts: row.get(0)?,
                deadline: row.get(1)?,
                destination: row.get(2)?,
                report: row.get(3)?,
                study: row.get(4)?,
                object: row.get(5)?,
            })
        })?)
    }

    /// Appends what happened to the audit.
    pub fn audit(&self, c: &Connection, event: EventKind, outcome: Outcome, detail: String) -> Result<(), StoreError> {
        let (actor, study, image) = (self.destination.clone(), self.study.clone(), self.object.clone());
        append(c, &Event { event, actor, study, image, outcome, detail })
    }

    fn delivered(&self, c: &Connection, status: &str, terms: Terms) -> Result<(), StoreError> {
        let attempts = self.attempts + 1;
        let commitment = if terms.commitment { CommitmentState::Due } else { CommitmentState::None };
        // The time to give up begins anew for the commitment, but not for what it lost and got again.
        c.execute(
            formatcp!("UPDATE deliveries SET state = {DELIVERED}, attempts = ?2, last_status = ?3, last_error = '', delivered_at = ?4,
             deadline = iif(?5 = {COMMITMENT_DUE} AND commitment_attempts = 0, ?6, deadline), commitment = ?5, commitment_at = ?7 WHERE id = ?1"),
            // Not at once: a PACS may import what it took before it keeps it.
            params![self.id, attempts, status, now(), commitment, after(c, terms.give_up_after)?, after(c, terms.retry.after)?],
        )?;
        self.audit(c, EventKind::Delivery, Outcome::Success, format!("status {status} at attempt {attempts}"))?;
        self.report.map_or(Ok(()), |report| complete(c, report))
    }

    fn later(&self, c: &Connection, status: &str, error: &str, terms: Terms) -> Result<(), StoreError> {
        let attempts = self.attempts + 1;
        let next = after(c, terms.retry.pause(attempts, rand::random()))?;
        let deadline = self.deadline.map_or_else(|| after(c, terms.give_up_after), Ok)?;
        if is_over(next, Some(deadline)) {
            return self.gave_up(c, status, error);
        }
        c.execute(
            "UPDATE deliveries SET attempts = ?2, last_status = ?3, last_error = ?4, next_attempt_at = ?5, deadline = ?6 WHERE id = ?1",
            params![self.id, attempts, status, error, next, deadline],
        )?;
        // A destination that refuses for days would fill the audit: the first attempts and the end are enough.
        if attempts <= 3 || attempts.is_power_of_two() {
            self.audit(c, EventKind::Delivery, Outcome::WillRetry, format!("attempt {attempts}: {error}"))?;
        }
        Ok(())
    }

    pub fn gave_up(&self, c: &Connection, status: &str, error: &str) -> Result<(), StoreError> {
        self.failed(c, status, &format!("given up after the destination's give_up_after_hours: {error}"))
    }

    pub fn failed(&self, c: &Connection, status: &str, error: &str) -> Result<(), StoreError> {
        let attempts = self.attempts + 1;
        c.execute(
            formatcp!("UPDATE deliveries SET state = {DELIVERY_FAILED}, attempts = ?2, last_status = ?3, last_error = ?4 WHERE id = ?1"),
            params![self.id, attempts, status, error],
        )?;
        self.audit(c, EventKind::Delivery, Outcome::Failed, format!("attempt {attempts}: {error}"))
    }

    /// The structured report of class `fallback` of the same version, where there is one that this destination
    /// does not get anyway.
    fn stand_in(&self, c: &Connection, fallback: Option<String>) -> Result<Option<ObjectId>, StoreError> {
        let statement = "SELECT o.id FROM objects o JOIN deliveries d ON d.id = ?1 JOIN objects refused ON refused.id = d.object_id
             WHERE o.report_id = refused.report_id AND o.kind = 'structured-report' AND refused.kind = 'structured-report'
               AND o.sop_class_uid = ?2 AND o.id <> refused.id
               AND NOT EXISTS (SELECT 1 FROM deliveries other WHERE other.object_id = o.id AND other.destination = d.destination)";
        Ok(c.query_row(statement, params![self.id, fallback], |row| row.get(0)).optional()?)
    }

    fn replace(&self, c: &Connection, object: ObjectId, error: &str) -> Result<(), StoreError> {
        c.execute(
            "UPDATE deliveries SET object_id = ?2, attempts = attempts + 1, last_error = ?3, next_attempt_at = ?4 WHERE id = ?1",
            params![self.id, object, error, AT_ONCE],
        )?;
        self.audit(
            c,
            EventKind::Delivery,
            Outcome::Fallback,
            format!("the report goes in the destination's fallback_sop_class: {error}"),
        )
    }
}
