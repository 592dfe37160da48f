//! The dataset of an N-EVENT-REPORT (PS3.4 table J.3-2), read while it arrives.

mod collected;

use std::collections::HashSet;

use crate::dicom::dataset::{ScanError, Walk};
use crate::dicom::uids::COMMITMENT_TRANSFER_SYNTAXES;
use crate::dicom::{FailureReason, Status, TransferSyntax};
use crate::dimse::service::Refusal;
use crate::identifiers::{IdentifierError, Uid};

use super::transaction::{CommitmentFailure, CommitmentReport, MAX_REPORTED_OBJECTS};

use collected::{Collected, Object};

/// Largest dataset of a report. One on 1000 objects is below 200 KB.
pub const MAX_REPORT_BYTES: u64 = 4 << 20;

/// Why a dataset is no report that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is no dataset, or too large a one.
    #[error(transparent)]
    Dataset(#[from] ScanError),
    /// An element that must hold a UID does not.
    #[error("{element}: {source}")]
    Uid {
        /// The element.
        element: &'static str,
        /// What is wrong with it.
        source: IdentifierError,
    },
    /// More than [`MAX_REPORTED_OBJECTS`] objects.
    #[error("the report names more than {MAX_REPORTED_OBJECTS} objects")]
    TooManyObjects,
    /// No object at all.
    #[error("the report names no object, neither committed nor failed")]
    NoObject,
    /// An object is in both lists: whichever was believed, it could be the wrong one.
    #[error("the report says of {0} that it is committed and that it failed")]
    Contradiction(Uid),
}

impl ReportError {
    /// The status that the archive is answered with (PS3.7 10.1.1.1.8).
    pub fn status(&self) -> Status {
        match self {
            Self::TooManyObjects | Self::Dataset(ScanError::TooLarge { .. }) => Status::RESOURCE_LIMITATION,
            // An element that is longer than any report may be.
            Self::Dataset(ScanError::DoesNotFit { length, .. }) if u64::from(*length) > MAX_REPORT_BYTES => {
                Status::RESOURCE_LIMITATION
            }
            _ => Status::INVALID_ARGUMENT_VALUE,
        }
    }
}

impl From<ReportError> for Refusal {
    fn from(error: ReportError) -> Self {
        Self::new(error.status(), error.to_string())
    }
}

/// Reads a report while it arrives, in pieces of any size.
///
/// Keeps three values and steps over everything else within its bounds, as the
/// [`Scanner`](crate::dicom::Scanner) does: no recursion, no allocation by a stated length.
#[derive(Debug)]
pub struct ReportReader {
    walk: Walk<Collected>,
}

impl ReportReader {
    /// A reader of a report in one of [`COMMITMENT_TRANSFER_SYNTAXES`].
    pub fn new(transfer_syntax: &str) -> Result<Self, ReportError> {
        let spoken = COMMITMENT_TRANSFER_SYNTAXES.contains(&transfer_syntax);
        let syntax = TransferSyntax::of(transfer_syntax).filter(|_| spoken);
        let unknown = || ScanError::UnknownTransferSyntax(transfer_syntax.chars().take(64).collect());
        Ok(Self { walk: Walk::new(syntax.ok_or_else(unknown)?, MAX_REPORT_BYTES, Collected::default()) })
    }

    /// Takes the next bytes. After an error the reader is of no more use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ReportError> {
        Ok(self.walk.push(bytes)?)
    }

    /// The dataset is over: what it says.
    pub fn finish(self) -> Result<CommitmentReport, ReportError> {
        let collected = self.walk.finish()?;
        if collected.too_many {
            return Err(ReportError::TooManyObjects);
        }
        let transaction_uid = uid("Transaction UID (0008,1195)", collected.transaction.as_deref())?;
        let (mut committed, mut failed) = (Vec::new(), Vec::new());
        for Object { is_failure, sop_instance, reason } in collected.objects {
            let sop_instance_uid = uid("Referenced SOP Instance UID (0008,1155)", sop_instance.as_deref())?;
            if is_failure {
                failed.push(CommitmentFailure { sop_instance_uid, reason: failure_reason(reason.as_deref()) });
            } else {
                committed.push(sop_instance_uid);
            }
        }
        if committed.is_empty() && failed.is_empty() {
            return Err(ReportError::NoObject);
        }
        let failures: HashSet<&Uid> = failed.iter().map(|failure| &failure.sop_instance_uid).collect();
        if let Some(both) = committed.iter().find(|uid| failures.contains(uid)) {
            return Err(ReportError::Contradiction(both.clone()));
        }
        Ok(CommitmentReport { transaction_uid, committed, failed })
    }
}

/// A value of VR UI; an absent one is an empty one.
fn uid(element: &'static str, value: Option<&[u8]>) -> Result<Uid, ReportError> {
    let text = String::from_utf8_lossy(value.unwrap_or_default());
    Uid::new(&text).map_err(|source| ReportError::Uid { element, source })
}

/// A failure without a readable reason is a failure all the same.
fn failure_reason(value: Option<&[u8]>) -> FailureReason {
    let code = value.and_then(|value| <[u8; 2]>::try_from(value).ok()).map(u16::from_le_bytes);
    code.map_or(FailureReason::PROCESSING_FAILURE, FailureReason)
}
