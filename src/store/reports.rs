//! Reports: written once, never changed; what they are made from, and who gets them.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{Timestamp, now};
use super::connection::Store;
use super::deliveries::{Subject, insert};
use super::error::StoreError;
use super::jobs::{Job, finish_job};
use super::reported::complete;
use super::row_ids::{ObjectId, ReportId, StudyId};
use crate::findings::{Findings, ImageIdentity, ObjectKind, Predecessor, StudyTriage};
use crate::identifiers::Uid;

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
    /// 1, or more for another patient under the same Study Instance UID.
    pub patient_number: u32,
    /// Content date and time.
    pub content_time: Timestamp,
    /// The version before.
    pub predecessor: Option<Predecessor>,
}

/// An image a report is made from.
#[derive(Debug, Clone)]
pub struct SourceImage {
    /// The file, below the state folder; `None` when it was deleted as past `keep_days`.
    pub file: Option<String>,
    /// What was found on it.
    pub findings: Findings,
    /// Whether the version before tells of the same findings.
    pub told: bool,
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
    /// The file, below the state folder; `None` when it was deleted as past `keep_days`.
    pub file: Option<String>,
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
    /// What a report is made from.
    pub async fn report_input(&self, report: ReportId) -> Result<ReportInput, StoreError> {
        self.read(move |c| input(c, report)).await
    }

