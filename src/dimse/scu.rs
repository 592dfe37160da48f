//! The sender: C-ECHO and C-STORE to another application entity.

use std::io;
use std::path::Path;
use std::time::Duration;

use dicom_ul::pdu::{
    AbortRQServiceProviderReason, AssociationRJResult, AssociationRQ, PDataValue, PDataValueType, Pdu,
    PresentationContextProposed, PresentationContextResultReason,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::identifiers::{AeTitle, Uid};

use super::command::{C_ECHO_RQ, C_STORE_RQ, CommandError, CommandSet, MAX_COMMAND_BYTES, RESPONSE};
use super::negotiation::{self, Context};
use super::part10::{FileHeader, MAX_HEADER_BYTES, Part10Error};
use super::scu_error::ScuError;
use super::status::Status;
use super::transport::{Transport, TransportError, fragment_size, pdu_name};
use super::uids;

/// Presentation context identifiers are the odd numbers up to 255 (PS3.8 9.3.2.2).
pub(super) const MAX_CONTEXTS: usize = 128;

/// Another application entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its AE title: the called one.
    pub ae_title: AeTitle,
    /// `host:port`, resolved at each connection.
    pub address: String,
}

/// How long a peer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To accept the TCP connection, name resolution included.
    pub connect: Duration,
    /// To answer an association or release request.
    pub association: Duration,
    /// To take one PDU of ours.
    pub write: Duration,
    /// To answer a DIMSE request once it has all of it; a PACS may import before it answers.
    pub response: Duration,
}

impl Default for Timeouts {
    /// 10 s, 20 s, 30 s, 120 s.
    fn default() -> Self {
        let [connect, association, write, response] = [10, 20, 30, 120].map(Duration::from_secs);
        Self { connect, association, write, response }
    }
}

/// What is to be sent: one SOP class in one transfer syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedContext {
    /// SOP class.
    pub sop_class_uid: String,
    /// The transfer syntax the files are in: nothing is transcoded.
    pub transfer_syntax: String,
}

/// A peer's answer to a C-STORE request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreResponse {
    /// Its status.
    pub status: Status,
    /// Its Error Comment; empty when it gave none.
    pub comment: String,
}

/// Asks `peer` for a C-ECHO; how long the whole exchange took, from connection to release.
pub async fn echo(peer: &Peer, calling: &AeTitle, timeouts: Timeouts) -> Result<Duration, ScuError> {
    let start = Instant::now();
    let context = ProposedContext {
        sop_class_uid: uids::VERIFICATION.to_owned(),
        transfer_syntax: uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned(),
    };
    let mut association = StoreAssociation::open(peer, calling, &[context], timeouts).await?;
    let status = association.echo().await?;
    association.release().await?;
    if status.is_success() { Ok(start.elapsed()) } else { Err(ScuError::EchoFailed(status)) }
}

/// An open association that objects can be sent on, one after the other.
///
/// Dropped without [`release`](Self::release) it closes the connection, which the peer sees as an
/// abort. After an error other than [`ScuError::NotAccepted`] and [`ScuError::File`] it is of no
/// more use.
#[derive(Debug)]
pub struct StoreAssociation {
    transport: Transport<TcpStream>,
    contexts: Vec<Context>,
    /// Maximum Length of the peer; 0 is none.
    peer_max_pdu: u32,
    timeouts: Timeouts,
    last_message_id: u16,
}

