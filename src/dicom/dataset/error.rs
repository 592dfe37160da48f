//! What can be wrong with a dataset, and the status each fault is answered with.

use std::fmt;

use crate::dicom::Status;

use super::element::ElementName;
use super::limits::MAX_DEPTH;

/// Why bytes are no dataset this software takes in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The transfer syntax is not one that can be walked.
    #[error("transfer syntax {0} is not supported")]
    UnknownTransferSyntax(String),
    /// More bytes than an object may have.
    #[error("object exceeds the limit of {limit} bytes, at {element}")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// The element in which it was passed.
        element: ElementName,
    },
    /// An element states more bytes than its surroundings leave room for.
    #[error("{element} claims {length} bytes where {room} can follow")]
    DoesNotFit {
        /// The element.
        element: ElementName,
        /// Its stated length.
        length: u32,
        /// Bytes left in its item, its sequence or the largest object.
        room: u64,
    },
    /// A sequence or item of stated length ends where something inside it has not.
    #[error("{0}, or what is around it, ends in the middle of its content")]
    Overrun(ElementName),
    /// The bytes where a VR must stand are none.
    #[error("{element} has no valid VR: {:02X} {:02X}", .vr[0], .vr[1])]
    InvalidVr {
        /// The element.
        element: ElementName,
        /// The two bytes.
        vr: [u8; 2],
    },
    /// A length of FFFFFFFF where none may be.
    #[error("{0} has an undefined length, which its VR does not allow")]
    UndefinedLength(ElementName),
    /// Something else than what must stand here.
    #[error("{found} stands in {place}, where {expected} is due")]
    Misplaced {
        /// What stands there.
        found: ElementName,
        /// Where.
        place: ElementName,
        /// What must stand there.
        expected: &'static str,
    },
    /// An item or delimiter outside any sequence, or an element of group 0000 or 0002.
    #[error("{0} may not occur in a dataset")]
    Forbidden(ElementName),
    /// A delimiter that says it carries bytes.
    #[error("{0} has a length, which a delimiter has not")]
    DelimiterWithLength(ElementName),
    /// Too many sequences in each other.
    #[error("{0} is nested deeper than {MAX_DEPTH} sequences")]
    TooDeep(ElementName),
    /// An element that identifies the object occurs twice.
    #[error("{0} occurs twice")]
    Repeated(ElementName),
    /// Pixels in one piece in a transfer syntax that compresses them.
    #[error("{0} is not in fragments as its transfer syntax wants")]
    NotEncapsulated(ElementName),
    /// The dataset ends too early.
    #[error("dataset ends inside {inside}: {missing}")]
    Truncated {
        /// The element or sequence that is not complete.
        inside: ElementName,
        /// What is missing.
        missing: Missing,
    },
    /// The deflate stream is broken.
    #[error("the deflated dataset cannot be inflated after {element}: {what}")]
    Deflate {
        /// The last element that was seen.
        element: ElementName,
        /// What is wrong.
        what: &'static str,
    },
}

impl ScanError {
    /// The C-STORE status for this fault (PS3.4 B.2.3).
    pub fn status(&self) -> Status {
        match self {
            Self::TooLarge { .. } => Status::OUT_OF_RESOURCES,
            _ => Status::CANNOT_UNDERSTAND,
        }
    }
}

/// What a truncated dataset lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// This many bytes of a value.
    Bytes(u64),
    /// The rest of the next element's header.
    Header,
    /// The end of a sequence or item.
    End,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(count) => write!(f, "{count} bytes missing"),
            Self::Header => f.write_str("cut in an element header"),
            Self::End => f.write_str("its end is missing"),
        }
    }
}
