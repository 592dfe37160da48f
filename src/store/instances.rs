//! Received images: recorded once, with their job, before Success leaves.
//!
//! An object is itself by patient, study, series, SOP Instance UID and content. All the same: it is here already;
//! what has been left out or lost is made up for. Other content: a new revision, even where it is an earlier one's
//! again. The same SOP Instance UID elsewhere, or another patient under the study's UID: an object of its own.

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::now;
use super::connection::Store;
use super::deliveries::pass_on;
use super::error::StoreError;
use super::jobs::queue_analysis;
use super::new_instance::{NewInstance, Recorded};
use super::refused::close_refused;
use super::row_ids::InstanceId;
use super::states::{IMAGE_FAILED, IMAGE_SKIPPED, ImageState, JOB_CANCELLED, JOB_FAILED};
use super::studies::{self, Study, image_has_come};
use crate::identifiers::Uid;

impl Store {
    /// Records a received image, its job, whom it is passed on to and its audit row in one transaction. The same
    /// object with the same content is a duplicate: selection is asked again where it said no, its sender's
    /// destinations get it again, and one that has failed is taken anew. What differs is kept and audited as a
    /// conflict.
    pub async fn record_instance(&self, new: NewInstance) -> Result<Recorded, StoreError> {
        let recorded = self.write(move |c| record(c, &new)).await?;
        Ok(recorded)
    }

    /// The Device UID of this installation, made at the first start.
    pub async fn device_uid(&self) -> Result<Uid, StoreError> {
        self.write(|c| {
            let known: Option<String> =
                c.query_row("SELECT device_uid FROM installation", [], |row| row.get(0)).optional()?;
            if let Some(text) = known {
                return Uid::new(&text).map_err(|e| StoreError::Unexpected(e.to_string()));
            }
            let uid = Uid::generate();
            c.execute("INSERT INTO installation VALUES (?1, ?2)", params![uid.as_str(), now()])?;
            Ok(uid)
        })
        .await
    }
}

/// The newest revision of an object that is here.
struct Newest {
    id: InstanceId,
    revision: u32,
    sha256: String,
    has_file: bool,
    /// Its analysis or its report has failed, or its file was lost before: sending it again is the remedy.
    has_failed: bool,
    /// Selection has left it out, and no operator.
    is_left_out: bool,
}

fn record(c: &Connection, new: &NewInstance) -> Result<Recorded, StoreError> {
    let study = studies::of_patient(c, &new.study_instance_uid, &new.patient)?;
    let newest = newest(c, &study, new)?;
    let recorded = match newest {
        Some(known) if known.sha256 == new.sha256 => come_again(c, new, &known)?,
        other => keep(c, new, &study, other.as_ref())?,
    };
    close_refused(c, new)?;
    Ok(recorded)
}

fn newest(c: &Connection, study: &Study, new: &NewInstance) -> Result<Option<Newest>, StoreError> {
    let mut statement = c.prepare_cached(
        formatcp!("SELECT id, revision, sha256, file IS NOT NULL,
                state = {IMAGE_FAILED} AND (findings IS NULL OR file IS NULL OR EXISTS (
                    SELECT 1 FROM jobs j WHERE j.state = {JOB_FAILED} AND (j.instance_id = i.id OR j.report_id IN
                        (SELECT m.report_id FROM report_images m WHERE m.instance_id = i.id)))),
                state = {IMAGE_SKIPPED} AND findings IS NULL AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.instance_id = i.id AND j.state = {JOB_CANCELLED})
         FROM instances i WHERE study_id = ?1 AND series_instance_uid = ?2 AND sop_instance_uid = ?3 AND sha256 IS NOT NULL
         ORDER BY revision DESC LIMIT 1"),
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Newest {
            id: row.get(0)?,
            revision: row.get(1)?,
            sha256: row.get(2)?,
            has_file: row.get(3)?,
            has_failed: row.get(4)?,
            is_left_out: row.get(5)?,
        })
    };
    let of = params![study.id, new.series_instance_uid.as_str(), new.sop_instance_uid.as_str()];
    Ok(statement.query_row(of, read).optional()?)
}