impl StoreAssociation {
    /// Connects to `peer` and negotiates `contexts` (1 to 128; repeated ones are proposed once).
    pub async fn open(
        peer: &Peer,
        calling: &AeTitle,
        contexts: &[ProposedContext],
        timeouts: Timeouts,
    ) -> Result<Self, ScuError> {
        let proposed = propose(contexts)?;
        let unreachable = |source| ScuError::Connect { address: peer.address.clone(), source };
        let connected = timeout(timeouts.connect, TcpStream::connect(peer.address.as_str())).await;
        let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut transport = Transport::new(stream);
        let request = AssociationRQ {
            protocol_version: 1,
            calling_ae_title: calling.as_str().to_owned(),
            called_ae_title: peer.ae_title.as_str().to_owned(),
            application_context_name: uids::APPLICATION_CONTEXT.to_owned(),
            presentation_contexts: proposed.clone(),
            user_variables: negotiation::our_user_variables(),
        };
        let doing = "opening an association";
        transport.send(&Pdu::AssociationRQ(request), timeouts.write).await.map_err(|e| failed(doing, e))?;
        let answer = match transport.receive(timeouts.association).await.map_err(|e| failed(doing, e))? {
            Pdu::AssociationAC(answer) => answer,
            Pdu::AssociationRJ(rejection) => {
                return Err(ScuError::Rejected {
                    called: peer.ae_title.to_string(),
                    result: if rejection.result == AssociationRJResult::Transient { 2 } else { 1 },
                    reason: rejection.source.to_string(),
                });
            }
            other => return Err(unexpected(doing, &other)),
        };
        let accepted = |context: &&PresentationContextProposed| {
            let acceptance = PresentationContextResultReason::Acceptance;
            answer.presentation_contexts.iter().any(|result| result.id == context.id && result.reason == acceptance)
        };
        let contexts: Vec<Context> = proposed.iter().filter(accepted).map(context).collect();
        let peer_max_pdu = negotiation::max_pdu(&answer.user_variables);
        let mut association = Self { transport, contexts, peer_max_pdu, timeouts, last_message_id: 0 };
        if association.contexts.is_empty() {
            association.transport.abort(AbortRQServiceProviderReason::ReasonNotSpecified).await;
            association.transport.close().await;
            let first = context(&proposed[0]);
            return Err(ScuError::NotAccepted {
                sop_class_uid: first.abstract_syntax,
                transfer_syntax: first.transfer_syntax,
            });
        }
        Ok(association)
    }

    /// Whether an object of this SOP class and transfer syntax can be sent.
    pub fn accepts(&self, sop_class_uid: &str, transfer_syntax: &str) -> bool {
        self.context(sop_class_uid, transfer_syntax).is_ok()
    }

    /// Sends the dataset of a DICOM file, byte by byte as it stands there, as the object that the
    /// command names. `Ok` is the peer's answer, whatever it says: see [`Status::is_stored`].
    pub async fn store(&mut self, file: &Path, sop_class: &Uid, sop_instance: &Uid) -> Result<StoreResponse, ScuError> {
        let (header, mut dataset, length) = open_dataset(file).await?;
        let context = self.context(sop_class.as_str(), &header.transfer_syntax)?;
        let message_id = self.next_message_id();
        let command = CommandSet::store_request(message_id, sop_class, sop_instance);
        self.send_command(context, &command).await?;
        self.send_dataset(context, &mut dataset, length).await?;
        let response = self.receive_response(context, C_STORE_RQ, message_id).await?;
        let status = response.status().map_err(|e| misspoken("waiting for a C-STORE response", e))?;
        Ok(StoreResponse { status, comment: response.error_comment() })
    }

    /// Sends a C-ECHO on this association, for which Verification must have been proposed.
    pub async fn echo(&mut self) -> Result<Status, ScuError> {
        let context = self.context(uids::VERIFICATION, uids::IMPLICIT_VR_LITTLE_ENDIAN)?;
        let message_id = self.next_message_id();
        self.send_command(context, &CommandSet::echo_request(message_id)).await?;
        let response = self.receive_response(context, C_ECHO_RQ, message_id).await?;
        response.status().map_err(|e| misspoken("waiting for a C-ECHO response", e))
    }

    /// Ends the association in order. What was answered before holds even if this fails.
    pub async fn release(mut self) -> Result<(), ScuError> {
        let doing = "releasing the association";
        self.transport.send(&Pdu::ReleaseRQ, self.timeouts.write).await.map_err(|e| failed(doing, e))?;
        match self.transport.receive(self.timeouts.association).await.map_err(|e| failed(doing, e))? {
            Pdu::ReleaseRP => {
                self.transport.close().await;
                Ok(())
            }
            other => Err(unexpected(doing, &other)),
        }
    }

    fn context(&self, sop_class_uid: &str, transfer_syntax: &str) -> Result<u8, ScuError> {
        let fits = |c: &&Context| c.abstract_syntax == sop_class_uid && c.transfer_syntax == transfer_syntax;
        self.contexts.iter().find(fits).map(|context| context.id).ok_or_else(|| ScuError::NotAccepted {
            sop_class_uid: sop_class_uid.to_owned(),
            transfer_syntax: transfer_syntax.to_owned(),
        })
    }

    fn next_message_id(&mut self) -> u16 {
        self.last_message_id = self.last_message_id.wrapping_add(1);
        self.last_message_id
    }

    async fn send_command(&mut self, context: u8, command: &CommandSet) -> Result<(), ScuError> {
        let (kind, max_pdu, within) = (PDataValueType::Command, self.peer_max_pdu, self.timeouts.write);
        let sent = self.transport.send_fragments(context, kind, &command.encode(), max_pdu, within).await;
        sent.map_err(|e| failed("sending a command", e))
    }

