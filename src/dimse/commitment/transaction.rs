//! A storage commitment transaction: what is asked, and what is said of it.

use crate::dicom::{FailureReason, Status};
use crate::identifiers::Uid;

/// Most objects of one request. The standard has no limit; archives check each object before they
/// report, and what a report may hold is bounded here too.
pub const MAX_OBJECTS: usize = 1000;

/// Most objects of a report, committed and failed together: more than anybody here asks for.
pub const MAX_REPORTED_OBJECTS: usize = 4000;

/// What an archive is asked to commit to (PS3.4 J.3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentRequest {
    /// Names the transaction in the report: a fresh one for each request.
    pub transaction_uid: Uid,
    /// 1 to [`MAX_OBJECTS`] objects.
    pub objects: Vec<CommitmentObject>,
}

/// An object that an archive shall answer for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentObject {
    /// Its SOP class.
    pub sop_class_uid: Uid,
    /// Its SOP instance.
    pub sop_instance_uid: Uid,
}

/// What an archive says of a transaction (PS3.4 J.3.3), by event type 1 or 2: each object counts
/// for itself, and none is in both lists. An object that was asked for and is in neither is not
/// committed; nothing here compares the report with its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentReport {
    /// Transaction UID (0008,1195) of the request.
    pub transaction_uid: Uid,
    /// SOP instances the archive answers for from now on.
    pub committed: Vec<Uid>,
    /// SOP instances it does not answer for.
    pub failed: Vec<CommitmentFailure>,
}

/// An object that an archive does not answer for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentFailure {
    /// The SOP instance.
    pub sop_instance_uid: Uid,
    /// Failure Reason (0008,1197), in words by [`FailureReason::meaning`]; 0110 where the archive gave none.
    pub reason: FailureReason,
}

/// How an archive answered a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentAnswer {
    /// The status of its N-ACTION response. Success, or a warning, means that it took the request:
    /// the report is there, or comes later.
    pub status: Status,
    /// Its Error Comment; empty when it gave none.
    pub comment: String,
    /// What it said on the same association.
    pub report: Option<CommitmentReport>,
}
