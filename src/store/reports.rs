//! Reports: planned when a study has settled, written once, never changed.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::clock::{after, before};
use super::connection::Store;
use super::error::StoreError;
use super::jobs::{Job, finish};
use super::{Timestamp, now};
use crate::analysis::Findings;
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
    /// The file, below the state folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl Store {
    /// Queues a report job for every study that has analysed images no report tells of, none that is
    /// still queued, no other report job, and has been quiet for `settle`; or whose first such image
    /// has waited for `settle_at_most`. The number of studies.
    pub async fn plan_reports(&self, settle: Duration, settle_at_most: Duration) -> Result<usize, StoreError> {
        let (quiet_since, overdue) = (before(settle), before(settle_at_most));
        let planned = self
            .write(move |c| {
                let mut statement = c.prepare_cached(
                    "SELECT study_instance_uid FROM instances i WHERE state = 'analysed'
                       AND NOT EXISTS (SELECT 1 FROM report_images m WHERE m.instance_id = i.id)
                       AND NOT EXISTS (SELECT 1 FROM reports r JOIN jobs j ON j.report_id = r.id
                                       WHERE r.study_instance_uid = i.study_instance_uid AND j.state IN ('queued', 'running'))
                     GROUP BY study_instance_uid
                     HAVING min(received_at) <= ?2
                         OR (NOT EXISTS (SELECT 1 FROM instances q WHERE q.study_instance_uid = i.study_instance_uid AND q.state = 'queued')
                             AND (SELECT max(received_at) FROM instances a WHERE a.study_instance_uid = i.study_instance_uid) <= ?1)",
                )?;
                let studies: Vec<String> = statement.query_map([quiet_since, overdue], |row| row.get(0))?.collect::<Result<_, _>>()?;
                studies.iter().try_for_each(|study| plan(c, study))?;
                Ok(studies.len())
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

    /// The report's objects are durable: they are due at each of `destinations` (name, time to give up).
    ///
    /// # Errors
    /// [`StoreError::TooLate`] when the job has been given to a newer attempt: the objects are not needed.
    pub async fn finish_report(
        &self,
        job: &Job,
        objects: Vec<NewObject>,
        destinations: Vec<(String, Duration)>,
    ) -> Result<(), StoreError> {
        let job = job.clone();
        self.write(move |c| {
            finish(c, &job)?;
            let (report, study): (i64, String) = c.query_row(
                "SELECT r.id, r.study_instance_uid FROM jobs j JOIN reports r ON r.id = j.report_id WHERE j.id = ?1",
                [job.id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let at = now();
            c.execute("UPDATE reports SET written_at = ?2 WHERE id = ?1", params![report, at])?;
            for object in &objects {
                c.execute(
                    "INSERT INTO objects (report_id, kind, sop_class_uid, sop_instance_uid, file, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![report, object.kind.name(), object.sop_class_uid.as_str(), object.sop_instance_uid.as_str(), object.file, object.sha256],
                )?;
                let id = c.last_insert_rowid();
                for (name, give_up) in &destinations {
                    c.execute(
                        "INSERT INTO deliveries (object_id, destination, state, next_attempt_at, deadline) VALUES (?1, ?2, 'pending', ?3, ?4)",
                        params![id, name, at, after(*give_up)],
                    )?;
                }
            }
            let names: Vec<_> = destinations.iter().map(|(name, _)| name.as_str()).collect();
            let detail = format!("{} objects, to be sent to {}", objects.len(), if names.is_empty() { "nobody".into() } else { names.join(", ") });
            append(c, &Event { event: "report", actor: job.worker, study, outcome: "written", detail, ..Event::default() })
        })
        .await?;
        self.deliveries.notify_waiters();
        Ok(())
    }
}

/// Fixes version, UIDs and time of a study's next report, and queues its job.
fn plan(c: &Connection, study: &str) -> Result<(), StoreError> {
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
    // Every image with findings, one whose earlier report failed too; of an image that came in several
    // revisions the newest one counts.
    c.execute(
        "INSERT INTO report_images SELECT ?1, id FROM instances i WHERE study_instance_uid = ?2 AND findings IS NOT NULL AND state <> 'skipped'
           AND revision = (SELECT max(revision) FROM instances n WHERE n.sop_instance_uid = i.sop_instance_uid AND n.findings IS NOT NULL)",
        params![report, study],
    )?;
    c.execute(
        "UPDATE instances SET state = 'analysed', reason = '' WHERE state = 'failed' AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1)",
        [report],
    )?;
    // Older revisions that wait would ask for a report for ever.
    c.execute(
        "UPDATE instances SET state = 'skipped', reason = 'a newer revision is reported' WHERE study_instance_uid = ?2 AND state = 'analysed'
           AND id NOT IN (SELECT instance_id FROM report_images WHERE report_id = ?1)",
        params![report, study],
    )?;
    c.execute(
        "INSERT INTO jobs (kind, report_id, state, not_before, created_at) VALUES ('report', ?1, 'queued', ?2, ?2)",
        params![report, at],
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
    )
}

/// SOP Class UID and SOP Instance UID of a report's structured reports, in the order they were written.
fn structured_reports(c: &Connection, report: i64) -> Result<Vec<(Uid, Uid)>, StoreError> {
    let uid = |text: String| Uid::new(&text).map_err(|e| StoreError::Unexpected(e.to_string()));
    let mut statement = c.prepare(
        "SELECT sop_class_uid, sop_instance_uid FROM objects WHERE report_id = ?1 AND kind = 'structured-report' ORDER BY id",
    )?;
    let rows = statement.query_map([report], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| row.map_err(StoreError::from).and_then(|(class, instance)| Ok((uid(class)?, uid(instance)?))))
        .collect()
}

fn input(c: &Connection, report: i64) -> Result<ReportInput, StoreError> {
    let uid = |text: String| Uid::new(&text).map_err(|e| StoreError::Unexpected(e.to_string()));
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
    let mut statement = c.prepare("SELECT i.file, i.findings FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE m.report_id = ?1 ORDER BY i.id")?;
    let rows: Vec<(Option<String>, Option<String>)> =
        statement.query_map([report], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let image = |(file, findings): (Option<String>, Option<String>)| match (file, findings) {
        (Some(file), Some(json)) => {
            let findings = serde_json::from_str(&json).map_err(|e| StoreError::Unexpected(format!("findings: {e}")))?;
            Ok(SourceImage { file, findings })
        }
        _ => Err(StoreError::Unexpected(format!("report {report} names an image that is gone"))),
    };
    let images = rows.into_iter().map(image).collect::<Result<_, _>>()?;
    let plan = ReportPlan {
        sop_instance_uid: uid(sop)?,
        series_instance_uid: uid(series)?,
        overlay_series_uid: uid(overlay)?,
        version,
        content_time,
        predecessor,
    };
    Ok(ReportInput { plan, images })
}
