//! Deliveries: objects of reports and received images, each to each of its destinations, until that has it.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::clock::{AT_ONCE, after, due_now};
use super::conditions::PAUSED;
use super::connection::Store;
use super::error::StoreError;
use super::now;
use crate::config::Retry;
use crate::identifiers::Uid;

/// One object that is due at one destination.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its row.
    pub id: i64,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// The file, below the state folder; `None` when it is gone.
    pub file: Option<String>,
    /// The same image losslessly compressed, for a destination that takes it.
    pub compressed_file: Option<String>,
}

/// The part of a destination's deliveries that one of several associations takes care of.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Which part, 0 the first.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

/// What a destination's configuration says about its deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Pauses between attempts.
    pub retry: Retry,
    /// Time to give up.
    pub give_up_after: Duration,
    /// Whether it is asked for storage commitment.
    pub commitment: bool,
}

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

impl Store {
    /// The objects of a share that are due at `destination`, the oldest of those tried least first: one that breaks
    /// its association each time must not keep others from their turn. None while the queue is paused.
    pub async fn due_deliveries(
        &self,
        destination: &str,
        share: Share,
        most: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let destination = destination.to_owned();
        self.write(move |c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT d.id, coalesce(o.sop_class_uid, i.sop_class_uid), coalesce(o.sop_instance_uid, i.sop_instance_uid),
                        CASE WHEN o.removed_at IS NULL THEN coalesce(o.file, i.file) END, o.compressed_file
                 FROM deliveries d LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN instances i ON i.id = d.instance_id
                 WHERE d.state = 'pending' AND d.destination = ?1 AND d.next_attempt_at <= ?2 AND d.id % ?3 = ?4 AND NOT {PAUSED}
                 ORDER BY d.attempts, d.id LIMIT ?5"
            ))?;
            let wanted = params![destination, due_now(), share.of as i64, share.part as i64, most];
            let rows = statement.query_map(wanted, |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get(3)?, row.get(4)?))
            })?;
            let uid = |text: String| Uid::new(&text).map_err(|e| StoreError::Unexpected(e.to_string()));
            rows.map(|row| {
                let (id, class, instance, file, compressed_file) = row?;
                Ok(Delivery { id, sop_class_uid: uid(class)?, sop_instance_uid: uid(instance)?, file, compressed_file })
            })
            .collect()
        })
        .await
    }

    /// Writes down one attempt. A report that is delivered everywhere makes its images `reported`; what is past
    /// its deadline is `failed` until somebody retries it.
    pub async fn record_delivery(
        &self,
        delivery: i64,
        outcome: DeliveryOutcome,
        terms: Terms,
    ) -> Result<(), StoreError> {
        self.write(move |c| {
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
        })
        .await
    }

    /// The destination took nothing at all: costs each of `tried` an attempt, and fails whatever of the
    /// destination's is past its deadline, tried or not.
    pub async fn record_outage(
        &self,
        destination: &str,
        tried: Vec<i64>,
        error: &str,
        pause: Duration,
        terms: Terms,
    ) -> Result<(), StoreError> {
        let (destination, error) = (destination.to_owned(), error.to_owned());
        self.write(move |c| {
            let next = after(pause);
            for id in tried {
                c.prepare_cached(
                    "UPDATE deliveries SET attempts = attempts + 1, last_status = '', last_error = ?2, next_attempt_at = ?3,
                     deadline = iif(deadline = '', ?4, deadline) WHERE id = ?1 AND state = 'pending'",
                )?
                .execute(params![id, error, next, after(terms.give_up_after)])?;
            }
            give_up(c, &destination, &next, &error)
        })
        .await
    }

    /// After a change of the configuration: fails what waits for a destination that it no longer names, stops
    /// waiting for the commitment of one that is no longer asked for it, and makes what waits due at once.
    pub async fn settle_with_destinations(
        &self,
        names: Vec<String>,
        committing: Vec<String>,
    ) -> Result<(), StoreError> {
        let list =
            |names: Vec<String>| serde_json::to_string(&names).map_err(|e| StoreError::Unexpected(e.to_string()));
        let (names, committing) = (list(names)?, list(committing)?);
        self.write(move |c| {
            let mut statement = c.prepare(
                "SELECT id FROM deliveries WHERE state = 'pending' AND destination NOT IN (SELECT value FROM json_each(?1))",
            )?;
            let lost: Vec<i64> = statement.query_map([names], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for id in lost {
                let row = Row::read(c, id)?;
                let error = format!(
                    "there is no [[destination]] \"{}\" any more: add it and run spinetriage queue retry",
                    row.destination
                );
                row.failed(c, "", &error)?;
            }
            c.execute("UPDATE deliveries SET next_attempt_at = ?1 WHERE state = 'pending'", [AT_ONCE])?;
            c.execute(
                "UPDATE deliveries SET commitment = '' WHERE commitment IN ('due', 'requested', 'failed')
                 AND destination NOT IN (SELECT value FROM json_each(?1))",
                [committing],
            )?;
            Ok(())
        })
        .await
    }
}

