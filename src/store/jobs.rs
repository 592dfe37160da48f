//! Jobs: leased to a worker, done, tried again or failed.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::clock::{after, due_now};
use super::conditions::PAUSED;
use super::connection::Store;
use super::error::StoreError;
use super::now;
use crate::analysis::Findings;

/// A job a worker has. Row, worker and attempt together name the lease: only its holder can end it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its row.
    pub id: i64,
    /// Who has it.
    pub worker: String,
    /// Which attempt this is, 1 the first.
    pub attempt: u32,
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
        report: i64,
    },
}

/// Pause before the next attempt of a job: two seconds for each attempt made.
const PAUSE_PER_ATTEMPT: Duration = Duration::from_secs(2);

/// The job `?1` as worker `?2` has it in attempt `?3`. One that ran out but was not given on still counts.
const HELD: &str = "id = ?1 AND worker = ?2 AND attempts = ?3 AND state = 'running'";
/// Why a job without a file has failed.
pub(super) const FILE_GONE: &str = "the image's file is gone: send the image again";

impl Store {
    /// Leases the oldest job that is due, none while the queue is paused; a lease that runs out makes the job due again. A job that
    /// cannot be done because its file is gone fails, and the next one is leased.
    pub async fn lease_job(&self, worker: &str, lease: Duration) -> Result<Option<Job>, StoreError> {
        let worker = worker.to_owned();
        self.write(move |c| take(c, &worker, lease)).await
    }

    /// Gives back, at no cost, what a worker that is stopped had.
    pub async fn release_jobs_of(&self, worker: &str) -> Result<(), StoreError> {
        let worker = worker.to_owned();
        self.write(move |c| {
            c.execute("UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_until = NULL, worker = NULL WHERE state = 'running' AND worker = ?1", [worker])?;
            Ok(())
        })
        .await
    }

    /// Gives back one job at no cost, due again after a pause: what went wrong says nothing about it.
    ///
    /// # Errors
    /// [`StoreError::TooLate`] when the job has been given to a newer attempt.
    pub async fn give_back(&self, job: &Job, pause: Duration) -> Result<(), StoreError> {
        let job = job.clone();
        self.write(move |c| {
            let back = format!(
                "UPDATE jobs SET state = 'queued', attempts = attempts - 1, not_before = ?4, lease_until = NULL, worker = NULL WHERE {HELD}"
            );
            match c.execute(&back, params![job.id, job.worker, job.attempt, after(pause)])? {
                0 => Err(too_late(&job)),
                _ => Ok(()),
            }
        })
        .await
    }

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
            finish(c, &job)?;
            let instance = instance_of(c, job.id)?;
            c.execute(
                "UPDATE instances SET state = 'analysed', reason = '', findings = ?2, analysed_at = ?3, report_failure = 0 WHERE id = ?1",
                params![instance, json, now()],
            )?;
            append(
                c,
                &about_instance(
                    c,
                    instance,
                    Event { event: "analysed", actor: job.worker, outcome: "success", detail, ..Event::default() },
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
        let (job, reason) = (job.clone(), reason.to_owned());
        self.write(move |c| {
            let held = format!("SELECT EXISTS (SELECT 1 FROM jobs WHERE {HELD})");
            if !c.query_row(&held, params![job.id, job.worker, job.attempt], |row| row.get(0))? {
                return Err(too_late(&job));
            }
            let Job { id, worker, attempt, .. } = job;
            let detail = format!("attempt {attempt} of {most_attempts}: {reason}");
            let event = |outcome| Event { event: "attempt", actor: worker, outcome, detail, ..Event::default() };
            if permanent || attempt >= most_attempts {
                c.execute(
                    "UPDATE instances SET report_failure = ?2 WHERE id = (SELECT instance_id FROM jobs WHERE id = ?1)",
                    params![id, report_failure],
                )?;
                return fail(c, id, &reason, event("failed"));
            }
            let due = after(PAUSE_PER_ATTEMPT * attempt);
            c.execute(
                "UPDATE jobs SET state = 'queued', reason = ?2, not_before = ?3, lease_until = NULL, worker = NULL WHERE id = ?1",
                params![id, reason, due],
            )?;
            append(c, &about_job(c, id, event("will retry"))?)
        })
        .await
    }
}

/// Leases the first job that is due and can be done: the oldest images first, their report before newer images, so
/// that nothing starves.
fn take(c: &Connection, worker: &str, lease: Duration) -> Result<Option<Job>, StoreError> {
    let due = |what: &str| {
        c.prepare_cached(&format!(
            "SELECT j.id, j.attempts, j.report_id, i.file, i.sop_instance_uid FROM jobs j LEFT JOIN instances i ON i.id = j.instance_id
             WHERE {what} AND NOT {PAUSED} ORDER BY j.first_image_at, j.id LIMIT 1"
        ))
    };
    let mut queued = due("j.state = 'queued' AND j.not_before <= ?1")?;
    let mut given_up = due("j.state = 'running' AND j.lease_until < ?1")?;
    loop {
        type Row = (i64, u32, Option<i64>, Option<String>, Option<String>);
        let at = due_now();
        let first = |due: &mut rusqlite::Statement<'_>| {
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
            due.query_row([&at], read).optional()
        };
        let row: Option<Row> = first(&mut given_up)?.map_or_else(|| first(&mut queued), |row| Ok(Some(row)))?;
        let Some((id, attempts, report, file, image)) = row else { return Ok(None) };
        let work = match (report, file, image) {
            (Some(report), ..) => Work::Report { report },
            (None, Some(file), Some(image)) => Work::Analyse { file, image },
            // One job that cannot be done must not keep the others from being done.
            _ => {
                let (actor, detail) = (worker.to_owned(), FILE_GONE.to_owned());
                let event = Event { event: "attempt", actor, outcome: "failed", detail, ..Event::default() };
                fail(c, id, FILE_GONE, event)?;
                continue;
            }
        };
        c.prepare_cached(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = ?2, worker = ?3 WHERE id = ?1",
        )?
        .execute(params![id, after(lease), worker])?;
        return Ok(Some(Job { id, worker: worker.to_owned(), attempt: attempts + 1, work }));
    }
}

