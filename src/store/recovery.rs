//! What a start finds after a crash or an upgrade, and how it is put right: interrupted jobs, rows whose file is
//! gone. Each is audited. What the database refuses is set aside: a start goes on beside it.

use std::path::Path;

use const_format::formatcp;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::aside::{Aside, Thing};
use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{AT_ONCE, after, keep, millis, now};
use super::conditions::end_those_of_an_earlier_run;
use super::connection::{Store, open_to_read};
use super::deliveries::pending;
use super::delivery_attempt::Row;
use super::error::StoreError;
use super::jobs::{FILE_GONE, PAUSE_PER_ATTEMPT, about_instance, about_job, fail_job, never_ended};
use super::row_ids::{InstanceId, JobId, ObjectId, ReportId};
use super::states::{
    COMMITMENT_DUE, COMMITMENT_REQUESTED, DELIVERY_PENDING, IMAGE_ANALYSED, IMAGE_FAILED, IMAGE_REPORTED, JOB_QUEUED,
    JOB_RUNNING,
};
use super::studies::report_is_due;

/// A file that a row names.
#[derive(Debug, Clone)]
pub struct KnownFile {
    /// Below the state folder.
    pub file: String,
    /// Whose it is.
    pub owner: Owner,
}

/// The row that names a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A received image.
    Image(InstanceId),
    /// An object of a report.
    Object(ObjectId),
    /// The compressed form of an object: the object can do without it.
    Compressed,
}

impl Store {
    /// After a crash of the daemon nobody works on anything: running jobs are queued again after a pause, so that
    /// others get their turn before one that perhaps ended the daemon; the attempt counts, and one that was begun
    /// `most_attempts` times fails. (An orderly stop gives attempts back, [`Store::release_jobs_of`].) Everything
    /// else that waits is due now. The number of interrupted jobs.
    pub async fn recover_after_restart(&self, most_attempts: u32) -> Result<usize, StoreError> {
        let aside = self.aside.clone();
        self.write(move |c| {
            let running = rows(c, formatcp!("SELECT id FROM jobs WHERE state = {JOB_RUNNING} ORDER BY id"))?;
            let interrupted = running.len();
            aside.each(c, Thing::Job, running, |c, job| interrupt(c, job, most_attempts))?;
            shorten_pauses(c, &aside)?;
            make_deliveries_due(c, &aside)?;
            end_those_of_an_earlier_run(c)?;
            let detail = format!("{interrupted} interrupted jobs queued again");
            append(c, &Event { actor: "daemon".into(), detail, ..Event::of(EventKind::Daemon, Outcome::Started) })?;
            keep(c)?;
            Ok(interrupted)
        })
        .await
    }

    /// What an upgrade put right in rows that the version before had written: told once, in words.
    pub async fn tell_what_was_put_right(&self) -> Result<Vec<String>, StoreError> {
        self.write(|c| {
            let mut statement =
                c.prepare("SELECT study_instance_uid, sop_instance_uid, detail FROM put_right ORDER BY id")?;
            let told: Vec<(String, String, String)> = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?;
            let mut sentences = Vec::with_capacity(told.len());
            for (study, image, detail) in told {
                sentences.push(format!("image {image}: {detail}"));
                append(
                    c,
                    &Event {
                        event: EventKind::Upgrade,
                        actor: "daemon".into(),
                        study,
                        image,
                        outcome: Outcome::PutRight,
                        detail,
                    },
                )?;
            }
            c.execute("DELETE FROM put_right", [])?;
            Ok(sentences)
        })
        .await
    }

    /// The files that rows name: everything else in the spool is a left-over.
    pub async fn known_files(&self) -> Result<Vec<KnownFile>, StoreError> {
        self.read(known).await
    }

    /// A file that a row names is not there: what needs it fails with the remedy, or is made anew.
    pub async fn file_is_gone(&self, known: KnownFile) -> Result<(), StoreError> {
        let aside = self.aside.clone();
        self.write(move |c| {
            let gone = match known.owner {
                Owner::Image(id) => aside.one(c, Thing::ImageFile(id), |c| image_is_gone(c, id, &known.file)),
                Owner::Object(id) => aside.one(c, Thing::ObjectFile(id), |c| object_is_gone(c, id, &known.file)),
                Owner::Compressed => Ok(None),
            };
            gone.map(drop)
        })
        .await
    }

