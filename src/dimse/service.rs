//! What the receiver asks of the application behind it, and what it tells it.
//!
//! The daemon stores into the spool and SQLite; the small PACS of the demo and the tests store
//! elsewhere: all of them implement [`StorageService`].

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::identifiers::Uid;

use super::commitment::CommitmentReport;
use crate::dicom::{DatasetSummary, ScanError, Status, transfer_syntax, uids};

/// An application that receives objects.
///
/// Every method may be called from many associations at once.
pub trait StorageService: Send + Sync + 'static {
    /// One object on its way in.
    type Incoming: IncomingObject;

    /// The rules as they are now. Asked once for each connection, which keeps its snapshot to the
    /// end: a reloaded configuration holds for the next association.
    fn rules(&self) -> Rules;

    /// Whether `calling` at `peer` may open an association with `called`, and what holds for it:
    /// `rules` are those of the connection, to be narrowed or widened. Runs before the
    /// A-ASSOCIATE-AC; must not block.
    fn admit(&self, peer: SocketAddr, calling: &str, called: &str, rules: Rules) -> Result<Rules, Rejection>;

    /// An association was refused, by [`admit`](Self::admit) or by the receiver itself (its limit,
    /// a request that cannot be understood): for the log and the audit. The titles are empty when
    /// they were never read.
    fn rejected(
        &self,
        peer: SocketAddr,
        calling: &str,
        called: &str,
        rejection: &Rejection,
    ) -> impl Future<Output = ()> + Send;

    /// A C-STORE request came; its dataset follows. A refusal is answered once the dataset has
    /// been read and dropped; recording it is up to this method.
    fn begin(
        &self,
        association: &AssociationInfo,
        request: &StoreRequest,
    ) -> impl Future<Output = Result<Self::Incoming, Refusal>> + Send;

    /// A C-STORE request was refused before [`begin`](Self::begin): its command is not valid.
    /// `sop_instance_uid` is what the command said, checked by nobody, at most 64 characters.
    fn refused(
        &self,
        association: &AssociationInfo,
        sop_instance_uid: &str,
        refusal: &Refusal,
    ) -> impl Future<Output = ()> + Send;

    /// An archive reports what became of a storage commitment that was asked for. It is answered
    /// with success only after this returned: what was said must be durable by then, because the
    /// archive will not say it again. A transaction that nobody here asked for is refused with 0115
    /// (PS3.7 10.1.1.1.8). Never called unless the association's rules hold
    /// [`uids::STORAGE_COMMITMENT`].
    fn commitment_reported(
        &self,
        association: &AssociationInfo,
        report: CommitmentReport,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// An association that was accepted is over.
    fn ended(&self, association: &AssociationInfo, end: &AssociationEnd) -> impl Future<Output = ()> + Send;
}

/// One object on its way in: written piece by piece, then exactly one of [`commit`](Self::commit)
/// and [`refuse`](Self::refuse). Dropped without either (the receiver is torn down) it must leave
/// nothing behind.
pub trait IncomingObject: Send {
    /// More bytes of the dataset, exactly as received, in order.
    fn write(&mut self, dataset_bytes: Bytes) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// The dataset is complete and well formed, and its UIDs are those of the command. Returns
    /// success, or a warning, only when the object is durable: the answer leaves right after.
    fn commit(self, summary: DatasetSummary) -> impl Future<Output = Result<Status, Refusal>> + Send;

    /// The dataset is broken or does not match its command, [`write`](Self::write) failed, or the
    /// association died: discard what was written. `so_far` holds what was read until then.
    fn refuse(self, reason: &Refusal, so_far: DatasetSummary) -> impl Future<Output = ()> + Send;
}

/// What holds for one association.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Abstract syntaxes (SOP classes) to accept. Verification belongs here too if wanted; storage
    /// commitment, as the user of it, where the peer is an archive that was asked.
    pub abstract_syntaxes: Vec<String>,
    /// Transfer syntaxes to accept for objects; of several, the first in the requestor's order is taken.
    /// One the scanner cannot walk is never accepted.
    pub transfer_syntaxes: Vec<String>,
    /// Associations served at the same time.
    pub max_associations: usize,
    /// Time a peer has, from its TCP connection, to complete its A-ASSOCIATE-RQ.
    pub association_timeout: Duration,
    /// Longest silence, and the time a single PDU may take in either direction.
    pub idle_timeout: Duration,
    /// Largest dataset, as received and (deflated) as inflated.
    pub max_object_bytes: u64,
}

impl Default for Rules {
    /// CR, DX and Verification; 100 associations; 10 s for a request, 30 s of silence; 1 GiB.
    fn default() -> Self {
        Self {
            abstract_syntaxes: uids::RECEIVED_SOP_CLASSES.map(str::to_owned).to_vec(),
            transfer_syntaxes: transfer_syntax::received().map(str::to_owned).collect(),
            max_associations: 100,
            association_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            max_object_bytes: 1 << 30,
        }
    }
}

/// Why an association was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Rejection {
    /// What the peer is told.
    pub code: RejectionCode,
    /// A sentence for the administrator; never sent.
    pub reason: String,
}