/// Marks a job failed, and with it the images that now wait for a person.
pub(super) fn fail(c: &Connection, job: i64, reason: &str, event: Event) -> Result<(), StoreError> {
    c.execute(
        "UPDATE jobs SET state = 'failed', reason = ?2, finished_at = ?3, lease_until = NULL WHERE id = ?1",
        params![job, reason, now()],
    )?;
    c.execute(
        "UPDATE instances SET state = 'failed', reason = ?2 WHERE id = (SELECT instance_id FROM jobs WHERE id = ?1)",
        params![job, reason],
    )?;
    c.execute(
        "UPDATE instances SET state = 'failed', reason = 'the report cannot be written: ' || ?2 WHERE state = 'analysed'
           AND id IN (SELECT m.instance_id FROM report_images m JOIN jobs j ON j.report_id = m.report_id WHERE j.id = ?1)",
        params![job, reason],
    )?;
    append(c, &about_job(c, job, event)?)
}

/// Marks a job done, or refuses when its lease is another's by now.
pub(super) fn finish(c: &Connection, job: &Job) -> Result<(), StoreError> {
    let done =
        format!("UPDATE jobs SET state = 'done', reason = '', finished_at = ?4, lease_until = NULL WHERE {HELD}");
    match c.execute(&done, params![job.id, job.worker, job.attempt, now()])? {
        0 => Err(too_late(job)),
        _ => Ok(()),
    }
}

fn too_late(job: &Job) -> StoreError {
    StoreError::TooLate { job: job.id, worker: job.worker.clone(), attempt: job.attempt }
}

fn instance_of(c: &Connection, job: i64) -> Result<i64, StoreError> {
    let instance: Option<i64> = c.query_row("SELECT instance_id FROM jobs WHERE id = ?1", [job], |row| row.get(0))?;
    instance.ok_or_else(|| StoreError::Unexpected(format!("job {job} is about no image")))
}

/// The event with the UIDs of what a job is about filled in: of its image, or of its report's study.
fn about_job(c: &Connection, job: i64, event: Event) -> Result<Event, StoreError> {
    let uids = "SELECT coalesce(i.study_instance_uid, r.study_instance_uid), coalesce(i.sop_instance_uid, '') FROM jobs j
                LEFT JOIN instances i ON i.id = j.instance_id LEFT JOIN reports r ON r.id = j.report_id WHERE j.id = ?1";
    let (study, image) = c.prepare_cached(uids)?.query_row([job], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Event { study, image, ..event })
}

/// The event with the UIDs of an instance filled in.
pub(super) fn about_instance(c: &Connection, instance: i64, event: Event) -> Result<Event, StoreError> {
    let uids = "SELECT study_instance_uid, sop_instance_uid FROM instances WHERE id = ?1";
    let (study, image) = c.prepare_cached(uids)?.query_row([instance], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Event { study, image, ..event })
}
