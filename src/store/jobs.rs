//! Jobs: done, tried again or failed.

use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, params};

use super::aside::Thing;
use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{AT_ONCE, after, now};
use super::connection::Store;
use super::error::StoreError;
use super::row_ids::{InstanceId, JobId, ReportId};
use super::states::{
    IMAGE_ANALYSED, IMAGE_FAILED, IMAGE_QUEUED, JOB_DONE, JOB_FAILED, JOB_QUEUED, JOB_RUNNING, JobKind,
};
use super::studies::report_is_due;
use crate::findings::Findings;

/// A job a worker has. Row, worker and attempt together name the lease: only its holder can end it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its row.
    pub id: JobId,
    /// Who has it.
    pub worker: String,
    /// Which attempt this is, 1 the first.
    pub attempt: u32,
    /// Study Instance UID.
    pub study: String,
    /// What to do.
    pub work: Work,
}

/// What a job is about.
#[derive(Debug, Clone)]
pub enum Work {
    /// Analyse an image.
    Analyse {
        /// The file, below the state folder.
        file: String,
        /// SOP Instance UID.
        image: String,
    },
    /// Write a report.
    Report {
        /// Row of the report.
        report: ReportId,
    },
}

/// Pause before the next attempt of a job: two seconds for each attempt made.
pub(super) const PAUSE_PER_ATTEMPT: Duration = Duration::from_secs(2);

/// The job `?1` as worker `?2` has it in attempt `?3`. One that ran out but was not given on still counts.
pub(super) const HELD: &str = formatcp!("id = ?1 AND worker = ?2 AND attempts = ?3 AND state = {JOB_RUNNING}");
/// Why a job without a file has failed.
pub(super) const FILE_GONE: &str = "the image's file is gone: send the image again";

impl Store {
    /// The image of a job is analysed.
    ///
    /// # Errors
    /// [`StoreError::TooLate`] when the job has been given to a newer attempt.
    pub async fn finish_analysis(&self, job: &Job, findings: &Findings) -> Result<(), StoreError> {
        let json = serde_json::to_string(findings).map_err(|e| StoreError::Unexpected(e.to_string()))?;
        let bundle = &findings.bundle;
        let detail = format!(
            "{} vertebrae by bundle {} {} (sha256 {})",
            findings.vertebrae.len(),
            bundle.name,
            bundle.version,
            bundle.digest
        );
        let job = job.clone();
        self.write(move |c| {
            finish_job(c, &job)?;
            let instance = instance_of(c, job.id)?;
            c.execute(
                formatcp!("UPDATE instances SET state = {IMAGE_ANALYSED}, reason = '', findings = ?2, analysed_at = ?3, report_failure = 0 WHERE id = ?1"),
                params![instance, json, now()],
            )?;
            report_is_due(c, instance)?;
            append(
                c,
                &about_instance(
                    c,
                    instance,
                    Event { actor: job.worker, detail, ..Event::of(EventKind::Analysed, Outcome::Success) },
                )?,
            )
        })
        .await
    }

    /// An attempt did not succeed: the job is queued again after a pause or, when `permanent` or at
    /// the last attempt, failed with its reason. `report_failure`: whether the study's report shall then
    /// say that the image's analysis failed.
    ///
    /// # Errors
    /// [`StoreError::TooLate`] when the job has been given to a newer attempt.
    pub async fn fail_attempt(
        &self,
        job: &Job,
        reason: &str,
        permanent: bool,
        most_attempts: u32,
        report_failure: bool,
    ) -> Result<(), StoreError> {
        let (job, reason, aside) = (job.clone(), reason.to_owned(), self.aside.clone());
        let thing = Thing::Job(job.id);
        let fail_attempt = move |c: &Connection| {
            let held = format!("SELECT EXISTS (SELECT 1 FROM jobs WHERE {HELD})");
            if !c.query_row(&held, params![job.id, job.worker, job.attempt], |row| row.get(0))? {
                return Err(too_late(&job));
            }
            let Job { id, worker, attempt, .. } = job;
            let detail = format!("attempt {attempt} of {most_attempts}: {reason}");
            let event = |outcome| Event { actor: worker, detail, ..Event::of(EventKind::Attempt, outcome) };
            if permanent || attempt >= most_attempts {
                c.execute(
                    "UPDATE instances SET report_failure = ?2 WHERE id = (SELECT instance_id FROM jobs WHERE id = ?1)",
                    params![id, report_failure],
                )?;
                fail_job(c, id, &reason, event(Outcome::Failed))?;
                let image: Option<InstanceId> =
                    c.query_row("SELECT instance_id FROM jobs WHERE id = ?1", [id], |row| row.get(0))?;
                return image.filter(|_| report_failure).map_or(Ok(()), |image| report_is_due(c, image));
            }
            let due = after(c, PAUSE_PER_ATTEMPT * attempt)?;
            c.execute(
                formatcp!("UPDATE jobs SET state = {JOB_QUEUED}, reason = ?2, not_before = ?3, lease_until = NULL, worker = NULL WHERE id = ?1"),
                params![id, reason, due],
            )?;
            append(c, &about_job(c, id, event(Outcome::WillRetry))?)
        };
        self.write(move |c| aside.one(c, thing, fail_attempt).map(drop)).await
    }
}