    /// Streams `length` bytes in PDVs as large as the peer takes. A file that changes its length
    /// meanwhile is an error, and nothing the peer could mistake for a whole object.
    async fn send_dataset(&mut self, context: u8, dataset: &mut File, length: u64) -> Result<(), ScuError> {
        let mut left = length;
        loop {
            let size = left.min(fragment_size(self.peer_max_pdu) as u64);
            let mut data = vec![0; size as usize];
            if let Err(error) = dataset.read_exact(&mut data).await {
                self.transport.abort(AbortRQServiceProviderReason::ReasonNotSpecified).await;
                return Err(Part10Error::Io(error).into());
            }
            left -= size;
            let is_last = left == 0;
            let value =
                PDataValue { presentation_context_id: context, value_type: PDataValueType::Data, is_last, data };
            let sent = self.transport.send(&Pdu::PData { data: vec![value] }, self.timeouts.write).await;
            sent.map_err(|e| failed("sending a dataset", e))?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// The response to request `message_id` of kind `field`.
    async fn receive_response(&mut self, context: u8, field: u16, message_id: u16) -> Result<CommandSet, ScuError> {
        let doing = "waiting for a response";
        let mut bytes = Vec::new();
        loop {
            let values = match self.transport.receive(self.timeouts.response).await.map_err(|e| failed(doing, e))? {
                Pdu::PData { data } => data,
                other => return Err(unexpected(doing, &other)),
            };
            for value in values {
                if value.value_type != PDataValueType::Command || value.presentation_context_id != context {
                    return Err(misspoken(doing, "it sent something else than a response to our request"));
                }
                bytes.extend_from_slice(&value.data);
                if bytes.len() > MAX_COMMAND_BYTES {
                    return Err(misspoken(doing, CommandError::TooLong));
                }
                if value.is_last {
                    let response = CommandSet::parse(&bytes).map_err(|e| misspoken(doing, e))?;
                    return check_response(response, field, message_id).map_err(|what| misspoken(doing, what));
                }
            }
        }
    }
}

/// A response must answer our last request and carry no dataset.
fn check_response(response: CommandSet, field: u16, message_id: u16) -> Result<CommandSet, String> {
    let said = (
        response.command_field().map_err(|e| e.to_string())?,
        response.message_id_responded_to().map_err(|e| e.to_string())?,
    );
    if said != (field | RESPONSE, message_id) {
        let (said_field, said_id) = said;
        return Err(format!("it answered {said_field:04X}H to message {said_id} when message {message_id} was asked"));
    }
    Ok(response)
}

/// Opens a DICOM file at the start of its dataset; with it, the number of bytes from there.
async fn open_dataset(path: &Path) -> Result<(FileHeader, File, u64), Part10Error> {
    let mut file = File::open(path).await?;
    let mut prefix = Vec::new();
    (&mut file).take(MAX_HEADER_BYTES as u64).read_to_end(&mut prefix).await?;
    let header = FileHeader::parse(&prefix)?;
    let length = file.metadata().await?.len().checked_sub(header.dataset_offset).ok_or(Part10Error::Unbounded)?;
    file.seek(io::SeekFrom::Start(header.dataset_offset)).await?;
    Ok((header, file, length))
}

fn propose(contexts: &[ProposedContext]) -> Result<Vec<PresentationContextProposed>, ScuError> {
    let mut distinct: Vec<&ProposedContext> = Vec::new();
    for context in contexts {
        if !distinct.contains(&context) {
            distinct.push(context);
        }
    }
    if distinct.is_empty() || distinct.len() > MAX_CONTEXTS {
        return Err(ScuError::ContextCount(distinct.len()));
    }
    let numbered = (1..=u8::MAX).step_by(2).zip(distinct);
    Ok(numbered
        .map(|(id, context)| PresentationContextProposed {
            id,
            abstract_syntax: context.sop_class_uid.clone(),
            transfer_syntaxes: vec![context.transfer_syntax.clone()],
        })
        .collect())
}

fn context(proposed: &PresentationContextProposed) -> Context {
    Context {
        id: proposed.id,
        abstract_syntax: proposed.abstract_syntax.clone(),
        transfer_syntax: proposed.transfer_syntaxes.concat(),
    }
}

fn failed(doing: &'static str, error: TransportError) -> ScuError {
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

fn unexpected(doing: &'static str, pdu: &Pdu) -> ScuError {
    match pdu {
        Pdu::AbortRQ { .. } => ScuError::Aborted(doing),
        other => misspoken(doing, format!("it sent {}", pdu_name(other))),
    }
}

fn misspoken(doing: &'static str, what: impl ToString) -> ScuError {
    ScuError::Protocol { doing, what: what.to_string() }
}
