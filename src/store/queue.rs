//! The queue as a person sees and steers it, from another process than the daemon.

use std::path::Path;

use const_format::formatcp;
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{AT_ONCE, now};
use super::conditions;
use super::connection::{open_existing, open_to_read};
use super::error::StoreError;
use super::jobs::queue_analysis;
use super::row_ids::InstanceId;
use super::states::{
    COMMITMENT_DUE, COMMITMENT_FAILED, COMMITMENT_GIVEN_UP, ConditionKind, DELIVERED, DELIVERY_FAILED,
    DELIVERY_GIVEN_UP, DELIVERY_PENDING, IMAGE_ANALYSED, IMAGE_FAILED, IMAGE_QUEUED, IMAGE_SKIPPED, JOB_ANALYSE,
    JOB_CANCELLED, JOB_FAILED, JOB_QUEUED,
};
use super::studies::image_has_come;
use crate::dicom::uids::RECEIVED_SOP_CLASSES;

/// One image in the queue.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its row.
    pub id: InstanceId,
    /// When it came.
    pub received: String,
    /// `queued`, `skipped`, `analysed`, `reported` or `failed`.
    pub state: String,
    /// Calling AE title.
    pub sender: String,
    /// Modality.
    pub modality: String,
    /// Body Part Examined.
    pub body_part: String,
    /// SOP Instance UID.
    pub image: String,
    /// Study Instance UID.
    pub study: String,
    /// Attempts of its analysis.
    pub attempts: u32,
    /// Deliveries of it or its reports that wait or have failed, and why.
    pub delivery: String,
    /// Why it is where it is.
    pub reason: String,
    /// What the newest report of its study says, as `audit_studies` has it; empty before there is one.
    pub result: String,
}

const ENTRIES: &str = formatcp!("SELECT i.id, i.received_at, i.state, i.sender_ae_title, i.modality, i.body_part, i.sop_instance_uid, i.study_instance_uid,
    coalesce((SELECT max(attempts) FROM jobs j WHERE j.instance_id = i.id), 0),
    coalesce((SELECT group_concat(DISTINCT d.destination || ' ' || d.state || CASE d.last_error WHEN '' THEN '' ELSE ': ' || d.last_error END)
              FROM deliveries d WHERE d.state <> {DELIVERED} AND (d.instance_id = i.id OR d.object_id IN
                  (SELECT o.id FROM objects o JOIN report_images m ON m.report_id = o.report_id WHERE m.instance_id = i.id))), ''),
    i.reason,
    coalesce((SELECT coalesce(json_extract(r.triage, '$.study.result'), 'no operating point') FROM reports r
              WHERE r.study_id = i.study_id AND r.written_at IS NOT NULL ORDER BY r.version DESC LIMIT 1), '') FROM instances i");

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        received: row.get(1)?,
        state: row.get(2)?,
        sender: row.get(3)?,
        modality: row.get(4)?,
        body_part: row.get(5)?,
        image: row.get(6)?,
        study: row.get(7)?,
        attempts: row.get(8)?,
        delivery: row.get(9)?,
        reason: row.get(10)?,
        result: row.get(11)?,
    })
}

/// The newest `most` images, newest last; `state` limits them.
pub fn list(database: &Path, state: Option<&str>, most: u32) -> Result<Vec<Entry>, StoreError> {
    let connection = open_to_read(database)?;
    let mut statement =
        connection.prepare(&format!("{ENTRIES} WHERE ?1 IS NULL OR i.state = ?1 ORDER BY i.id DESC LIMIT ?2"))?;
    let mut entries: Vec<Entry> = statement.query_map(params![state, most], entry)?.collect::<Result<_, _>>()?;
    entries.reverse();
    Ok(entries)
}

/// The images called `name`: a row's number, a SOP Instance UID or a Study Instance UID.
pub fn find(database: &Path, name: &str) -> Result<Vec<Entry>, StoreError> {
    let connection = open_to_read(database)?;
    let mut statement = connection.prepare(&format!(
        "{ENTRIES} WHERE i.id = ?1 OR i.sop_instance_uid = ?1 OR i.study_instance_uid = ?1 ORDER BY i.id"
    ))?;
    let entries: Vec<Entry> = statement.query_map([name], entry)?.collect::<Result<_, _>>()?;
    if entries.is_empty() {
        return Err(StoreError::NotFound(format!("there is no image \"{name}\" in the queue")));
    }
    Ok(entries)
}

