//! Reports: planned when a study has settled, written once, never changed.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::clock::{before, due_now};
use super::connection::Store;
use super::deliveries::{Subject, insert};
use super::error::StoreError;
use super::jobs::{Job, finish};
use super::{Timestamp, now};
use crate::analysis::{Findings, ImageIdentity};
use crate::identifiers::Uid;
use crate::report::{ObjectKind, Predecessor};

/// What is fixed about a report before a worker writes it.
#[derive(Debug, Clone)]
pub struct ReportPlan {
    /// SOP Instance UID of the structured report.
    pub sop_instance_uid: Uid,
    /// Its series.
    pub series_instance_uid: Uid,
    /// Series of the overlay pictures.
    pub overlay_series_uid: Uid,
    /// 1, or more when images came later.
    pub version: u32,
    /// Content date and time.
    pub content_time: Timestamp,
    /// The version before.
    pub predecessor: Option<Predecessor>,
}

/// An image a report is made from.
#[derive(Debug, Clone)]
pub struct SourceImage {
    /// The file, below the state folder.
    pub file: String,
    /// What was found on it.
    pub findings: Findings,
}

/// Everything a worker needs to write a report.
#[derive(Debug, Clone)]
pub struct ReportInput {
    /// UIDs and times.
    pub plan: ReportPlan,
    /// The images, in the order they came.
    pub images: Vec<SourceImage>,
    /// Images of which the report says that their analysis failed.
    pub failed: Vec<FailedSource>,
}

/// An image without findings that a report tells of.
#[derive(Debug, Clone)]
pub struct FailedSource {
    /// The file, below the state folder.
    pub file: String,
    /// What was known of it when it came: no size and no pixel spacing.
    pub image: ImageIdentity,
    /// Why its analysis failed.
    pub reason: String,
}

/// A DICOM object of a report, durable in the spool.
#[derive(Debug, Clone)]
pub struct NewObject {
    /// What it is.
    pub kind: ObjectKind,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Its file.
    pub file: ObjectFile,
    /// The same image losslessly compressed.
    pub compressed: Option<ObjectFile>,
}

impl NewObject {
    /// Its files.
    pub fn files(&self) -> impl Iterator<Item = &ObjectFile> {
        std::iter::once(&self.file).chain(&self.compressed)
    }
}

/// A file of a report.
#[derive(Debug, Clone)]
pub struct ObjectFile {
    /// Below the state folder.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// Who gets a report.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// Name of the destination.
    pub name: String,
    /// Time to give up.
    pub give_up_after: Duration,
    /// SOP Class UID of the structured report it wants.
    pub report_class: String,
}

impl Store {
    /// Queues a report job for every study that has analysed images no report tells of, none that is
    /// still queued, no other report job, and has been quiet for `settle`; or whose first such image
    /// has waited for `settle_at_most`. Images whose failure is to be reported count as analysed ones. A
    /// study without any vertebra is skipped unless `no_vertebra_found`. The number of reports.
    pub async fn plan_reports(
        &self,
        settle: Duration,
        settle_at_most: Duration,
        no_vertebra_found: bool,
    ) -> Result<usize, StoreError> {
        let (quiet_since, overdue) = (before(settle), before(settle_at_most));
        let planned = self
            .write(move |c| {
                let mut statement = c.prepare_cached(
                    "SELECT study_instance_uid FROM instances i
                     WHERE (state = 'analysed' OR (state = 'failed' AND report_failure AND file IS NOT NULL))
                       AND NOT EXISTS (SELECT 1 FROM report_images m WHERE m.instance_id = i.id AND m.failed = (i.state = 'failed'))
                       AND NOT EXISTS (SELECT 1 FROM reports r JOIN jobs j ON j.report_id = r.id
                                       WHERE r.study_instance_uid = i.study_instance_uid AND j.state IN ('queued', 'running'))
                     GROUP BY study_instance_uid
                     HAVING min(queued_at) <= ?2
                         OR (NOT EXISTS (SELECT 1 FROM instances q WHERE q.study_instance_uid = i.study_instance_uid AND q.state = 'queued')
                             AND (SELECT max(queued_at) FROM instances a WHERE a.study_instance_uid = i.study_instance_uid) <= ?1)",
                )?;
                let studies: Vec<String> = statement.query_map([quiet_since, overdue], |row| row.get(0))?.collect::<Result<_, _>>()?;
                studies.iter().map(|study| plan(c, study, no_vertebra_found)).sum()
            })
            .await?;
        if planned > 0 {
            self.jobs.notify_waiters();
        }
        Ok(planned)
    }

    /// What a report is made from.
    pub async fn report_input(&self, report: i64) -> Result<ReportInput, StoreError> {
        self.write(move |c| input(c, report)).await
    }

