//! Why sending failed, and whether trying again can help.

use std::io;

use dicom_ul::pdu::Pdu;

use super::commitment::MAX_OBJECTS;
use super::presentation_context::MAX_CONTEXTS;
use super::transport::{TransportError, pdu_name};
use crate::dicom::Status;
use crate::dicom::part10::Part10Error;

/// Why an object could not be offered to a peer, or its answer never came.
#[derive(Debug, thiserror::Error)]
pub enum ScuError {
    /// No TCP connection.
    #[error("{address} cannot be reached: {source}; check address, port and firewall")]
    Connect {
        /// Where.
        address: String,
        /// Why not.
        source: io::Error,
    },
    /// The peer said no.
    #[error("{called} rejected the association: {reason} (result {result}); check the AE titles both sides know")]
    Rejected {
        /// Called AE title.
        called: String,
        /// 1 permanent, 2 transient.
        result: u8,
        /// The reason in words.
        reason: String,
    },
    /// The peer takes none of the proposed contexts, or not the one this object needs.
    #[error("the peer does not accept SOP class {sop_class_uid} in transfer syntax {transfer_syntax}; allow it there")]
    NotAccepted {
        /// SOP class of the object.
        sop_class_uid: String,
        /// Transfer syntax of the file.
        transfer_syntax: String,
    },
    /// More contexts than one association can carry, or none.
    #[error("{0} presentation contexts were asked for; an association carries 1 to {MAX_CONTEXTS}")]
    ContextCount(usize),
    /// More objects than one storage commitment may ask for, or none.
    #[error("storage commitment was asked for {0} objects; a request names 1 to {MAX_OBJECTS}, so ask in several")]
    ObjectCount(usize),
    /// The peer sent A-ABORT.
    #[error("the peer aborted the association while {0}")]
    Aborted(&'static str),
    /// The connection broke, or the peer took too long.
    #[error("the connection failed while {doing}: {what}")]
    Connection {
        /// What was under way.
        doing: &'static str,
        /// What happened.
        what: String,
    },
    /// The peer does not speak DICOM as it should.
    #[error("the peer broke the protocol while {doing}: {what}")]
    Protocol {
        /// What was under way.
        doing: &'static str,
        /// What it did.
        what: String,
    },
    /// A C-ECHO was answered with a failure.
    #[error("the peer answered the C-ECHO with {0}")]
    EchoFailed(Status),
    /// The file to send is not usable.
    #[error("the file cannot be sent: {0}")]
    File(#[from] Part10Error),
}

impl ScuError {
    /// Whether the same request may succeed later without anybody's doing.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Aborted(_) | Self::Connection { .. } => true,
            Self::Rejected { result, .. } => *result == 2,
            Self::EchoFailed(status) => status.is_transient(),
            Self::NotAccepted { .. }
            | Self::ContextCount(_)
            | Self::ObjectCount(_)
            | Self::Protocol { .. }
            | Self::File(_) => false,
        }
    }
}

/// What a failure of the connection means for what was under way.
pub(super) fn failed(doing: &'static str, error: TransportError) -> ScuError {
    match error {
        TransportError::Closed
        | TransportError::ClosedInsidePdu
        | TransportError::Io(_)
        | TransportError::TimedOut(_) => ScuError::Connection { doing, what: error.to_string() },
        TransportError::TooLong { .. }
        | TransportError::Tls
        | TransportError::Malformed { .. }
        | TransportError::Unwritable(_) => misspoken(doing, error),
    }
}

/// A PDU that has no place in what was under way.
pub(super) fn unexpected(doing: &'static str, pdu: &Pdu) -> ScuError {
    match pdu {
        Pdu::AbortRQ { .. } => ScuError::Aborted(doing),
        other => misspoken(doing, format!("it sent {}", pdu_name(other))),
    }
}

/// The peer broke the protocol.
pub(super) fn misspoken(doing: &'static str, what: impl ToString) -> ScuError {
    ScuError::Protocol { doing, what: what.to_string() }
}
