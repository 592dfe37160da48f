//! Planning: a study that has settled gets its report, one that goes on gets another version of it.

use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, params};

use super::aside::Thing;
use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::{AT_ONCE, ServiceTime, after, now};
use super::connection::Store;
use super::error::StoreError;
use super::row_ids::{ReportId, StudyId};
use super::states::{IMAGE_ANALYSED, IMAGE_FAILED, IMAGE_QUEUED, IMAGE_SKIPPED, JOB_QUEUED, JOB_RUNNING, JobKind};
use crate::identifiers::Uid;

/// When a study is reported.
#[derive(Debug, Clone, Copy)]
pub struct Settling {
    /// So long nothing has come of it.
    pub quiet: Duration,
    /// So long an image of it waits at most.
    pub at_most: Duration,
    /// Whether a study without any vertebra is reported.
    pub no_vertebra_found: bool,
}

/// Longest distance between two versions of a study's report. A UID that is used for everything gets a version an
/// hour then, not one for each image.
const LONGEST_DISTANCE: Duration = Duration::from_secs(3600);

impl Settling {
    /// From one version to the next. A late image does not wait; from the second version on the distance doubles, so
    /// that what is written grows with the images of a study and not with their square.
    fn distance_after(&self, version: u32) -> Duration {
        match version {
            0 | 1 => Duration::ZERO,
            more => self.at_most.saturating_mul(1 << (more - 2).min(20)).min(LONGEST_DISTANCE.max(self.at_most)),
        }
    }
}

impl Store {
    /// Queues a report job for every study of which something is to be told that no report tells, and which has no
    /// other report job, no image that is still queued, and has been quiet; or of which an image has waited for as
    /// long as it may. Versions keep a growing distance. The number of reports. A study that the database refuses is
    /// set aside.
    pub async fn plan_reports(&self, settling: Settling) -> Result<usize, StoreError> {
        let (quiet_since, overdue) = (self.clock.before(settling.quiet), self.clock.before(settling.at_most));
        let aside = self.aside.clone();
        let set_aside = aside.rows(Thing::is_study);
        let due = move |c: &Connection| due_studies(c, quiet_since, overdue, &set_aside);
        if self.read(due.clone()).await?.is_empty() {
            return Ok(0);
        }
        self.write(move |c| {
            let mut planned = 0;
            for study in due(c)? {
                planned += aside.one(c, Thing::Study(study), |c| plan(c, study, &settling))?.unwrap_or(0);
            }
            Ok(planned)
        })
        .await
    }
}