    /// The report's objects are durable: they are due at each of `destinations`. What it says of the study is written
    /// down and given back; `None` of a bundle without operating points.
    ///
    /// # Errors
    /// [`StoreError::TooLate`] when the job has been given to a newer attempt: the objects are not needed.
    pub async fn finish_report(
        &self,
        job: &Job,
        objects: Vec<NewObject>,
        destinations: Vec<Addressee>,
    ) -> Result<Option<StudyTriage>, StoreError> {
        let job = job.clone();
        self.write(move |c| {
            finish_job(c, &job)?;
            let (report, study): (ReportId, String) = c.query_row(
                "SELECT r.id, s.study_instance_uid FROM jobs j JOIN reports r ON r.id = j.report_id JOIN studies s ON s.id = r.study_id WHERE j.id = ?1",
                [job.id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let result = ReportResult::of(&analysed_images(c, report, None)?);
            let json = result.as_ref().map(serde_json::to_string).transpose();
            let json = json.map_err(|e| StoreError::Unexpected(format!("the result of a study: {e}")))?;
            c.execute(
                "UPDATE reports SET written_at = ?2, written_service_ms = service_now(), triage = ?3 WHERE id = ?1",
                params![report, now(), json],
            )?;
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
                let id = ObjectId(c.last_insert_rowid());
                for to in destinations.iter().filter(|to| is_for(object, to, &objects)) {
                    insert(c, Subject::Object(id), &to.name, to.give_up_after)?;
                }
            }
            let names: Vec<_> = destinations.iter().map(|to| to.name.as_str()).collect();
            let says = result.as_ref().map_or("no operating point", |result| result.study.result.words());
            let to = if names.is_empty() { "nobody".into() } else { names.join(", ") };
            let detail = format!("{says}; {} objects, to be sent to {to}", objects.len());
            append(c, &Event { actor: job.worker, study, detail, ..Event::of(EventKind::Report, Outcome::Written) })?;
            // One that is for nobody waits for nobody.
            complete(c, report)?;
            Ok(result.map(|result| result.study))
        })
        .await
    }
}

/// What a report says of its study, and by which operating points.
#[derive(Serialize)]
struct ReportResult {
    study: StudyTriage,
    /// Probabilities of the study from which it is called.
    sensitive: f64,
    specific: f64,
    bundle: String,
    bundle_version: String,
    bundle_digest: String,
}

impl ReportResult {
    fn of(images: &[SourceImage]) -> Option<Self> {
        let films: Vec<&Findings> = images.iter().map(|image| &image.findings).collect();
        let study = Findings::triage_of(&films)?;
        let bundle = &films.last()?.bundle;
        let triage = bundle.triage.as_ref()?;
        Some(Self {
            study,
            sensitive: triage.sensitive.study,
            specific: triage.specific.study,
            bundle: bundle.name.clone(),
            bundle_version: bundle.version.clone(),
            bundle_digest: bundle.digest.clone(),
        })
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

/// SOP Class UID and SOP Instance UID of a report's structured reports, in the order they were written.
fn structured_reports(c: &Connection, report: ReportId) -> Result<Vec<(Uid, Uid)>, StoreError> {
    let mut statement = c.prepare(
        "SELECT sop_class_uid, sop_instance_uid FROM objects WHERE report_id = ?1 AND kind = 'structured-report' ORDER BY id",
    )?;
    let rows = statement.query_map([report], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn input(c: &Connection, report: ReportId) -> Result<ReportInput, StoreError> {
    type Plan = (StudyId, u32, u32, Uid, Uid, Uid, String);
    let (study, patient_number, version, sop, series, overlay, content_time): Plan = c.query_row(
        "SELECT s.id, s.patient_number, r.version, r.sop_instance_uid, r.series_instance_uid, r.overlay_series_uid, r.content_time
         FROM reports r JOIN studies s ON s.id = r.study_id WHERE r.id = ?1",
        [report],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?)),
    )?;
    let before: Option<(ReportId, Uid)> = c
        .query_row(
            "SELECT id, series_instance_uid FROM reports WHERE study_id = ?1 AND version < ?2 AND written_at IS NOT NULL
             ORDER BY version DESC LIMIT 1",
            params![study, version],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let (images, failed) = (analysed_images(c, report, before.as_ref().map(|(id, _)| *id))?, failed_images(c, report)?);
    let predecessor = before
        .map(|(id, series)| {
            let images = "SELECT count(*) FROM report_images WHERE report_id = ?1 AND NOT failed";
            let images = c.query_row(images, [id], |row| row.get(0))?;
            Ok::<_, StoreError>(Predecessor { series_uid: series, reports: structured_reports(c, id)?, images })
        })
        .transpose()?;
    let plan = ReportPlan {
        sop_instance_uid: sop,
        series_instance_uid: series,
        overlay_series_uid: overlay,
        version,
        patient_number,
        content_time,
        predecessor,
    };
    Ok(ReportInput { plan, images, failed })
}

/// The images of a report and what was found on them, and whether the report `before` tells of the same analysis.
fn analysed_images(c: &Connection, report: ReportId, before: Option<ReportId>) -> Result<Vec<SourceImage>, StoreError> {
    let mut statement = c.prepare(
        "SELECT i.file, i.findings, coalesce(b.analysed_at = i.analysed_at, 0) FROM report_images m JOIN instances i ON i.id = m.instance_id
         LEFT JOIN report_images b ON b.report_id = ?2 AND b.instance_id = i.id AND NOT b.failed
         WHERE m.report_id = ?1 AND NOT m.failed ORDER BY i.id",
    )?;
    let rows: Vec<(Option<String>, Option<String>, bool)> = statement
        .query_map(params![report, before], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let image = |(file, findings, told): (Option<String>, Option<String>, bool)| {
        let json = findings
            .ok_or_else(|| StoreError::Unexpected(format!("report {report} names an image without findings")))?;
        let findings = serde_json::from_str(&json).map_err(|e| StoreError::Unexpected(format!("findings: {e}")))?;
        Ok(SourceImage { file, findings, told })
    };
    rows.into_iter().map(image).collect()
}

/// The images of a report whose analysis failed.
fn failed_images(c: &Connection, report: ReportId) -> Result<Vec<FailedSource>, StoreError> {
    let mut statement = c.prepare(
        "SELECT i.file, i.reason, i.sop_class_uid, i.sop_instance_uid, i.series_instance_uid, i.study_instance_uid, i.modality, i.body_part
         FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE m.report_id = ?1 AND m.failed ORDER BY i.id",
    )?;
    let mut rows = statement.query([report])?;
    let mut images = Vec::new();
    while let Some(row) = rows.next()? {
        let image = ImageIdentity {
            sop_class_uid: row.get(2)?,
            sop_instance_uid: row.get(3)?,
            series_instance_uid: row.get(4)?,
            study_instance_uid: row.get(5)?,
            modality: row.get(6)?,
            body_part: row.get(7)?,
            view_position: String::new(),
            patient_orientation: None,
            rows: 0,
            columns: 0,
            pixel_spacing: None,
            spacing_refused: None,
        };
        images.push(FailedSource { file: row.get(0)?, image, reason: row.get(1)? });
    }
    Ok(images)
}
