//! DIMSE: DICOM over the network, as a receiver (SCP) and as a sender (SCU).
//!
//! Owns: associations, command sets, status codes, and a bounded walk through datasets.
//! In: TCP connections from modalities and archives, files to send, objects an archive shall commit
//! to. Out: calls on a [`StorageService`] with the dataset bytes exactly as received and a
//! [`DatasetSummary`], or with a [`CommitmentReport`]; the peer's [`Status`] for what was sent.
//! Never: writes a file, touches SQLite, decodes a pixel, or trusts a length that a peer states.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod association;
mod c_store;
pub mod command;
pub mod commitment;
mod negotiation;
mod presentation_context;
pub mod scp;
pub mod scu;
mod scu_error;
pub mod service;
mod transport;

pub use commitment::{
    CommitmentAnswer, CommitmentFailure, CommitmentObject, CommitmentReport, CommitmentRequest, request_commitment,
};
pub use scp::{DimseError, serve};
pub use scu::{Peer, ProposedContext, StoreAssociation, StoreResponse, Timeouts, echo};
pub use scu_error::ScuError;
pub use service::{
    AssociationEnd, AssociationInfo, EndReason, IncomingObject, Refusal, Rejection, RejectionCode, Rules,
    StorageService, StoreRequest,
};