fn due_studies(
    c: &Connection,
    quiet_since: ServiceTime,
    overdue: ServiceTime,
    aside: &str,
) -> Result<Vec<StudyId>, StoreError> {
    let mut statement = c.prepare_cached(
        formatcp!("SELECT s.id FROM studies s
         WHERE s.report_due AND s.next_report_at <= service_now() AND s.id NOT IN (SELECT value FROM json_each(?3))
           AND (coalesce(s.waiting_since, 0) <= ?2
                OR (s.last_image_at <= ?1 AND NOT EXISTS (SELECT 1 FROM instances q WHERE q.study_id = s.id AND q.state = {IMAGE_QUEUED})))
           AND NOT EXISTS (SELECT 1 FROM reports r JOIN jobs j ON j.report_id = r.id WHERE r.study_id = s.id AND j.state IN ({JOB_QUEUED}, {JOB_RUNNING}))
         ORDER BY s.id"),
    )?;
    Ok(statement.query_map(params![quiet_since, overdue, aside], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The images a study's next report tells of: each in its newest revision, analysed or with a failure to report.
const TOLD: &str = formatcp!("study_id = ?1 AND state <> {IMAGE_SKIPPED} AND (findings IS NOT NULL OR (state = {IMAGE_FAILED} AND report_failure))
   AND revision = (SELECT max(revision) FROM instances n WHERE n.study_id = i.study_id AND n.series_instance_uid = i.series_instance_uid
                   AND n.sop_instance_uid = i.sop_instance_uid AND (n.findings IS NOT NULL OR n.report_failure))");

/// Whether the study shows no vertebra although all of it could be analysed.
fn shows_no_vertebra(c: &Connection, study: StudyId) -> Result<bool, StoreError> {
    let shows = format!(
        "SELECT NOT EXISTS (SELECT 1 FROM instances i WHERE {TOLD} AND (findings IS NULL OR json_array_length(findings, '$.vertebrae') > 0))"
    );
    Ok(c.query_row(&shows, [study], |row| row.get(0))?)
}

/// What the next version says is known: it waits again only for what is still queued.
fn is_planned(c: &Connection, study: StudyId, next_report_at: ServiceTime) -> Result<(), StoreError> {
    c.execute(
        formatcp!("UPDATE studies SET report_due = 0, next_report_at = ?2, waiting_since =
             (SELECT min(received_service_ms) FROM instances WHERE study_id = ?1 AND state = {IMAGE_QUEUED}) WHERE id = ?1"),
        params![study, next_report_at],
    )?;
    Ok(())
}

fn event(c: &Connection, study: StudyId, outcome: Outcome, detail: String) -> Result<(), StoreError> {
    let uid = c.query_row("SELECT study_instance_uid FROM studies WHERE id = ?1", [study], |row| row.get(0))?;
    append(c, &Event { actor: "planner".into(), study: uid, detail, ..Event::of(EventKind::Report, outcome) })
}

/// Ends the images of a study that nobody wants a report of.
fn skip(c: &Connection, study: StudyId) -> Result<(), StoreError> {
    let reason = "no vertebra was found, and [report] no_vertebra_found is false";
    c.execute(
        formatcp!(
            "UPDATE instances SET state = {IMAGE_SKIPPED}, reason = ?2 WHERE study_id = ?1 AND state = {IMAGE_ANALYSED}"
        ),
        params![study, reason],
    )?;
    is_planned(c, study, AT_ONCE)?;
    event(c, study, Outcome::Skipped, reason.into())
}

/// Fixes version, UIDs and time of a study's next report, and queues its job; the number of reports.
fn plan(c: &Connection, study: StudyId, settling: &Settling) -> Result<usize, StoreError> {
    if !settling.no_vertebra_found && shows_no_vertebra(c, study)? {
        return skip(c, study).map(|()| 0);
    }
    let version: u32 =
        c.query_row("SELECT coalesce(max(version), 0) + 1 FROM reports WHERE study_id = ?1", [study], |row| {
            row.get(0)
        })?;
    c.execute(
        "INSERT INTO reports (study_id, version, sop_instance_uid, series_instance_uid, overlay_series_uid, content_time) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![study, version, Uid::generate().as_str(), Uid::generate().as_str(), Uid::generate().as_str(), now()],
    )?;
    let report = ReportId(c.last_insert_rowid());
    // Every image with findings, one whose earlier report failed too.
    let told = format!(
        "INSERT INTO report_images (report_id, instance_id, failed, analysed_at)
         SELECT ?2, id, findings IS NULL, iif(findings IS NULL, NULL, analysed_at) FROM instances i WHERE {TOLD}"
    );
    let images = c.execute(&told, params![study, report])?;
    supersede(c, study, report)?;
    is_planned(c, study, after(c, settling.distance_after(version))?)?;
    if images == 0 {
        // What was to be told has been skipped or cancelled meanwhile.
        c.execute("DELETE FROM reports WHERE id = ?1", [report])?;
        return Ok(0);
    }
    // After the images that came before its own new ones: a study that goes on must not be the oldest for ever.
    c.execute(
        formatcp!("INSERT INTO jobs (kind, report_id, state, not_before, created_at, first_image) VALUES (?4, ?1, {JOB_QUEUED}, ?2, ?3,
         (SELECT coalesce(min(i.id) FILTER (WHERE i.state IN ({IMAGE_ANALYSED}, {IMAGE_FAILED})), max(i.id))
          FROM report_images m JOIN instances i ON i.id = m.instance_id WHERE m.report_id = ?1))"),
        params![report, AT_ONCE, now(), JobKind::Report],
    )?;
    event(c, study, Outcome::Planned, format!("version {version} of {images} images, the study has settled"))?;
    Ok(1)
}

/// What the report tells of waits for it; older revisions of that would wait for ever.
fn supersede(c: &Connection, study: StudyId, report: ReportId) -> Result<(), StoreError> {
    c.execute(
        formatcp!(
            "UPDATE instances SET state = {IMAGE_ANALYSED}, reason = '' WHERE state = {IMAGE_FAILED}
           AND id IN (SELECT instance_id FROM report_images WHERE report_id = ?1 AND NOT failed)"
        ),
        [report],
    )?;
    c.execute(
        formatcp!("UPDATE instances SET state = {IMAGE_SKIPPED}, reason = 'a newer revision is reported' WHERE study_id = ?2 AND state = {IMAGE_ANALYSED}
           AND id NOT IN (SELECT instance_id FROM report_images WHERE report_id = ?1)"),
        params![report, study],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::clock::millis;

    #[test]
    fn versions_keep_a_growing_distance() {
        let settling = Settling { quiet: Duration::ZERO, at_most: Duration::from_secs(60), no_vertebra_found: true };
        let seconds = |version| millis(settling.distance_after(version)) / 1000;
        assert_eq!([1, 2, 3, 4, 8, 9, 1000].map(seconds), [0, 60, 120, 240, 3600, 3600, 3600]);
    }
}
