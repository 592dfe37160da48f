//! Storage commitment (PS3.4 Annex J, Push Model), as its user: an archive is asked to answer for
//! objects, and says later which it has.
//!
//! Owns: the N-ACTION that asks and the N-EVENT-REPORT that tells, on whichever association it comes.
//! In: a [`CommitmentRequest`], or a report from the network. Out: a [`CommitmentAnswer`], or a call of
//! [`StorageService::commitment_reported`](super::StorageService::commitment_reported).
//! Never: remembers a transaction, or decides what a report means for a file.

mod ask;
mod event;
mod receive;
mod report;
mod request;
mod transaction;

pub use ask::request_commitment;
pub use report::{MAX_REPORT_BYTES, ReportError, ReportReader};
pub use transaction::{
    CommitmentAnswer, CommitmentFailure, CommitmentObject, CommitmentReport, CommitmentRequest, MAX_OBJECTS,
    MAX_REPORTED_OBJECTS,
};

#[cfg(test)]
mod tests;
