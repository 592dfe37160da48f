//! Studies of one patient each: what one report tells of.

use const_format::formatcp;
use rusqlite::{Connection, Row, params};

use super::error::StoreError;
use super::patient::{Difference, Patient};
use super::row_ids::{InstanceId, StudyId};
use super::states::IMAGE_QUEUED;
use crate::identifiers::Uid;

/// A study in the database.
pub(super) struct Study {
    /// Its row.
    pub id: StudyId,
    /// 1, or more for another patient under the same Study Instance UID.
    pub patient_number: u32,
    /// What is known of the patient by now.
    patient: Patient,
    /// How its patient differs from the first one under the UID, when it was made for this image.
    pub differs: Option<Difference>,
}

/// The study with this UID that is of `patient`, made where there is none. Of several that do not contradict (an
/// image that says little may be of any of them) only one that says the very same is taken.
pub(super) fn of_patient(c: &Connection, uid: &Uid, patient: &Patient) -> Result<Study, StoreError> {
    let mut studies = with_uid(c, uid)?;
    let exact = studies.iter().position(|study| study.patient == *patient);
    let fitting = || {
        let mut fitting = (0..studies.len()).filter(|&at| studies[at].patient.difference(patient).is_none());
        fitting.next().filter(|_| fitting.next().is_none())
    };
    if let Some(at) = exact.or_else(fitting) {
        let study = studies.swap_remove(at);
        return study.completed_by(c, patient);
    }
    let differs = studies.first().map(|first| first.patient.difference(patient).unwrap_or(Difference::Name));
    let patient_number = studies.iter().map(|study| study.patient_number).max().unwrap_or(0) + 1;
    c.execute(
        "INSERT INTO studies (study_instance_uid, patient_number, patient_id, issuer_of_patient_id, patient_name, patient_birth_date)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![uid.as_str(), patient_number, patient.id, patient.issuer, patient.name, patient.birth_date],
    )?;
    Ok(Study { id: StudyId(c.last_insert_rowid()), patient_number, patient: patient.clone(), differs })
}

fn with_uid(c: &Connection, uid: &Uid) -> Result<Vec<Study>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT id, patient_number, patient_id, issuer_of_patient_id, patient_name, patient_birth_date FROM studies
         WHERE study_instance_uid = ?1 ORDER BY patient_number",
    )?;
    let read = |row: &Row<'_>| {
        let patient = Patient { id: row.get(2)?, issuer: row.get(3)?, name: row.get(4)?, birth_date: row.get(5)? };
        Ok(Study { id: row.get(0)?, patient_number: row.get(1)?, patient, differs: None })
    };
    Ok(statement.query_map([uid.as_str()], read)?.collect::<Result<_, _>>()?)
}

impl Study {
    /// Keeps what an image says of the patient that was not known before.
    fn completed_by(mut self, c: &Connection, patient: &Patient) -> Result<Self, StoreError> {
        let completed = self.patient.completed_by(patient);
        if completed != self.patient {
            c.execute(
                "UPDATE studies SET issuer_of_patient_id = ?2, patient_name = ?3, patient_birth_date = ?4 WHERE id = ?1",
                params![self.id, completed.issuer, completed.name, completed.birth_date],
            )?;
            self.patient = completed;
        }
        Ok(self)
    }
}

/// An image has come that is to be analysed: the time in which its study settles begins anew.
pub(super) fn image_has_come(c: &Connection, instance: InstanceId) -> Result<(), StoreError> {
    c.prepare_cached(
        formatcp!("UPDATE studies SET last_image_at = service_now(), waiting_since = CASE
             WHEN report_due OR EXISTS (SELECT 1 FROM instances i WHERE i.study_id = studies.id AND i.state = {IMAGE_QUEUED} AND i.id <> ?1)
             THEN coalesce(waiting_since, service_now()) ELSE service_now() END
         WHERE id = (SELECT study_id FROM instances WHERE id = ?1)"),
    )?
    .execute([instance])?;
    Ok(())
}

/// There is something in the study of an image that no report tells.
pub(super) fn report_is_due(c: &Connection, instance: InstanceId) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE studies SET report_due = 1, waiting_since = coalesce(waiting_since, service_now())
         WHERE id = (SELECT study_id FROM instances WHERE id = ?1)",
    )?
    .execute([instance])?;
    Ok(())
}
