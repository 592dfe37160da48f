//! Deliveries: objects of reports and received images, each to each of its destinations, until that has it.

use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::aside::{Aside, Thing};
use super::audit_words::{EventKind, Outcome};
use super::clock::{AT_ONCE, ServiceTime, after};
use super::conditions::PAUSED;
use super::connection::Store;
use super::delivery_attempt::{DeliveryOutcome, Row, conclude};
use super::error::StoreError;
use super::row_ids::{DeliveryId, InstanceId, ObjectId};
use super::states::{DELIVERY_PENDING, DeliveryState, NO_COMMITMENT};
use super::terms::Terms;
use crate::identifiers::Uid;

/// One object that is due at one destination.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its row.
    pub id: DeliveryId,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Study Instance UID.
    pub study: String,
    /// The file, below the state folder; `None` when it is gone.
    pub file: Option<String>,
    /// The same image losslessly compressed, for a destination that takes it.
    pub compressed_file: Option<String>,
    /// What it means when the destination answers that it has an object with this UID already.
    pub duplicate: Duplicate,
}

/// What a destination has when it answers 0111, duplicate SOP instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// This object: its UID is of our own making, or the destination took this very content before, and no other.
    IsThis,
    /// An object with this UID, which may be another or an older one.
    MayBeAnother,
}

/// The part of a destination's deliveries that one of several associations takes care of.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Which part, 0 the first.
    pub part: usize,
    /// Of how many.
    pub of: usize,
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
        let (destination, aside) = (destination.to_owned(), self.aside.clone());
        let looked = self
            .read(move |c| {
                let due = due(c, &destination, share, &aside, most)?;
                Ok(due.into_iter().map(|id| (id, read_unless_known(c, id, &aside))).collect::<Vec<_>>())
            })
            .await?;
        let mut deliveries = Vec::with_capacity(looked.len());
        for (id, read) in looked {
            match read {
                Some(delivery) => deliveries.push(delivery),
                None => deliveries.extend(self.read_or_set_aside(id).await?),
            }
        }
        Ok(deliveries)
    }

    /// One that could not be read, or that the database refused before: it is set aside and told, or is well again.
    async fn read_or_set_aside(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let aside = self.aside.clone();
        self.write(move |c| aside.one(c, Thing::Delivery(id), |c| read_due(c, id))).await
    }

    /// Writes down one attempt. A report that is delivered everywhere makes its images `reported`; what is past
    /// its deadline is `failed` until somebody retries it or gives it up.
    pub async fn record_delivery(
        &self,
        delivery: DeliveryId,
        outcome: DeliveryOutcome,
        terms: Terms,
    ) -> Result<(), StoreError> {
        let aside = self.aside.clone();
        self.write(move |c| {
            // What cannot be written down will be sent once more, and costs no other object its turn.
            aside.one(c, Thing::Delivery(delivery), |c| conclude(c, delivery, outcome, terms)).map(drop)
        })
        .await
    }

    /// The destination took nothing at all: costs each of `tried` an attempt, and fails whatever of the
    /// destination's is past its deadline, tried or not.
    pub async fn record_outage(
        &self,
        destination: &str,
        tried: Vec<DeliveryId>,
        error: &str,
        pause: Duration,
        terms: Terms,
    ) -> Result<(), StoreError> {
        let (destination, error, aside) = (destination.to_owned(), error.to_owned(), self.aside.clone());
        self.write(move |c| {
            let (next, deadline) = (after(c, pause)?, after(c, terms.give_up_after)?);
            aside.each(c, Thing::Delivery, tried, |c, id| {
                c.prepare_cached(
                    formatcp!("UPDATE deliveries SET attempts = attempts + 1, last_status = '', last_error = ?2, next_attempt_at = ?3,
                     deadline = coalesce(deadline, ?4) WHERE id = ?1 AND state = {DELIVERY_PENDING}"),
                )?
                .execute(params![id, error, next, deadline])?;
                Ok(())
            })?;
            give_up(c, &aside, &destination, next, &error)
        })
        .await
    }
}