impl Rejection {
    /// The calling AE title, or the address it calls from, is not one we accept.
    pub fn calling_ae_title(reason: impl Into<String>) -> Self {
        Self { code: RejectionCode::CallingAeTitleNotRecognised, reason: reason.into() }
    }

    /// The called AE title is not ours.
    pub fn called_ae_title(reason: impl Into<String>) -> Self {
        Self { code: RejectionCode::CalledAeTitleNotRecognised, reason: reason.into() }
    }

    /// Not now: the peer should try again later.
    pub fn congestion(reason: impl Into<String>) -> Self {
        Self { code: RejectionCode::TemporaryCongestion, reason: reason.into() }
    }
}

/// The codes of A-ASSOCIATE-RJ (PS3.8 9.3.4) that this software sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectionCode {
    /// 1/1/1.
    NoReasonGiven,
    /// 1/1/2.
    ApplicationContextNotSupported,
    /// 1/1/3.
    CallingAeTitleNotRecognised,
    /// 1/1/7.
    CalledAeTitleNotRecognised,
    /// 1/2/2.
    ProtocolVersionNotSupported,
    /// 2/3/1, transient.
    TemporaryCongestion,
    /// 2/3/2, transient.
    LocalLimitExceeded,
    /// No A-ASSOCIATE-RJ: what came was no association request, or none came in time; the
    /// connection was aborted or closed.
    NoRequest,
}

impl RejectionCode {
    /// Result, source and reason as PS3.8 9.3.4 numbers them; `None` for [`NoRequest`](Self::NoRequest).
    pub fn triple(self) -> Option<(u8, u8, u8)> {
        Some(match self {
            Self::NoReasonGiven => (1, 1, 1),
            Self::ApplicationContextNotSupported => (1, 1, 2),
            Self::CallingAeTitleNotRecognised => (1, 1, 3),
            Self::CalledAeTitleNotRecognised => (1, 1, 7),
            Self::ProtocolVersionNotSupported => (1, 2, 2),
            Self::TemporaryCongestion => (2, 3, 1),
            Self::LocalLimitExceeded => (2, 3, 2),
            Self::NoRequest => return None,
        })
    }
}

/// Who is at the other end of an association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociationInfo {
    /// Counts up from 1 in this process: joins the log lines of one association.
    pub number: u64,
    /// The peer's address.
    pub peer: SocketAddr,
    /// Calling AE title, without padding.
    pub calling: String,
    /// Called AE title, without padding.
    pub called: String,
}

/// A C-STORE request whose command set is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRequest {
    /// Message ID (0000,0110).
    pub message_id: u16,
    /// Affected SOP Class UID; equal to the abstract syntax of the presentation context.
    pub sop_class_uid: Uid,
    /// Affected SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Transfer syntax in which the dataset comes.
    pub transfer_syntax: String,
}

/// Why an object was not stored, or a report not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {comment}")]
pub struct Refusal {
    /// A failure status for the response.
    pub status: Status,
    /// Error Comment (0000,0902). May be longer here than the 64 characters that are sent.
    pub comment: String,
}

impl Refusal {
    /// A refusal with its status and the sentence that explains it.
    pub fn new(status: Status, comment: impl Into<String>) -> Self {
        Self { status, comment: comment.into() }
    }
}

impl From<ScanError> for Refusal {
    fn from(error: ScanError) -> Self {
        Self::new(error.status(), error.to_string())
    }
}

/// How an accepted association went.
#[derive(Debug, Clone, PartialEq)]
pub struct AssociationEnd {
    /// Why it is over.
    pub reason: EndReason,
    /// C-ECHO requests answered.
    pub echoes: u64,
    /// Objects answered with success or a warning.
    pub stored: u64,
    /// Objects answered with a failure, or cut off.
    pub refused: u64,
    /// Dataset bytes received, dropped ones included.
    pub bytes: u64,
    /// From A-ASSOCIATE-AC to the end.
    pub duration: Duration,
}

/// Why an accepted association is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndReason {
    /// The peer released it: the normal end.
    Released,
    /// The peer sent A-ABORT.
    AbortedByPeer,
    /// The peer closed the connection, or it broke.
    ConnectionLost(String),
    /// The peer said nothing, or took nothing, for the idle timeout: aborted.
    Silent,
    /// The peer sent a message slower than a living peer would: aborted.
    TooSlow,
    /// The peer broke the protocol, as the text says: aborted.
    ProtocolError(String),
    /// We are shutting down: aborted between two messages.
    ShuttingDown,
}

impl EndReason {
    /// Whether the association ended as DICOM wants it to.
    pub fn is_orderly(&self) -> bool {
        matches!(self, Self::Released | Self::ShuttingDown)
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Released => f.write_str("released by the peer"),
            Self::AbortedByPeer => f.write_str("aborted by the peer"),
            Self::ConnectionLost(what) => write!(f, "connection lost: {what}"),
            Self::Silent => f.write_str("aborted: the peer was silent for the idle timeout"),
            Self::TooSlow => f.write_str("aborted: the peer sent too slowly"),
            Self::ProtocolError(what) => write!(f, "aborted: {what}"),
            Self::ShuttingDown => f.write_str("aborted: this receiver is shutting down"),
        }
    }
}