    /// The report's objects are durable: they are due at each of `destinations`.
    ///
    /// # Errors
    /// [`StoreError::TooLate`] when the job has been given to a newer attempt: the objects are not needed.
    pub async fn finish_report(
        &self,
        job: &Job,
        objects: Vec<NewObject>,
        destinations: Vec<Addressee>,
    ) -> Result<(), StoreError> {
        let job = job.clone();
        self.write(move |c| {
            finish(c, &job)?;
            let (report, study): (i64, String) = c.query_row(
                "SELECT r.id, r.study_instance_uid FROM jobs j JOIN reports r ON r.id = j.report_id WHERE j.id = ?1",
                [job.id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            c.execute("UPDATE reports SET written_at = ?2 WHERE id = ?1", params![report, now()])?;
            for object in &objects {
                c.execute(
                    "INSERT INTO objects (report_id, kind, sop_class_uid, sop_instance_uid, file, sha256, compressed_file, compressed_sha256)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        report,
                        object.kind.name(),
                        object.sop_class_uid.as_str(),
                        object.sop_instance_uid.as_str(),
                        object.file.file,
                        object.file.sha256,
                        object.compressed.as_ref().map(|c| &c.file),
                        object.compressed.as_ref().map(|c| &c.sha256),
                    ],
                )?;
                let id = c.last_insert_rowid();
                for to in destinations.iter().filter(|to| is_for(object, to, &objects)) {
                    insert(c, Subject::Object(id), &to.name, to.give_up_after)?;
                }
            }
            let names: Vec<_> = destinations.iter().map(|to| to.name.as_str()).collect();
            let detail = format!("{} objects, to be sent to {}", objects.len(), if names.is_empty() { "nobody".into() } else { names.join(", ") });
            append(c, &Event { event: "report", actor: job.worker, study, outcome: "written", detail, ..Event::default() })
        })
        .await?;
        self.deliveries.notify_waiters();
        Ok(())
    }
}

/// Whether `to` gets `object`: of the structured reports only the one in its SOP class, or the first where none is
/// (the configuration has changed since the report was asked for).
fn is_for(object: &NewObject, to: &Addressee, objects: &[NewObject]) -> bool {
    if object.kind != ObjectKind::StructuredReport {
        return true;
    }
    let mut reports = objects.iter().filter(|o| o.kind == ObjectKind::StructuredReport);
    let wanted = reports.clone().find(|o| o.sop_class_uid.as_str() == to.report_class).or(reports.next());
    wanted.is_some_and(|wanted| wanted.sop_instance_uid == object.sop_instance_uid)
}

/// The images a study's next report tells of: each in its newest revision, analysed or with a failure to report.
const TOLD: &str = "study_instance_uid = ?1 AND state <> 'skipped'
   AND revision = (SELECT max(revision) FROM instances n WHERE n.sop_instance_uid = i.sop_instance_uid AND (n.findings IS NOT NULL OR n.report_failure))
   AND (findings IS NOT NULL OR (state = 'failed' AND report_failure AND file IS NOT NULL))";

/// Whether the study shows no vertebra although all of it could be analysed.
fn shows_no_vertebra(c: &Connection, study: &str) -> Result<bool, StoreError> {
    let shows = format!(
        "SELECT NOT EXISTS (SELECT 1 FROM instances i WHERE {TOLD} AND (findings IS NULL OR json_array_length(findings, '$.vertebrae') > 0))"
    );
    Ok(c.query_row(&shows, [study], |row| row.get(0))?)
}

/// Ends the images of a study that nobody wants a report of.
fn skip(c: &Connection, study: &str) -> Result<(), StoreError> {
    let reason = "no vertebra was found, and [report] no_vertebra_found is false";
    c.execute(
        "UPDATE instances SET state = 'skipped', reason = ?2 WHERE study_instance_uid = ?1 AND state = 'analysed'",
        [study, reason],
    )?;
    let (actor, study, detail) = ("planner".into(), study.into(), reason.into());
    append(c, &Event { event: "report", actor, study, outcome: "skipped", detail, ..Event::default() })
}

/// Fixes version, UIDs and time of a study's next report, and queues its job; the number of reports.
fn plan(c: &Connection, study: &str, no_vertebra_found: bool) -> Result<usize, StoreError> {
    if !no_vertebra_found && shows_no_vertebra(c, study)? {
        return skip(c, study).map(|()| 0);
    }
    let version: u32 = c.query_row(
        "SELECT coalesce(max(version), 0) + 1 FROM reports WHERE study_instance_uid = ?1",
        [study],
        |row| row.get(0),
    )?;
    let at = now();
    c.execute(
        "INSERT INTO reports (study_instance_uid, version, sop_instance_uid, series_instance_uid, overlay_series_uid, content_time) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![study, version, Uid::generate().as_str(), Uid::generate().as_str(), Uid::generate().as_str(), at],
    )?;
    let report = c.last_insert_rowid();
    // Every image with findings, one whose earlier report failed too.
    let told = format!(
        "INSERT INTO report_images (report_id, instance_id, failed) SELECT ?2, id, findings IS NULL FROM instances i WHERE {TOLD}"
    );
    c.execute(&told, params![study, report])?;
    c.execute(
        "UPDATE instances SET state = 'analysed', reason = '' WHERE state = 'failed'
           AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1 AND NOT failed)",
        [report],
    )?;
    // Older revisions that wait would ask for a report for ever.
    c.execute(
        "UPDATE instances SET state = 'skipped', reason = 'a newer revision is reported' WHERE study_instance_uid = ?2 AND state = 'analysed'
           AND id NOT IN (SELECT instance_id FROM report_images WHERE report_id = ?1)",
        params![report, study],
    )?;
    c.execute(
        "INSERT INTO jobs (kind, report_id, state, not_before, created_at, first_image_at) VALUES ('report', ?1, 'queued', ?2, ?3,
         (SELECT min(i.queued_at) FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE m.report_id = ?1))",
        params![report, due_now(), at],
    )?;
    let detail = format!("version {version}, the study has settled");
    append(
        c,
        &Event {
            event: "report",
            actor: "planner".into(),
            study: study.into(),
            outcome: "planned",
            detail,
            ..Event::default()
        },
    )?;
    Ok(1)
}

