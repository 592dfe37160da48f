//! DICOM: what is known of objects and codes, without a network and without pixels.
//!
//! Owns: the bounded walk through a dataset, the Part 10 header, UIDs, transfer syntaxes, status codes and reasons.
//! In: bytes, or a code that a peer said. Out: a [`DatasetSummary`], a [`TransferSyntax`], a [`Status`] with its meaning.
//! Never: opens a socket, decodes a pixel, or trusts a length that somebody states.

pub mod dataset;
mod failure_reason;
pub mod part10;
pub mod scan;
mod status;
pub mod transfer_syntax;
pub mod uids;

pub use dataset::{DatasetSummary, ScanError, Scanner};
pub use failure_reason::FailureReason;
pub use status::Status;
pub use transfer_syntax::TransferSyntax;
