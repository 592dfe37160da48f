//! Jobs: leased to a worker, done, tried again or failed.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::clock::after;
use super::connection::Store;
use super::error::StoreError;
use super::now;
use crate::analysis::Findings;

/// A job a worker has.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its row.
    pub id: i64,
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

impl Store {
    /// Leases the oldest job that is due; a lease that runs out makes the job due again.
    pub async fn lease_job(&self, worker: &str, lease: Duration) -> Result<Option<Job>, StoreError> {
        let worker = worker.to_owned();
        self.write(move |c| {
            let row = c
                .prepare_cached(
                    "SELECT j.id, j.attempts, j.report_id, i.file, i.sop_instance_uid FROM jobs j LEFT JOIN instances i ON i.id = j.instance_id
                     WHERE (j.state = 'queued' AND j.not_before <= ?1) OR (j.state = 'running' AND j.lease_until < ?1)
                     ORDER BY j.kind = 'analyse', j.id LIMIT 1",
                )?
                .query_row([now()], |row| {
                    Ok((row.get(0)?, row.get::<_, u32>(1)?, row.get::<_, Option<i64>>(2)?, row.get::<_, Option<String>>(3)?, row.get::<_, Option<String>>(4)?))
                })
                .optional()?;
            let Some((id, attempts, report, file, image)) = row else { return Ok(None) };
            let work = match (report, file, image) {
                (Some(report), ..) => Work::Report { report },
                (None, Some(file), Some(image)) => Work::Analyse { file, image },
                _ => return Err(StoreError::Unexpected(format!("job {id} is about nothing that is here"))),
            };
            c.prepare_cached("UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = ?2, worker = ?3 WHERE id = ?1")?
                .execute(params![id, after(lease), worker])?;
            Ok(Some(Job { id, attempt: attempts + 1, work }))
        })
        .await
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

    /// After a crash of the daemon nobody works on anything: running jobs are queued again at no cost.
    pub async fn recover_after_restart(&self) -> Result<usize, StoreError> {
        self.write(|c| {
            let count = c.execute("UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_until = NULL, worker = NULL WHERE state = 'running'", [])?;
            append(c, &Event { event: "daemon", actor: "daemon".into(), outcome: "started", detail: format!("{count} interrupted jobs queued again"), ..Event::default() })?;
            Ok(count)
        })
        .await
    }

    /// The image of a job is analysed.
    pub async fn finish_analysis(&self, job: i64, worker: &str, findings: &Findings) -> Result<(), StoreError> {
        let json = serde_json::to_string(findings).map_err(|e| StoreError::Unexpected(e.to_string()))?;
        let bundle = &findings.bundle;
        let detail = format!(
            "{} vertebrae by bundle {} {} (sha256 {})",
            findings.vertebrae.len(),
            bundle.name,
            bundle.version,
            bundle.digest
        );
        let worker = worker.to_owned();
        self.write(move |c| {
            if !finish(c, job)? {
                return Ok(());
            }
            let instance = instance_of(c, job)?;
            c.execute(
                "UPDATE instances SET state = 'analysed', reason = '', findings = ?2, analysed_at = ?3 WHERE id = ?1",
                params![instance, json, now()],
            )?;
            append(
                c,
                &about_instance(
                    c,
                    instance,
                    Event { event: "analysed", actor: worker, outcome: "success", detail, ..Event::default() },
                )?,
            )
        })
        .await
    }

    /// An attempt did not succeed: the job is queued again after a pause or, when `permanent` or at
    /// the last attempt, failed with its reason.
    pub async fn fail_attempt(
        &self,
        job: i64,
        worker: &str,
        reason: &str,
        permanent: bool,
        most_attempts: u32,
    ) -> Result<(), StoreError> {
        let (worker, reason) = (worker.to_owned(), reason.to_owned());
        self.write(move |c| {
            let attempts: Option<u32> = c.query_row("SELECT attempts FROM jobs WHERE id = ?1 AND state = 'running'", [job], |row| row.get(0)).optional()?;
            let Some(attempts) = attempts else { return Ok(()) };
            let last = permanent || attempts >= most_attempts;
            if last {
                c.execute("UPDATE jobs SET state = 'failed', reason = ?2, finished_at = ?3, lease_until = NULL WHERE id = ?1", params![job, reason, now()])?;
            } else {
                let due = after(PAUSE_PER_ATTEMPT * attempts);
                c.execute("UPDATE jobs SET state = 'queued', reason = ?2, not_before = ?3, lease_until = NULL, worker = NULL WHERE id = ?1", params![job, reason, due])?;
            }
            let outcome = if last { "failed" } else { "will retry" };
            let event = Event { event: "attempt", actor: worker, outcome, detail: format!("attempt {attempts} of {most_attempts}: {reason}"), ..Event::default() };
            match instance_of(c, job) {
                Ok(instance) => {
                    if last {
                        c.execute("UPDATE instances SET state = 'failed', reason = ?2 WHERE id = ?1", params![instance, reason])?;
                    }
                    append(c, &about_instance(c, instance, event)?)
                }
                Err(_) => {
                    let (report, study): (i64, String) = c.query_row(
                        "SELECT r.id, r.study_instance_uid FROM jobs j JOIN reports r ON r.id = j.report_id WHERE j.id = ?1",
                        [job],
                        |row| Ok((row.get(0)?, row.get(1)?)),
                    )?;
                    if last {
                        c.execute(
                            "UPDATE instances SET state = 'failed', reason = 'the report cannot be written: ' || ?2
                             WHERE state = 'analysed' AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)",
                            params![report, reason],
                        )?;
                    }
                    append(c, &Event { study, ..event })
                }
            }
        })
        .await
    }
}

/// Marks a running job done; false when it is no longer running (its lease went to another worker).
pub(super) fn finish(c: &Connection, job: i64) -> Result<bool, StoreError> {
    let changed = c.execute("UPDATE jobs SET state = 'done', reason = '', finished_at = ?2, lease_until = NULL WHERE id = ?1 AND state = 'running'", params![job, now()])?;
    Ok(changed == 1)
}

fn instance_of(c: &Connection, job: i64) -> Result<i64, StoreError> {
    let instance: Option<i64> = c.query_row("SELECT instance_id FROM jobs WHERE id = ?1", [job], |row| row.get(0))?;
    instance.ok_or_else(|| StoreError::Unexpected(format!("job {job} is about no image")))
}

/// The event with the UIDs of an instance filled in.
pub(super) fn about_instance(c: &Connection, instance: i64, event: Event) -> Result<Event, StoreError> {
    let uids = "SELECT study_instance_uid, sop_instance_uid FROM instances WHERE id = ?1";
    let (study, image) = c.prepare_cached(uids)?.query_row([instance], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Event { study, image, ..event })
}