/// Queues what failed anew: an analysis, a report or a delivery; of everything, or of the image or
/// study called `name`. What an operator cancelled or gave up comes back only by its name, and so does what selection
/// left out. The number of things queued.
pub fn retry(database: &Path, name: Option<&str>) -> Result<usize, StoreError> {
    if let Some(name) = name {
        find(database, name)?;
    }
    changed(database, |c| {
        let wanted = "(?1 IS NULL OR i.id = ?1 OR i.sop_instance_uid = ?1 OR i.study_instance_uid = ?1)";
        let jobs = c.execute(
            &format!(
                "UPDATE jobs SET state = {JOB_QUEUED}, attempts = 0, reason = '', not_before = ?2, finished_at = NULL
                 WHERE (state = {JOB_FAILED} OR (state = {JOB_CANCELLED} AND ?1 IS NOT NULL)) AND
                 (instance_id IN (SELECT i.id FROM instances i WHERE i.file IS NOT NULL AND {wanted})
                  OR report_id IN (SELECT m.report_id FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE {wanted}))"
            ),
            params![name, AT_ONCE],
        )?;
        c.execute(
            formatcp!("UPDATE instances SET state = {IMAGE_ANALYSED}, reason = '' WHERE state = {IMAGE_FAILED} AND findings IS NOT NULL AND id IN
             (SELECT m.instance_id FROM report_images m JOIN jobs j ON j.report_id = m.report_id WHERE j.state = {JOB_QUEUED})"),
            [],
        )?;
        c.execute(
            formatcp!("UPDATE instances SET state = {IMAGE_QUEUED}, reason = '' WHERE state IN ({IMAGE_FAILED}, {IMAGE_SKIPPED})
             AND id IN (SELECT instance_id FROM jobs WHERE kind = {JOB_ANALYSE} AND state = {JOB_QUEUED})"),
            [],
        )?;
        let deliveries = c.execute(
            &format!(
                "UPDATE deliveries SET state = iif(state = {DELIVERED}, state, {DELIVERY_PENDING}), next_attempt_at = ?2, deadline = NULL,
                        commitment = iif(commitment IN ({COMMITMENT_FAILED}, {COMMITMENT_GIVEN_UP}), {COMMITMENT_DUE}, commitment), commitment_at = ?2, commitment_attempts = 0
                 WHERE (state = {DELIVERY_FAILED} OR commitment = {COMMITMENT_FAILED} OR (?1 IS NOT NULL AND (state = {DELIVERY_GIVEN_UP} OR commitment = {COMMITMENT_GIVEN_UP})))
                   AND (instance_id IN (SELECT i.id FROM instances i WHERE {wanted})
                     OR object_id IN (SELECT o.id FROM objects o JOIN report_images m ON m.report_id = o.report_id
                                      JOIN instances i ON i.id = m.instance_id WHERE {wanted}))"
            ),
            // Without a deadline: the destination's time to give up begins anew.
            params![name, AT_ONCE],
        )?;
        c.execute(
            formatcp!("UPDATE instances SET state = {IMAGE_ANALYSED}, reason = '' WHERE state = {IMAGE_FAILED} AND findings IS NOT NULL AND id IN
             (SELECT m.instance_id FROM report_images m JOIN objects o ON o.report_id = m.report_id
              JOIN deliveries d ON d.object_id = o.id WHERE d.state = {DELIVERY_PENDING} AND d.next_attempt_at = 0)"),
            [],
        )?;
        let left_out = name.map_or(Ok(0), |name| analyse_left_out(c, name))?;
        let detail = format!(
            "{} jobs and {deliveries} deliveries of {}",
            jobs + left_out,
            name.unwrap_or("everything that failed")
        );
        append(c, &Event { actor: "operator".into(), detail, ..Event::of(EventKind::Queue, Outcome::Retry) })?;
        Ok(jobs + deliveries + left_out)
    })
}

/// Queues the analysis of the images called `name` that selection left out: the operator has named them. Their number.
fn analyse_left_out(c: &Connection, name: &str) -> Result<usize, StoreError> {
    let mut statement = c.prepare(
        formatcp!("SELECT id, sop_class_uid FROM instances i WHERE state = {IMAGE_SKIPPED} AND findings IS NULL AND file IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.instance_id = i.id)
           AND (id = ?1 OR sop_instance_uid = ?1 OR study_instance_uid = ?1)"),
    )?;
    let named: Vec<(InstanceId, String)> =
        statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let can_be_analysed = named.into_iter().filter(|(_, class)| RECEIVED_SOP_CLASSES.contains(&class.as_str()));
    let mut queued = 0;
    for (instance, _) in can_be_analysed {
        queue_analysis(c, instance)?;
        image_has_come(c, instance)?;
        queued += 1;
    }
    Ok(queued)
}

/// Takes the image or study called `name` out of the queue. The number of jobs cancelled.
pub fn cancel(database: &Path, name: &str) -> Result<usize, StoreError> {
    find(database, name)?;
    changed(database, |c| {
        let jobs = c.execute(
            formatcp!("UPDATE jobs SET state = {JOB_CANCELLED}, finished_at = ?2 WHERE state = {JOB_QUEUED} AND instance_id IN
             (SELECT id FROM instances WHERE id = ?1 OR sop_instance_uid = ?1 OR study_instance_uid = ?1)"),
            params![name, now()],
        )?;
        c.execute(
            formatcp!("UPDATE instances SET state = {IMAGE_SKIPPED}, reason = 'cancelled by the operator' WHERE state = {IMAGE_QUEUED}
             AND id IN (SELECT instance_id FROM jobs WHERE state = {JOB_CANCELLED})"),
            [],
        )?;
        append(
            c,
            &Event {
                actor: "operator".into(),
                detail: format!("{jobs} jobs of {name}"),
                ..Event::of(EventKind::Queue, Outcome::Cancelled)
            },
        )?;
        Ok(jobs)
    })
}

/// Pauses the queue: images are received, and nothing of it is analysed or sent. False when it was paused already.
pub fn pause(database: &Path) -> Result<bool, StoreError> {
    changed(database, |c| {
        conditions::begin(c, ConditionKind::Paused, "", "images are received; nothing is analysed or sent", "operator")
    })
}

/// Ends a pause. False when there was none.
pub fn resume(database: &Path) -> Result<bool, StoreError> {
    changed(database, |c| conditions::end(c, ConditionKind::Paused, "", "the queue goes on", "operator"))
}

/// Runs `change` in a transaction of its own beside the daemon's.
pub(super) fn changed<T>(
    database: &Path,
    change: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let connection = open_existing(database)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let outcome = change(&connection)?;
    connection.execute_batch("COMMIT")?;
    Ok(outcome)
}