    /// Files that were arriving, and files without a row, were removed: their senders were never answered with Success.
    pub async fn record_left_overs(&self, arriving: usize, orphans: Vec<String>) -> Result<(), StoreError> {
        let arriving = (arriving > 0).then(|| format!("{arriving} files that were still arriving were removed"));
        let orphans = orphans.into_iter().map(|file| format!("{file} belonged to nothing and was removed"));
        let details: Vec<String> = arriving.into_iter().chain(orphans).collect();
        self.write(move |c| {
            details.into_iter().try_for_each(|detail| {
                let event = Event::of(EventKind::Recovery, Outcome::Removed);
                append(c, &Event { actor: "daemon".into(), detail, ..event })
            })
        })
        .await
    }
}

/// [`Store::known_files`] as another process than the daemon sees them.
pub fn known_files(database: &Path) -> Result<Vec<KnownFile>, StoreError> {
    known(&open_to_read(database)?)
}

fn known(c: &Connection) -> Result<Vec<KnownFile>, StoreError> {
    let mut statement = c.prepare(
        "SELECT file, 'image', id FROM instances WHERE file IS NOT NULL
         UNION ALL SELECT file, 'object', id FROM objects WHERE removed_at IS NULL
         UNION ALL SELECT compressed_file, 'compressed', id FROM objects WHERE removed_at IS NULL AND compressed_file IS NOT NULL",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        let owner = match row.get_ref(1)?.as_str()? {
            "image" => Owner::Image(row.get(2)?),
            "object" => Owner::Object(row.get(2)?),
            _ => Owner::Compressed,
        };
        Ok(KnownFile { file: row.get(0)?, owner })
    };
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}