/// Queues the analysis of an image, anew where it was queued before.
pub(super) fn queue_analysis(c: &Connection, instance: InstanceId) -> Result<(), StoreError> {
    c.execute(formatcp!("UPDATE instances SET state = {IMAGE_QUEUED}, reason = '' WHERE id = ?1"), [instance])?;
    let again = c
        .prepare_cached(
            formatcp!("UPDATE jobs SET state = {JOB_QUEUED}, attempts = 0, reason = '', not_before = ?2, lease_until = NULL, worker = NULL, finished_at = NULL
             WHERE instance_id = ?1"),
        )?
        .execute(params![instance, AT_ONCE])?;
    if again == 0 {
        c.prepare_cached(
            formatcp!("INSERT INTO jobs (kind, instance_id, state, not_before, created_at, first_image) VALUES (?4, ?1, {JOB_QUEUED}, ?2, ?3, ?1)"),
        )?
        .execute(params![instance, AT_ONCE, now(), JobKind::Analyse])?;
    }
    Ok(())
}

/// Why a job has failed that was begun as often as allowed, and of which nobody heard again.
pub(super) fn never_ended(attempts: u32) -> String {
    format!("it was begun {attempts} times and never ended: worker or daemon went down with it each time")
}

/// Marks a job failed, and with it the images that now wait for a person.
pub(super) fn fail_job(c: &Connection, job: JobId, reason: &str, event: Event) -> Result<(), StoreError> {
    c.execute(
        formatcp!("UPDATE jobs SET state = {JOB_FAILED}, reason = ?2, finished_at = ?3, lease_until = NULL, worker = NULL WHERE id = ?1"),
        params![job, reason, now()],
    )?;
    c.execute(
        formatcp!("UPDATE instances SET state = {IMAGE_FAILED}, reason = ?2 WHERE id = (SELECT instance_id FROM jobs WHERE id = ?1)"),
        params![job, reason],
    )?;
    c.execute(
        formatcp!("UPDATE instances SET state = {IMAGE_FAILED}, reason = 'the report cannot be written: ' || ?2 WHERE state = {IMAGE_ANALYSED}
           AND id IN (SELECT m.instance_id FROM report_images m JOIN jobs j ON j.report_id = m.report_id WHERE j.id = ?1)"),
        params![job, reason],
    )?;
    append(c, &about_job(c, job, event)?)
}

/// Marks a job done, or refuses when its lease is another's by now.
pub(super) fn finish_job(c: &Connection, job: &Job) -> Result<(), StoreError> {
    let done =
        format!("UPDATE jobs SET state = {JOB_DONE}, reason = '', finished_at = ?4, lease_until = NULL WHERE {HELD}");
    match c.execute(&done, params![job.id, job.worker, job.attempt, now()])? {
        0 => Err(too_late(job)),
        _ => Ok(()),
    }
}

pub(super) fn too_late(job: &Job) -> StoreError {
    StoreError::TooLate { job: job.id, worker: job.worker.clone(), attempt: job.attempt }
}

fn instance_of(c: &Connection, job: JobId) -> Result<InstanceId, StoreError> {
    let instance: Option<InstanceId> =
        c.query_row("SELECT instance_id FROM jobs WHERE id = ?1", [job], |row| row.get(0))?;
    instance.ok_or_else(|| StoreError::Unexpected(format!("job {job} is about no image")))
}

/// The event with the UIDs of what a job is about filled in: of its image, or of its report's study.
pub(super) fn about_job(c: &Connection, job: JobId, event: Event) -> Result<Event, StoreError> {
    let uids =
        "SELECT coalesce(i.study_instance_uid, s.study_instance_uid), coalesce(i.sop_instance_uid, '') FROM jobs j
                LEFT JOIN instances i ON i.id = j.instance_id LEFT JOIN reports r ON r.id = j.report_id
                LEFT JOIN studies s ON s.id = r.study_id WHERE j.id = ?1";
    let (study, image) = c.prepare_cached(uids)?.query_row([job], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Event { study, image, ..event })
}

/// The event with the UIDs of an instance filled in.
pub(super) fn about_instance(c: &Connection, instance: InstanceId, event: Event) -> Result<Event, StoreError> {
    let uids = "SELECT study_instance_uid, sop_instance_uid FROM instances WHERE id = ?1";
    let (study, image) = c.prepare_cached(uids)?.query_row([instance], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Event { study, image, ..event })
}
