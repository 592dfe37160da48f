//! What is known of an object that has come, and what became of it.

use std::time::Duration;

use super::patient::Patient;
use super::row_ids::InstanceId;
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
    /// Whose it is.
    pub patient: Patient,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Its file is needed: it is new, a new revision, or in the place of a file that is gone.
    Kept {
        /// Its row.
        id: InstanceId,
        /// 1, or more after a conflict.
        revision: u32,
        /// What contradicts what was known, in plain words without the patient's: another content, another study
        /// with its UID, another patient in its study.
        conflict: Option<String>,
    },
    /// Known already with the same content: its new file is not needed.
    Duplicate,
}