/// SOP Class UID and SOP Instance UID of a report's structured reports, in the order they were written.
fn structured_reports(c: &Connection, report: i64) -> Result<Vec<(Uid, Uid)>, StoreError> {
    let mut statement = c.prepare(
        "SELECT sop_class_uid, sop_instance_uid FROM objects WHERE report_id = ?1 AND kind = 'structured-report' ORDER BY id",
    )?;
    let rows = statement.query_map([report], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| row.map_err(StoreError::from).and_then(|(class, instance)| Ok((uid(class)?, uid(instance)?))))
        .collect()
}

fn input(c: &Connection, report: i64) -> Result<ReportInput, StoreError> {
    let (study, version, sop, series, overlay, content_time): (String, u32, String, String, String, String) = c.query_row(
        "SELECT study_instance_uid, version, sop_instance_uid, series_instance_uid, overlay_series_uid, content_time FROM reports WHERE id = ?1",
        [report],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    let before: Option<(i64, String)> = c
        .query_row(
            "SELECT id, series_instance_uid FROM reports WHERE study_instance_uid = ?1 AND version < ?2 AND written_at IS NOT NULL
             ORDER BY version DESC LIMIT 1",
            params![study, version],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let predecessor = before
        .map(|(id, series)| {
            Ok::<_, StoreError>(Predecessor { series_uid: uid(series)?, reports: structured_reports(c, id)? })
        })
        .transpose()?;
    let (images, failed) = (analysed_images(c, report)?, failed_images(c, report)?);
    let plan = ReportPlan {
        sop_instance_uid: uid(sop)?,
        series_instance_uid: uid(series)?,
        overlay_series_uid: uid(overlay)?,
        version,
        content_time,
        predecessor,
    };
    Ok(ReportInput { plan, images, failed })
}

/// The images of a report and what was found on them.
fn analysed_images(c: &Connection, report: i64) -> Result<Vec<SourceImage>, StoreError> {
    let mut statement = c.prepare(
        "SELECT i.file, i.findings FROM report_images m JOIN instances i ON i.id = m.instance_id
         WHERE m.report_id = ?1 AND NOT m.failed ORDER BY i.id",
    )?;
    let rows: Vec<(Option<String>, Option<String>)> =
        statement.query_map([report], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let image = |(file, findings): (Option<String>, Option<String>)| match (file, findings) {
        (Some(file), Some(json)) => {
            let findings = serde_json::from_str(&json).map_err(|e| StoreError::Unexpected(format!("findings: {e}")))?;
            Ok(SourceImage { file, findings })
        }
        _ => Err(gone(report)),
    };
    rows.into_iter().map(image).collect()
}

/// The images of a report whose analysis failed.
fn failed_images(c: &Connection, report: i64) -> Result<Vec<FailedSource>, StoreError> {
    let mut statement = c.prepare(
        "SELECT i.file, i.reason, i.sop_class_uid, i.sop_instance_uid, i.series_instance_uid, i.study_instance_uid, i.modality, i.body_part
         FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE m.report_id = ?1 AND m.failed ORDER BY i.id",
    )?;
    let mut rows = statement.query([report])?;
    let mut images = Vec::new();
    while let Some(row) = rows.next()? {
        let image = ImageIdentity {
            sop_class_uid: uid(row.get(2)?)?,
            sop_instance_uid: uid(row.get(3)?)?,
            series_instance_uid: uid(row.get(4)?)?,
            study_instance_uid: uid(row.get(5)?)?,
            modality: row.get(6)?,
            body_part: row.get(7)?,
            view_position: String::new(),
            patient_orientation: None,
            rows: 0,
            columns: 0,
            pixel_spacing: None,
        };
        let file = row.get::<_, Option<String>>(0)?.ok_or_else(|| gone(report))?;
        images.push(FailedSource { file, image, reason: row.get(1)? });
    }
    Ok(images)
}

fn gone(report: i64) -> StoreError {
    StoreError::Unexpected(format!("report {report} names an image that is gone"))
}

fn uid(text: String) -> Result<Uid, StoreError> {
    Uid::new(&text).map_err(|e| StoreError::Unexpected(e.to_string()))
}