/// What is due now, in the order in which it is tried: whether anything is, one index tells at once; in which order, the
/// other, without sorting all that waits.
fn due(
    c: &Connection,
    destination: &str,
    share: Share,
    aside: &Aside,
    most: u32,
) -> Result<Vec<DeliveryId>, StoreError> {
    let due = formatcp!(
        "SELECT d.id FROM deliveries d INDEXED BY deliveries_in_order
         WHERE d.state = {DELIVERY_PENDING} AND d.destination = ?1 AND d.next_attempt_at <= service_now() AND d.id % ?2 = ?3 AND NOT {PAUSED}
           AND EXISTS (SELECT 1 FROM deliveries w INDEXED BY deliveries_waiting
                       WHERE w.state = {DELIVERY_PENDING} AND w.destination = ?1 AND w.next_attempt_at <= service_now())
           AND d.id NOT IN (SELECT value FROM json_each(?4))
         ORDER BY d.attempts, d.id LIMIT ?5"
    );
    let aside = aside.rows(Thing::is_delivery);
    let wanted = params![destination, share.of as i64, share.part as i64, aside, most];
    Ok(c.prepare_cached(due)?.query_map(wanted, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn read_unless_known(c: &Connection, id: DeliveryId, aside: &Aside) -> Option<Delivery> {
    if aside.knows(Thing::Delivery(id)) { None } else { read_due(c, id).ok() }
}

/// The pending deliveries for which `which` holds.
pub(super) fn pending(c: &Connection, which: &str, with: &[&dyn ToSql]) -> Result<Vec<DeliveryId>, StoreError> {
    let mut statement =
        c.prepare_cached(&format!("SELECT id FROM deliveries WHERE state = {DELIVERY_PENDING} AND {which}"))?;
    Ok(statement.query_map(with, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn read_due(c: &Connection, id: DeliveryId) -> Result<Delivery, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT coalesce(o.sop_class_uid, i.sop_class_uid), coalesce(o.sop_instance_uid, i.sop_instance_uid),
                CASE WHEN o.removed_at IS NULL THEN coalesce(o.file, i.file) END, o.compressed_file,
                d.object_id IS NOT NULL OR (d.delivered_at IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM deliveries e JOIN instances j ON j.id = e.instance_id
                    WHERE e.destination = d.destination AND e.id <> d.id AND e.attempts > 0 AND j.sop_instance_uid = i.sop_instance_uid)),
                coalesce(s.study_instance_uid, i.study_instance_uid)
         FROM deliveries d LEFT JOIN objects o ON o.id = d.object_id LEFT JOIN reports r ON r.id = o.report_id
         LEFT JOIN studies s ON s.id = r.study_id LEFT JOIN instances i ON i.id = d.instance_id WHERE d.id = ?1",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Delivery {
            id,
            sop_class_uid: row.get(0)?,
            sop_instance_uid: row.get(1)?,
            file: row.get(2)?,
            compressed_file: row.get(3)?,
            duplicate: if row.get(4)? { Duplicate::IsThis } else { Duplicate::MayBeAnother },
            study: row.get(5)?,
        })
    };
    Ok(statement.query_row([id], read)?)
}

/// Fails what would be past its deadline at `next`.
fn give_up(c: &Connection, aside: &Aside, destination: &str, next: ServiceTime, error: &str) -> Result<(), StoreError> {
    let over = pending(c, "destination = ?1 AND deadline < ?2 LIMIT 1000", &[&destination, &next])?;
    aside.each(c, Thing::Delivery, over, |c, id| Row::read(c, id)?.gave_up(c, "", error))
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
        formatcp!("INSERT INTO deliveries (object_id, instance_id, destination, state, next_attempt_at, deadline) VALUES (?1, ?2, ?3, {DELIVERY_PENDING}, ?4, ?5)"),
    )?
    .execute(params![object, instance, destination, AT_ONCE, after(c, give_up_after)?])?;
    Ok(())
}

/// Passes a received image on to a destination, once more where it was passed on before: its sender has sent it
/// again, because the destination has lost it perhaps. False when that waits to be done anyway.
pub(super) fn pass_on(
    c: &Connection,
    instance: InstanceId,
    destination: &str,
    give_up_after: Duration,
) -> Result<bool, StoreError> {
    let known: Option<(DeliveryId, DeliveryState)> = c
        .prepare_cached("SELECT id, state FROM deliveries WHERE instance_id = ?1 AND destination = ?2")?
        .query_row(params![instance, destination], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        None => insert(c, Subject::Image(instance), destination, give_up_after).map(|()| true),
        Some((_, DeliveryState::Pending)) => Ok(false),
        Some((id, _)) => {
            c.execute(
                formatcp!("UPDATE deliveries SET state = {DELIVERY_PENDING}, next_attempt_at = ?2, deadline = ?3, last_status = '', last_error = '',
                        commitment = {NO_COMMITMENT}, commitment_at = 0, commitment_attempts = 0 WHERE id = ?1"),
                params![id, AT_ONCE, after(c, give_up_after)?],
            )?;
            Row::read(c, id)?.audit(
                c,
                EventKind::Delivery,
                Outcome::SentAgain,
                "its sender has sent it again".into(),
            )?;
            Ok(true)
        }
    }
}

/// What is delivered.
pub(super) enum Subject {
    /// An object of a report, by its row.
    Object(ObjectId),
    /// A received image, by its row.
    Image(InstanceId),
}
