//! Leases: which job a worker gets, for how long, and how it comes back.

use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, params};

use super::aside::{Aside, Thing};
use super::audit::Event;
use super::audit_words::{EventKind, Outcome};
use super::clock::after;
use super::conditions::PAUSED;
use super::connection::Store;
use super::error::StoreError;
use super::jobs::{FILE_GONE, HELD, Job, Work, fail_job, never_ended, too_late};
use super::row_ids::{JobId, ReportId};
use super::states::{JOB_QUEUED, JOB_RUNNING};

impl Store {
    /// Leases the oldest job that is due, none while the queue is paused. A lease that runs out makes the job due
    /// again. A job that cannot be done because its file is gone, or that was begun `most_attempts` times and never
    /// ended, fails, and the next one is leased; one that the database refuses is set aside.
    pub async fn lease_job(
        &self,
        worker: &str,
        lease: Duration,
        most_attempts: u32,
    ) -> Result<Option<Job>, StoreError> {
        if self.until_next_job().await? != Some(Duration::ZERO) {
            return Ok(None);
        }
        let (worker, aside) = (worker.to_owned(), self.aside.clone());
        self.write(move |c| lease_first_due(c, &aside, &worker, lease, most_attempts)).await
    }

    /// Gives the lease of `job` to `holder` for another `lease`: its worker does not end although it was killed, and
    /// no other may be lost in the same way meanwhile. The job as `holder` has it.
    ///
    /// # Errors
    /// [`StoreError::TooLate`] when the job has been given to a newer attempt.
    pub async fn hold_job(&self, job: &Job, holder: &str, lease: Duration) -> Result<Job, StoreError> {
        let (job, holder) = (job.clone(), holder.to_owned());
        self.write(move |c| {
            let hold = format!("UPDATE jobs SET worker = ?4, lease_until = ?5 WHERE {HELD}");
            match c.execute(&hold, params![job.id, job.worker, job.attempt, holder, after(c, lease)?])? {
                0 => Err(too_late(&job)),
                _ => Ok(Job { worker: holder, ..job }),
            }
        })
        .await
    }

    /// Gives back, at no cost, what a worker that is stopped had.
    pub async fn release_jobs_of(&self, worker: &str) -> Result<(), StoreError> {
        let worker = worker.to_owned();
        self.write(move |c| {
            c.execute(formatcp!("UPDATE jobs SET state = {JOB_QUEUED}, attempts = attempts - 1, lease_until = NULL, worker = NULL WHERE state = {JOB_RUNNING} AND worker = ?1"), [worker])?;
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
                "UPDATE jobs SET state = {JOB_QUEUED}, attempts = attempts - 1, not_before = ?4, lease_until = NULL, worker = NULL WHERE {HELD}"
            );
            match c.execute(&back, params![job.id, job.worker, job.attempt, after(c, pause)?])? {
                0 => Err(too_late(&job)),
                _ => Ok(()),
            }
        })
        .await
    }
}

/// Leases the first job that is due and can be done: the oldest images first, their report before newer images, so
/// that nothing starves. What was given up by a worker comes before that.
fn lease_first_due(
    c: &Connection,
    aside: &Aside,
    worker: &str,
    lease: Duration,
    most_attempts: u32,
) -> Result<Option<Job>, StoreError> {
    let first = |which: &str| {
        let not_aside = "id NOT IN (SELECT value FROM json_each(?1))";
        let due = format!(
            "SELECT id FROM jobs WHERE {which} AND {not_aside} AND NOT {PAUSED} ORDER BY first_image, id LIMIT 1"
        );
        c.prepare_cached(&due)?.query_row([aside.rows(Thing::is_job)], |row| row.get::<_, JobId>(0)).optional()
    };
    loop {
        let given_up = first(formatcp!("state = {JOB_RUNNING} AND lease_until <= service_now()"))?;
        let due = given_up.map_or_else(
            || first(formatcp!("state = {JOB_QUEUED} AND not_before <= service_now()")),
            |job| Ok(Some(job)),
        )?;
        let Some(id) = due else { return Ok(None) };
        // Whatever is wrong with one job must not keep the others from being done.
        if let Some(Some(job)) = aside.one(c, Thing::Job(id), |c| lease_or_fail(c, id, worker, lease, most_attempts))? {
            return Ok(Some(job));
        }
    }
}

/// Leases this job, or fails it where it cannot be done.
fn lease_or_fail(
    c: &Connection,
    id: JobId,
    worker: &str,
    lease: Duration,
    most_attempts: u32,
) -> Result<Option<Job>, StoreError> {
    let fails = |reason: String| {
        let (actor, detail) = (worker.to_owned(), reason.clone());
        fail_job(c, id, &reason, Event { actor, detail, ..Event::of(EventKind::Attempt, Outcome::Failed) })
    };
    type Row = (u32, Option<ReportId>, Option<String>, Option<String>, String);
    let (attempts, report, file, image, study): Row = c
        .prepare_cached(
            "SELECT j.attempts, j.report_id, i.file, i.sop_instance_uid, coalesce(i.study_instance_uid, s.study_instance_uid)
             FROM jobs j LEFT JOIN instances i ON i.id = j.instance_id LEFT JOIN reports r ON r.id = j.report_id
             LEFT JOIN studies s ON s.id = r.study_id WHERE j.id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    if attempts >= most_attempts.max(1) {
        fails(never_ended(attempts))?;
        return Ok(None);
    }
    let work = match (report, file, image) {
        (Some(report), ..) => Work::Report { report },
        (None, Some(file), Some(image)) => Work::Analyse { file, image },
        _ => {
            fails(FILE_GONE.to_owned())?;
            return Ok(None);
        }
    };
    c.prepare_cached(formatcp!(
        "UPDATE jobs SET state = {JOB_RUNNING}, attempts = attempts + 1, lease_until = ?2, worker = ?3 WHERE id = ?1"
    ))?
    .execute(params![id, after(c, lease)?, worker])?;
    Ok(Some(Job { id, worker: worker.to_owned(), attempt: attempts + 1, study, work }))
}
