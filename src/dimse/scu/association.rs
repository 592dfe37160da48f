//! An association that we asked for: opening it, messages on it, ending it.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use dicom_ul::pdu::{
    AbortRQServiceProviderReason, AssociationRJResult, AssociationRQ, PDataValue, PDataValueType, Pdu,
    PresentationContextProposed, PresentationContextResultReason,
};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::dicom::{Status, uids};
use crate::dimse::command::{CommandError, CommandSet, MAX_COMMAND_BYTES, RESPONSE};
use crate::dimse::negotiation;
use crate::dimse::presentation_context::{Context, MAX_CONTEXTS};
use crate::dimse::scu_error::{ScuError, failed, misspoken, unexpected};
use crate::dimse::transport::{Transport, TransportError, fragment_size};
use crate::identifiers::AeTitle;

use super::peer::{Peer, ProposedContext, Timeouts};

/// How long the last word of a peer that has closed the connection may take: it was sent before.
const FAREWELL: Duration = Duration::from_millis(200);

/// An open association, with at least one presentation context.
///
/// Dropped without [`release`](Self::release) it closes the connection, which the peer sees as an abort.
#[derive(Debug)]
pub(in crate::dimse) struct RequestedAssociation {
    transport: Transport<TcpStream>,
    contexts: Vec<Context>,
    /// Maximum Length of the peer; 0 is none.
    peer_max_pdu: u32,
    timeouts: Timeouts,
    last_message_id: u16,
    /// PDVs of the last PDU that no message has taken yet.
    pending: VecDeque<PDataValue>,
}