fn rows<I: FromSql>(c: &Connection, query: &str) -> Result<Vec<I>, StoreError> {
    Ok(c.prepare(query)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The daemon went down while a worker had this job.
fn interrupt(c: &Connection, job: JobId, most_attempts: u32) -> Result<(), StoreError> {
    let attempts: u32 = c.query_row("SELECT attempts FROM jobs WHERE id = ?1", [job], |row| row.get(0))?;
    let event = |outcome, detail| Event { actor: "daemon".into(), detail, ..Event::of(EventKind::Attempt, outcome) };
    if attempts >= most_attempts {
        let reason = never_ended(attempts);
        return fail_job(c, job, &reason, event(Outcome::Failed, reason.clone()));
    }
    c.execute(
        formatcp!(
            "UPDATE jobs SET state = {JOB_QUEUED}, not_before = ?2, lease_until = NULL, worker = NULL WHERE id = ?1"
        ),
        params![job, after(c, PAUSE_PER_ATTEMPT * attempts)?],
    )?;
    let detail = format!("attempt {attempts} of {most_attempts}: the daemon went down meanwhile");
    append(c, &about_job(c, job, event(Outcome::WillRetry, detail))?)
}

/// No queued job waits for longer than its pause: a crash may have set the service clock back by a minute.
fn shorten_pauses(c: &Connection, aside: &Aside) -> Result<(), StoreError> {
    let waiting = rows(c, formatcp!("SELECT id FROM jobs WHERE state = {JOB_QUEUED} AND not_before > service_now()"))?;
    let pause = millis(PAUSE_PER_ATTEMPT);
    aside.each(c, Thing::Job, waiting, |c, job| {
        c.execute(
            "UPDATE jobs SET not_before = min(not_before, service_now() + attempts * ?2) WHERE id = ?1",
            params![job, pause],
        )?;
        Ok(())
    })
}

fn make_deliveries_due(c: &Connection, aside: &Aside) -> Result<(), StoreError> {
    let waiting = pending(c, "next_attempt_at > 0", &[])?;
    aside.each(c, Thing::Delivery, waiting, |c, id| {
        c.execute("UPDATE deliveries SET next_attempt_at = ?2 WHERE id = ?1", params![id, AT_ONCE])?;
        Ok(())
    })?;
    let uncommitted = rows(
        c,
        formatcp!(
            "SELECT id FROM deliveries WHERE commitment IN ({COMMITMENT_DUE}, {COMMITMENT_REQUESTED}) AND commitment_at > 0"
        ),
    )?;
    aside.each(c, Thing::Delivery, uncommitted, |c, id| {
        c.execute("UPDATE deliveries SET commitment_at = ?2 WHERE id = ?1", params![id, AT_ONCE])?;
        Ok(())
    })
}

fn image_is_gone(c: &Connection, instance: InstanceId, file: &str) -> Result<(), StoreError> {
    let event = |detail: String| Event {
        actor: "daemon".into(),
        detail,
        ..Event::of(EventKind::Recovery, Outcome::FileMissing)
    };
    append(c, &about_instance(c, instance, event(format!("{file} is not in the spool any more")))?)?;
    c.execute("UPDATE instances SET file = NULL WHERE id = ?1", [instance])?;
    let mut jobs = c.prepare(formatcp!("SELECT id FROM jobs WHERE instance_id = ?1 AND state = {JOB_QUEUED}"))?;
    let jobs: Vec<JobId> = jobs.query_map([instance], |row| row.get(0))?.collect::<Result<_, _>>()?;
    jobs.into_iter().try_for_each(|job| fail_job(c, job, FILE_GONE, event(FILE_GONE.to_owned())))?;
    // A report that is still to be written copies patient and study from the image.
    c.execute(
        formatcp!("UPDATE instances SET state = {IMAGE_FAILED}, reason = ?2 WHERE id = ?1 AND state = {IMAGE_ANALYSED}
           AND NOT EXISTS (SELECT 1 FROM report_images m JOIN reports r ON r.id = m.report_id WHERE m.instance_id = ?1 AND r.written_at IS NOT NULL)"),
        params![instance, FILE_GONE],
    )?;
    fail_pending(c, "instance_id = ?1", instance, FILE_GONE)
}

fn object_is_gone(c: &Connection, object: ObjectId, file: &str) -> Result<(), StoreError> {
    let (report, study, uid): (ReportId, String, String) = c.query_row(
        "SELECT r.id, s.study_instance_uid, o.sop_instance_uid FROM objects o JOIN reports r ON r.id = o.report_id
         JOIN studies s ON s.id = r.study_id WHERE o.id = ?1",
        [object],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    c.execute("UPDATE objects SET removed_at = ?2 WHERE id = ?1", params![object, now()])?;
    let waited: bool = c.query_row(
        formatcp!("SELECT EXISTS (SELECT 1 FROM deliveries WHERE object_id = ?1 AND state = {DELIVERY_PENDING})"),
        [object],
        |row| row.get(0),
    )?;
    let detail = if waited { "a new version of the report is written" } else { "it was delivered" };
    let (actor, detail) = ("daemon".into(), format!("{file} is not in the spool any more; {detail}"));
    append(c, &Event { event: EventKind::Recovery, actor, study, image: uid, outcome: Outcome::FileMissing, detail })?;
    if waited {
        fail_pending(c, "object_id = ?1", object, "the report's file is gone: a new version is written")?;
        // All of it is told anew, pictures too.
        c.execute("UPDATE report_images SET analysed_at = NULL WHERE report_id = ?1", [report])?;
        let images = "SELECT m.instance_id FROM report_images m JOIN instances i ON i.id = m.instance_id
                      WHERE m.report_id = ?1 AND i.file IS NOT NULL ORDER BY 1 LIMIT 1";
        if let Some(image) = c.query_row(images, [report], |row| row.get(0)).optional()? {
            report_is_due(c, image)?;
        }
        c.execute(formatcp!("UPDATE instances SET state = {IMAGE_ANALYSED} WHERE state = {IMAGE_REPORTED} AND file IS NOT NULL AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)"), [report])?;
    }
    Ok(())
}

fn fail_pending(c: &Connection, which: &str, id: impl ToSql, error: &str) -> Result<(), StoreError> {
    pending(c, which, &[&id])?.into_iter().try_for_each(|delivery| Row::read(c, delivery)?.failed(c, "", error))
}
