//! Objects that were answered with a failure status: rows without a file, until the object is sent again and kept.

use const_format::formatcp;
use rusqlite::{Connection, Row, params};

use super::audit::{Event, append};
use super::audit_words::{EventKind, Outcome};
use super::clock::now;
use super::connection::Store;
use super::error::StoreError;
use super::new_instance::NewInstance;
use super::row_ids::InstanceId;
use super::states::{IMAGE_FAILED, IMAGE_SKIPPED};
use crate::identifiers::Uid;

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
    /// Records an object that was answered with a failure status: it shows in the queue as failed,
    /// and nothing of it is kept. The sender still has it.
    pub async fn record_refused(&self, refused: RefusedInstance) -> Result<(), StoreError> {
        self.write(move |c| {
            let r = &refused;
            // Of no revision: what it would have been nobody knows.
            c.execute(
                formatcp!("INSERT INTO instances (sop_instance_uid, sop_class_uid, revision, study_instance_uid, series_instance_uid, patient_id,
                 accession_number, modality, body_part, study_description, series_description, transfer_syntax, bytes,
                 sender_ae_title, sender_address, received_at, received_service_ms, state, reason)
                 VALUES (?1, ?2, 0, ?3, ?4, '', '', '', '', '', '', '', 0, ?5, ?6, ?7, service_now(), {IMAGE_FAILED}, ?8)"),
                params![r.sop_instance_uid.as_str(), r.sop_class_uid.as_str(), r.study_instance_uid, r.series_instance_uid,
                    r.sender_ae_title, r.sender_address, now(), format!("refused: {}", r.reason)],
            )?;
            append(c, &Event {
                event: EventKind::Received,
                actor: format!("{} at {}", r.sender_ae_title, r.sender_address),
                study: r.study_instance_uid.clone(),
                image: r.sop_instance_uid.to_string(),
                outcome: Outcome::Refused,
                detail: r.reason.clone(),
            })
        })
        .await
    }
}

/// The object is kept now: rows of it that were refused before are over, and say which row has it. One whose study
/// was not seen is of the object when the same sender sent it.
pub(super) fn close_refused(c: &Connection, kept: &NewInstance) -> Result<(), StoreError> {
    let mut statement = c.prepare_cached(formatcp!(
        "UPDATE instances SET state = {IMAGE_SKIPPED}, reason = reason || '; sent again and kept as row ' || (
             SELECT max(id) FROM instances WHERE sop_instance_uid = ?1 AND study_instance_uid = ?2 AND sha256 = ?4)
         WHERE sop_instance_uid = ?1 AND sha256 IS NULL AND state = {IMAGE_FAILED}
           AND (study_instance_uid = ?2 OR (study_instance_uid = '' AND sender_ae_title = ?3))
         RETURNING id, reason"
    ))?;
    let (image, study) = (kept.sop_instance_uid.as_str(), kept.study_instance_uid.as_str());
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let closed: Vec<(InstanceId, String)> = statement
        .query_map(params![image, study, kept.sender_ae_title, kept.sha256], read)?
        .collect::<Result<_, _>>()?;
    closed.into_iter().try_for_each(|(row, reason)| {
        let actor = format!("{} at {}", kept.sender_ae_title, kept.sender_address);
        let detail = format!("row {row} is closed: {reason}");
        append(
            c,
            &Event {
                event: EventKind::Received,
                actor,
                study: study.into(),
                image: image.into(),
                outcome: Outcome::Closed,
                detail,
            },
        )
    })
}