impl RequestedAssociation {
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
        if contexts.is_empty() {
            transport.abort(AbortRQServiceProviderReason::ReasonNotSpecified).await;
            transport.close().await;
            let first = context(&proposed[0]);
            return Err(not_accepted(&first.abstract_syntax, &first.transfer_syntax));
        }
        Ok(Self { transport, contexts, peer_max_pdu, timeouts, last_message_id: 0, pending: VecDeque::new() })
    }

    /// The context for objects of this SOP class in this transfer syntax.
    pub fn context(&self, sop_class_uid: &str, transfer_syntax: &str) -> Result<u8, ScuError> {
        let fits = |c: &&Context| c.abstract_syntax == sop_class_uid && c.transfer_syntax == transfer_syntax;
        let found = self.contexts.iter().find(fits).map(|context| context.id);
        found.ok_or_else(|| not_accepted(sop_class_uid, transfer_syntax))
    }

    /// The first of our contexts that the peer accepted.
    pub fn first_context(&self) -> &Context {
        // `open` gives no association without one.
        &self.contexts[0]
    }

    /// Bytes of message that fit into one PDV.
    pub fn fragment_size(&self) -> usize {
        fragment_size(self.peer_max_pdu)
    }

    pub fn next_message_id(&mut self) -> u16 {
        self.last_message_id = self.last_message_id.wrapping_add(1);
        self.last_message_id
    }

    pub async fn send_command(&mut self, context: u8, command: &CommandSet) -> Result<(), ScuError> {
        let sent = self.send_fragments(context, PDataValueType::Command, &command.encode()).await;
        sent.map_err(|e| failed("sending a command", e))
    }

    /// Sends a dataset that is in memory.
    pub async fn send_data(&mut self, context: u8, dataset: &[u8]) -> Result<(), ScuError> {
        let sent = self.send_fragments(context, PDataValueType::Data, dataset).await;
        sent.map_err(|e| failed("sending a dataset", e))
    }

    async fn send_fragments(&mut self, context: u8, kind: PDataValueType, bytes: &[u8]) -> Result<(), TransportError> {
        let (max_pdu, within) = (self.peer_max_pdu, self.timeouts.write);
        self.transport.send_fragments(context, kind, bytes, max_pdu, within).await
    }

    /// Sends one piece of a dataset, at most [`fragment_size`](Self::fragment_size) long.
    pub async fn send_value(&mut self, value: PDataValue) -> Result<(), ScuError> {
        let doing = "sending a dataset";
        match self.transport.send(&Pdu::PData { data: vec![value] }, self.timeouts.write).await {
            Ok(()) => Ok(()),
            Err(error @ TransportError::Io(_)) => {
                Err(self.farewell(doing).await.unwrap_or_else(|| failed(doing, error)))
            }
            Err(error) => Err(failed(doing, error)),
        }
    }

    /// What a peer said before it closed a connection on which nothing can be written any more.
    async fn farewell(&mut self, doing: &'static str) -> Option<ScuError> {
        match self.transport.receive(FAREWELL).await {
            Ok(Pdu::AbortRQ { .. }) => Some(ScuError::Aborted(doing)),
            _ => None,
        }
    }

    /// Answers a request of the peer.
    pub async fn respond(
        &mut self,
        context: u8,
        request: &CommandSet,
        status: Status,
        comment: &str,
    ) -> Result<(), ScuError> {
        let response = request.response(status, comment).map_err(|e| misspoken("answering a request", e))?;
        self.send_command(context, &response).await
    }

    /// The response to request `message_id` of kind `field`.
    pub async fn receive_response(&mut self, context: u8, field: u16, message_id: u16) -> Result<CommandSet, ScuError> {
        let doing = "waiting for a response";
        let response = self.receive_command(context, doing, self.timeouts.response).await?;
        // What else is in the PDU belongs to nothing that was asked.
        self.pending.clear();
        check_response(&response, field, message_id).map_err(|what| misspoken(doing, what))?;
        Ok(response)
    }

    /// The next command set on `context`, each of whose PDUs comes `within` this time. Safe to cancel
    /// where the command is not needed any more.
    pub async fn receive_command(
        &mut self,
        context: u8,
        doing: &'static str,
        within: Duration,
    ) -> Result<CommandSet, ScuError> {
        let mut bytes = Vec::new();
        loop {
            let value = self.receive_value(doing, within).await?;
            if value.value_type != PDataValueType::Command || value.presentation_context_id != context {
                return Err(misspoken(doing, "it sent something else than a command on the context of our request"));
            }
            bytes.extend_from_slice(&value.data);
            if bytes.len() > MAX_COMMAND_BYTES {
                return Err(misspoken(doing, CommandError::TooLong));
            }
            if value.is_last {
                return CommandSet::parse(&bytes).map_err(|e| misspoken(doing, e));
            }
        }
    }

    /// The next piece of the dataset that belongs to the last command on `context`.
    pub async fn receive_data(
        &mut self,
        context: u8,
        doing: &'static str,
        within: Duration,
    ) -> Result<PDataValue, ScuError> {
        let value = self.receive_value(doing, within).await?;
        if value.value_type != PDataValueType::Data || value.presentation_context_id != context {
            return Err(misspoken(doing, "it sent something else where the dataset of its last command must follow"));
        }
        Ok(value)
    }

    async fn receive_value(&mut self, doing: &'static str, within: Duration) -> Result<PDataValue, ScuError> {
        loop {
            if let Some(value) = self.pending.pop_front() {
                return Ok(value);
            }
            match self.transport.receive(within).await.map_err(|e| failed(doing, e))? {
                Pdu::PData { data } => self.pending.extend(data),
                other => {
                    if other == Pdu::ReleaseRQ {
                        // The association is over for the peer too: nothing hangs on this answer.
                        let _ = self.transport.send(&Pdu::ReleaseRP, self.timeouts.write).await;
                    }
                    return Err(unexpected(doing, &other));
                }
            }
        }
    }

    /// Ends the association in order.
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

    /// Tells the peer that the association is over.
    pub async fn abort(&mut self) {
        self.transport.abort(AbortRQServiceProviderReason::ReasonNotSpecified).await;
    }
}

/// A response must answer our last request.
pub(in crate::dimse) fn check_response(response: &CommandSet, field: u16, message_id: u16) -> Result<(), String> {
    let said = (
        response.command_field().map_err(|e| e.to_string())?,
        response.message_id_responded_to().map_err(|e| e.to_string())?,
    );
    if said != (field | RESPONSE, message_id) {
        let (said_field, said_id) = said;
        return Err(format!("it answered {said_field:04X}H to message {said_id} when message {message_id} was asked"));
    }
    Ok(())
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

fn not_accepted(sop_class_uid: &str, transfer_syntax: &str) -> ScuError {
    ScuError::NotAccepted { sop_class_uid: sop_class_uid.to_owned(), transfer_syntax: transfer_syntax.to_owned() }
}