/// Fails what would be past its deadline at `next`.
fn give_up(c: &Connection, destination: &str, next: &str, error: &str) -> Result<(), StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT id FROM deliveries WHERE state = 'pending' AND destination = ?1 AND deadline <> '' AND deadline < ?2 LIMIT 1000",
    )?;
    let over: Vec<i64> = statement.query_map([destination, next], |row| row.get(0))?.collect::<Result<_, _>>()?;
    over.into_iter().try_for_each(|id| Row::read(c, id)?.gave_up(c, "", error))
}

/// Whether a next attempt at `next` would come too late.
pub(super) fn is_over(next: &str, deadline: &str) -> bool {
    deadline != AT_ONCE && next > deadline
}

/// Queues a delivery.
pub(super) fn insert(
    c: &Connection,
    of: Subject,
    destination: &str,
    give_up_after: Duration,
) -> Result<(), StoreError> {
    let (object, instance) = match of {
        Subject::Object(id) => (Some(id), None),
        Subject::Image(id) => (None, Some(id)),
    };
    c.prepare_cached(
        "INSERT INTO deliveries (object_id, instance_id, destination, state, next_attempt_at, deadline) VALUES (?1, ?2, ?3, 'pending', ?4, ?5)",
    )?
    .execute(params![object, instance, destination, AT_ONCE, after(give_up_after)])?;
    Ok(())
}

/// What is delivered.
pub(super) enum Subject {
    /// An object of a report, by its row.
    Object(i64),
    /// A received image, by its row.
    Image(i64),
}

/// A delivery as it stands in the database.
pub(super) struct Row {
    id: i64,
    attempts: u32,
    deadline: String,
    pub destination: String,
    report: Option<i64>,
    study: String,
    object: String,
}