/// An object with the content it had: what was left undone about it is done now.
fn come_again(c: &Connection, new: &NewInstance, known: &Newest) -> Result<Recorded, StoreError> {
    let is_wanted = known.has_failed || known.is_left_out;
    let is_analysed = is_wanted && new.skipped.is_none();
    let passed_on: Vec<&str> = new
        .forward_to
        .iter()
        .map(|to| pass_on(c, known.id, &to.name, to.give_up_after).map(|again| again.then_some(to.name.as_str())))
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    let needs_file = !known.has_file && (is_analysed || !passed_on.is_empty());
    if needs_file {
        c.execute(
            "UPDATE instances SET file = ?2, received_service_ms = service_now() WHERE id = ?1",
            params![known.id, new.file],
        )?;
    }
    let mut done = Vec::new();
    if is_analysed {
        queue_analysis(c, known.id)?;
        image_has_come(c, known.id)?;
        done.push(
            if known.is_left_out { "selection takes it now" } else { "it had failed and is analysed again" }.to_owned(),
        );
    } else if let Some(reason) = new.skipped.as_ref().filter(|_| is_wanted) {
        c.execute(
            formatcp!("UPDATE instances SET state = {IMAGE_SKIPPED}, reason = ?2 WHERE id = ?1"),
            params![known.id, reason],
        )?;
    }
    if !passed_on.is_empty() {
        done.push(format!("it is passed on again to {}", passed_on.join(", ")));
    }
    let done = if done.is_empty() { "nothing is queued".to_owned() } else { done.join("; ") };
    append(
        c,
        &received(new, Outcome::Duplicate, format!("the same content is here already as row {}; {done}", known.id)),
    )?;
    if needs_file {
        return Ok(Recorded::Kept { id: known.id, revision: known.revision, conflict: None });
    }
    Ok(Recorded::Duplicate)
}

/// An object, or a content, that is not here.
fn keep(c: &Connection, new: &NewInstance, study: &Study, before: Option<&Newest>) -> Result<Recorded, StoreError> {
    let revision = before.map_or(1, |before| before.revision + 1);
    let state = if new.skipped.is_some() { ImageState::Skipped } else { ImageState::Queued };
    let conflict = conflict(c, new, study, revision)?;
    c.prepare_cached(
        "INSERT INTO instances (study_id, sop_instance_uid, sop_class_uid, revision, sha256, study_instance_uid, series_instance_uid,
         patient_id, accession_number, modality, body_part, study_description, series_description, transfer_syntax, bytes, file,
         sender_ae_title, sender_address, received_at, received_service_ms, state, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, service_now(), ?20, ?21)",
    )?
    .execute(params![
        study.id, new.sop_instance_uid.as_str(), new.sop_class_uid.as_str(), revision, new.sha256, new.study_instance_uid.as_str(),
        new.series_instance_uid.as_str(), new.patient.id, new.accession_number, new.modality, new.body_part, new.study_description,
        new.series_description, new.transfer_syntax, new.bytes as i64, new.file, new.sender_ae_title, new.sender_address, now(), state,
        new.skipped.as_deref().unwrap_or(""),
    ])?;
    let id = InstanceId(c.last_insert_rowid());
    match &conflict {
        Some(conflict) => append(c, &received(new, Outcome::Conflict, format!("{conflict}; sha256 {}", new.sha256)))?,
        None => append(c, &received(new, Outcome::Success, format!("{} bytes, sha256 {}", new.bytes, new.sha256)))?,
    }
    match &new.skipped {
        Some(reason) => append(
            c,
            &Event {
                event: EventKind::Selected,
                actor: "selection".into(),
                ..received(new, Outcome::Skipped, reason.clone())
            },
        )?,
        None => {
            queue_analysis(c, id)?;
            image_has_come(c, id)?;
        }
    }
    for to in &new.forward_to {
        pass_on(c, id, &to.name, to.give_up_after)?;
    }
    Ok(Recorded::Kept { id, revision, conflict })
}

/// What contradicts what was known.
fn conflict(c: &Connection, new: &NewInstance, study: &Study, revision: u32) -> Result<Option<String>, StoreError> {
    let mut conflicts = Vec::new();
    if let Some(difference) = study.differs {
        conflicts.push(format!(
            "the Study Instance UID is known with another patient ({} differs): this one, number {}, gets a report of its own",
            difference.name(),
            study.patient_number
        ));
    }
    if revision > 1 {
        conflicts.push(format!("the UID is known with other content; kept as revision {revision}"));
    }
    let mut elsewhere = c.prepare_cached(
        "SELECT study_instance_uid FROM instances WHERE sop_instance_uid = ?1 AND sha256 IS NOT NULL
           AND (study_id <> ?2 OR series_instance_uid <> ?3) ORDER BY id DESC LIMIT 1",
    )?;
    let of = params![new.sop_instance_uid.as_str(), study.id, new.series_instance_uid.as_str()];
    if let Some(other) = elsewhere.query_row(of, |row| row.get::<_, String>(0)).optional()? {
        let place = if other == new.study_instance_uid.as_str() {
            "another series or patient of this study".into()
        } else {
            format!("study {other}")
        };
        conflicts.push(format!("the UID is known in {place} too; kept as an object of its own"));
    }
    Ok((!conflicts.is_empty()).then(|| conflicts.join("; ")))
}

fn received(new: &NewInstance, outcome: Outcome, detail: String) -> Event {
    Event {
        event: EventKind::Received,
        actor: format!("{} at {}", new.sender_ae_title, new.sender_address),
        study: new.study_instance_uid.to_string(),
        image: new.sop_instance_uid.to_string(),
        outcome,
        detail,
    }
}
