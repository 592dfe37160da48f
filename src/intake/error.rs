//! Why an object is not kept.

use crate::dicom::Status;
use crate::identifiers::IdentifierError;
use crate::spool::SpoolError;
use crate::store::StoreError;

/// Each message is what the sender is told; [`IntakeError::cause`] says more to the log.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The dataset does not say of which study or series it is.
    #[error("{name}: {reason}")]
    Identity {
        /// The attribute.
        name: &'static str,
        /// What is wrong with it.
        reason: IdentifierError,
    },
    /// There is less free space than `minimum_free_gib`.
    #[error("the disk has less room than minimum_free_gib")]
    TooLittleSpace,
    /// A file cannot be written.
    #[error("the spool cannot take the image")]
    Spool(#[source] SpoolError),
    /// A write failed before, and the file with it.
    #[error("the file is gone after a failed write")]
    Given,
    /// The database did not take it.
    #[error("the database did not take the image")]
    Database(#[source] StoreError),
    /// The file meta information cannot be encoded.
    #[error("the file's header cannot be written: {0}")]
    Header(String),
    /// The thread that wrote is gone: a bug.
    #[error("the disk work broke down")]
    BrokenDown,
}

impl IntakeError {
    /// The C-STORE status that says it (PS3.4 B.2.3).
    pub fn status(&self) -> Status {
        match self {
            Self::Identity { .. } => Status::DATASET_MISMATCH,
            Self::Header(_) | Self::BrokenDown => Status::PROCESSING_FAILURE,
            Self::TooLittleSpace | Self::Spool(_) | Self::Given | Self::Database(_) => Status::OUT_OF_RESOURCES,
        }
    }

    /// What the sender is not told.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Spool(error) => Some(error.to_string()),
            Self::Database(error) => Some(error.to_string()),
            _ => None,
        }
    }
}