impl Row {
    pub fn read(c: &Connection, id: i64) -> Result<Self, StoreError> {
        let mut row = c.prepare_cached(
            "SELECT d.attempts, d.deadline, d.destination, r.id, coalesce(r.study_instance_uid, i.study_instance_uid),
                    coalesce(o.sop_instance_uid, i.sop_instance_uid)
             FROM deliveries d LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN reports r ON r.id = o.report_id
             LEFT JOIN instances i ON i.id = d.instance_id WHERE d.id = ?1",
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
    pub fn tell(
        &self,
        c: &Connection,
        event: &'static str,
        outcome: &'static str,
        detail: String,
    ) -> Result<(), StoreError> {
        let (actor, study, image) = (self.destination.clone(), self.study.clone(), self.object.clone());
        append(c, &Event { event, actor, study, image, outcome, detail })
    }

    fn delivered(&self, c: &Connection, status: &str, terms: Terms) -> Result<(), StoreError> {
        let attempts = self.attempts + 1;
        let commitment = if terms.commitment { "due" } else { "" };
        // The time to give up begins anew for the commitment, but not for what it lost and got again.
        c.execute(
            "UPDATE deliveries SET state = 'delivered', attempts = ?2, last_status = ?3, last_error = '', delivered_at = ?4,
             deadline = iif(?5 = 'due' AND commitment_attempts = 0, ?6, deadline), commitment = ?5, commitment_at = ?7 WHERE id = ?1",
            // Not at once: a PACS may import what it took before it keeps it.
            params![self.id, attempts, status, now(), commitment, after(terms.give_up_after), after(terms.retry.after)],
        )?;
        self.tell(c, "delivery", "success", format!("status {status} at attempt {attempts}"))?;
        self.report.map_or(Ok(()), |report| complete(c, report))
    }

    fn later(&self, c: &Connection, status: &str, error: &str, terms: Terms) -> Result<(), StoreError> {
        let attempts = self.attempts + 1;
        let next = after(terms.retry.pause(attempts, rand::random()));
        let deadline = if self.deadline == AT_ONCE { after(terms.give_up_after) } else { self.deadline.clone() };
        if is_over(&next, &deadline) {
            return self.gave_up(c, status, error);
        }
        c.execute(
            "UPDATE deliveries SET attempts = ?2, last_status = ?3, last_error = ?4, next_attempt_at = ?5, deadline = ?6 WHERE id = ?1",
            params![self.id, attempts, status, error, next, deadline],
        )?;
        // A destination that refuses for days would fill the audit: the first attempts and the end are enough.
        if attempts <= 3 || attempts.is_power_of_two() {
            self.tell(c, "delivery", "will retry", format!("attempt {attempts}: {error}"))?;
        }
        Ok(())
    }

    fn gave_up(&self, c: &Connection, status: &str, error: &str) -> Result<(), StoreError> {
        self.failed(c, status, &format!("given up after the destination's give_up_after_hours: {error}"))
    }

    pub fn failed(&self, c: &Connection, status: &str, error: &str) -> Result<(), StoreError> {
        let attempts = self.attempts + 1;
        c.execute(
            "UPDATE deliveries SET state = 'failed', attempts = ?2, last_status = ?3, last_error = ?4 WHERE id = ?1",
            params![self.id, attempts, status, error],
        )?;
        self.tell(c, "delivery", "failed", format!("attempt {attempts}: {error}"))
    }

    /// The structured report of class `fallback` of the same version, where there is one that this destination
    /// does not get anyway.
    fn stand_in(&self, c: &Connection, fallback: Option<String>) -> Result<Option<i64>, StoreError> {
        let statement = "SELECT o.id FROM objects o JOIN deliveries d ON d.id = ?1 JOIN objects refused ON refused.id = d.object_id
             WHERE o.report_id = refused.report_id AND o.kind = 'structured-report' AND refused.kind = 'structured-report'
               AND o.sop_class_uid = ?2 AND o.id <> refused.id
               AND NOT EXISTS (SELECT 1 FROM deliveries other WHERE other.object_id = o.id AND other.destination = d.destination)";
        Ok(c.query_row(statement, params![self.id, fallback], |row| row.get(0)).optional()?)
    }

    fn replace(&self, c: &Connection, object: i64, error: &str) -> Result<(), StoreError> {
        c.execute(
            "UPDATE deliveries SET object_id = ?2, attempts = attempts + 1, last_error = ?3, next_attempt_at = ?4 WHERE id = ?1",
            params![self.id, object, error, AT_ONCE],
        )?;
        self.tell(
            c,
            "delivery",
            "fallback",
            format!("the report goes in the destination's fallback_sop_class: {error}"),
        )
    }
}

/// Makes the images of a report `reported` once every destination has every object of it.
fn complete(c: &Connection, report: i64) -> Result<(), StoreError> {
    let open: bool = c.query_row(
        "SELECT EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.object_id WHERE o.report_id = ?1 AND d.state <> 'delivered')",
        [report],
        |row| row.get(0),
    )?;
    if !open {
        c.execute(
            "UPDATE instances SET state = 'reported', reported_at = ?2 WHERE state = 'analysed' AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)",
            params![report, now()],
        )?;
    }
    Ok(())
}
