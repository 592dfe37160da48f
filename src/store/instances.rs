//! Received images: recorded once, with their job, before Success leaves.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{Event, append};
use super::clock::due_now;
use super::connection::Store;
use super::deliveries::{Subject, insert};
use super::error::StoreError;
use super::now;
use crate::identifiers::Uid;

/// An image whose file is durable.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// Study Instance UID.
    pub study_instance_uid: Uid,
    /// Series Instance UID.
    pub series_instance_uid: Uid,
    /// SHA-256 of the data set as received.
    pub sha256: String,
    /// Patient ID.
    pub patient_id: String,
    /// Accession Number.
    pub accession_number: String,
    /// Modality.
    pub modality: String,
    /// Body Part Examined.
    pub body_part: String,
    /// Study Description.
    pub study_description: String,
    /// Series Description.
    pub series_description: String,
    /// Transfer syntax UID.
    pub transfer_syntax: String,
    /// Size of the file.
    pub bytes: u64,
    /// The file, below the state folder.
    pub file: String,
    /// Calling AE title.
    pub sender_ae_title: String,
    /// Address it called from.
    pub sender_address: String,
    /// Why it is not analysed; `None`: it is.
    pub skipped: Option<String>,
    /// Who it is passed on to.
    pub forward_to: Vec<Recipient>,
}

/// A destination that an image is passed on to.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Name of the destination.
    pub name: String,
    /// Time to give up.
    pub give_up_after: Duration,
}

/// What became of a received image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// New, or a new revision of a UID that came with other content before.
    Kept {
        /// Its row.
        id: i64,
        /// 1, or more after a conflict.
        revision: u32,
    },
    /// Known already with the same content: its new file is not needed.
    Duplicate,
}

/// An object that was refused with a failure status after its UIDs were known.
#[derive(Debug, Clone)]
pub struct RefusedInstance {
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// Study Instance UID; empty when it was not seen.
    pub study_instance_uid: String,
    /// Series Instance UID; empty when it was not seen.
    pub series_instance_uid: String,
    /// Calling AE title.
    pub sender_ae_title: String,
    /// Address it called from.
    pub sender_address: String,
    /// Why, with the status sent.
    pub reason: String,
}

impl Store {
    /// Records a received image, its job, whom it is passed on to and its audit row in one transaction. The same UID with the
    /// same content is a duplicate; with other content it is kept as a new revision and audited as a
    /// conflict. One that was refused before, or failed, is taken anew.
    pub async fn record_instance(&self, new: NewInstance) -> Result<Recorded, StoreError> {
        let is_forwarded = !new.forward_to.is_empty();
        let recorded = self.write(move |c| record(c, &new)).await?;
        self.jobs.notify_waiters();
        if is_forwarded {
            self.deliveries.notify_waiters();
        }
        Ok(recorded)
    }

    /// Records an object that was answered with a failure status: it shows in the queue as failed,
    /// and nothing of it is kept. The sender still has it.
    pub async fn record_refused(&self, refused: RefusedInstance) -> Result<(), StoreError> {
        self.write(move |c| {
            let r = &refused;
            let revision = highest_revision(c, &r.sop_instance_uid)? + 1;
            c.execute(
                "INSERT INTO instances (sop_instance_uid, sop_class_uid, revision, study_instance_uid, series_instance_uid, patient_id,
                 accession_number, modality, body_part, study_description, series_description, transfer_syntax, bytes,
                 sender_ae_title, sender_address, received_at, state, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, '', '', '', '', '', '', '', 0, ?6, ?7, ?8, 'failed', ?9)",
                params![r.sop_instance_uid.as_str(), r.sop_class_uid.as_str(), revision, r.study_instance_uid, r.series_instance_uid,
                    r.sender_ae_title, r.sender_address, now(), format!("refused: {}", r.reason)],
            )?;
            append(c, &Event {
                event: "received",
                actor: format!("{} at {}", r.sender_ae_title, r.sender_address),
                study: r.study_instance_uid.clone(),
                image: r.sop_instance_uid.to_string(),
                outcome: "refused",
                detail: r.reason.clone(),
            })
        })
        .await
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

fn highest_revision(c: &Connection, uid: &Uid) -> Result<u32, StoreError> {
    let statement = "SELECT coalesce(max(revision), 0) FROM instances WHERE sop_instance_uid = ?1";
    Ok(c.prepare_cached(statement)?.query_row([uid.as_str()], |row| row.get(0))?)
}

fn record(c: &Connection, new: &NewInstance) -> Result<Recorded, StoreError> {
    let event = |outcome, detail: String| Event {
        event: "received",
        actor: format!("{} at {}", new.sender_ae_title, new.sender_address),
        study: new.study_instance_uid.to_string(),
        image: new.sop_instance_uid.to_string(),
        outcome,
        detail,
    };
    let same: Option<i64> = c
        .prepare_cached("SELECT id FROM instances WHERE sop_instance_uid = ?1 AND sha256 = ?2 AND file IS NOT NULL AND state <> 'failed'")?
        .query_row(params![new.sop_instance_uid.as_str(), new.sha256], |row| row.get(0))
        .optional()?;
    if same.is_some() {
        append(c, &event("duplicate", "the same content is here already; nothing is queued".into()))?;
        return Ok(Recorded::Duplicate);
    }
    let other: bool = c
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM instances WHERE sop_instance_uid = ?1 AND sha256 IS NOT NULL AND sha256 <> ?2)")?
        .query_row(params![new.sop_instance_uid.as_str(), new.sha256], |row| row.get(0))?;
    let revision = highest_revision(c, &new.sop_instance_uid)? + 1;
    let (at, due) = (now(), due_now());
    let state = if new.skipped.is_some() { "skipped" } else { "queued" };
    c.prepare_cached(
        "INSERT INTO instances (sop_instance_uid, sop_class_uid, revision, sha256, study_instance_uid, series_instance_uid, patient_id,
         accession_number, modality, body_part, study_description, series_description, transfer_syntax, bytes, file,
         sender_ae_title, sender_address, received_at, state, reason, queued_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?
    .execute(params![
        new.sop_instance_uid.as_str(), new.sop_class_uid.as_str(), revision, new.sha256, new.study_instance_uid.as_str(),
        new.series_instance_uid.as_str(), new.patient_id, new.accession_number, new.modality, new.body_part, new.study_description,
        new.series_description, new.transfer_syntax, new.bytes as i64, new.file, new.sender_ae_title, new.sender_address, at, state,
        new.skipped.as_deref().unwrap_or(""), due,
    ])?;
    let id = c.last_insert_rowid();
    if other {
        let detail = format!("the UID is known with other content; kept as revision {revision}, sha256 {}", new.sha256);
        append(c, &event("conflict", detail))?;
    } else {
        append(c, &event("success", format!("{} bytes, sha256 {}", new.bytes, new.sha256)))?;
    }
    match &new.skipped {
        Some(reason) => {
            append(c, &Event { event: "selected", actor: "selection".into(), ..event("skipped", reason.clone()) })?
        }
        None => {
            c.prepare_cached(
                "INSERT INTO jobs (kind, instance_id, state, not_before, created_at, first_image_at) VALUES ('analyse', ?1, 'queued', ?2, ?3, ?2)",
            )?
            .execute(params![id, due, at])?;
        }
    }
    for to in &new.forward_to {
        insert(c, Subject::Image(id), &to.name, to.give_up_after)?;
    }
    Ok(Recorded::Kept { id, revision })
}
