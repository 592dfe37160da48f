//! One accepted association: reads messages, answers them, and says why it ended.

use std::collections::VecDeque;
use std::time::Duration;

use dicom_ul::pdu::{AbortRQServiceProviderReason, PDataValue, PDataValueType, Pdu};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;

use super::command::{
    C_CANCEL_RQ, C_ECHO_RQ, C_STORE_RQ, CommandError, CommandSet, MAX_COMMAND_BYTES, N_EVENT_REPORT_RQ, RESPONSE,
};
use super::presentation_context::Context;
use super::service::{AssociationEnd, AssociationInfo, EndReason, Rules, StorageService};
use super::transport::{Transport, TransportError, pdu_name};
use crate::dicom::Status;
use crate::dicom::uids::STORAGE_COMMITMENT;

/// A message that has taken longer than the idle timeout must have come at this rate at least. A
/// peer that drips a byte now and then would otherwise hold its association for ever.
const SLOWEST_BYTES_PER_SECOND: f64 = 1024.0;

/// An accepted association.
pub(super) struct Association<'a, S, T> {
    pub(super) service: &'a S,
    pub(super) info: AssociationInfo,
    pub(super) rules: Rules,
    pub(super) tally: Tally,
    transport: Transport<T>,
    contexts: Vec<Context>,
    /// Maximum Length of the peer; 0 is none.
    peer_max_pdu: u32,
    /// PDVs of the last PDU that no message has taken yet.
    pending: VecDeque<PDataValue>,
    /// How the message that is under way comes along.
    pace: Pace,
    shutdown: watch::Receiver<bool>,
}

/// What an association did.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub echoes: u64,
    pub stored: u64,
    pub refused: u64,
    pub bytes: u64,
}

/// How much of a message came in how much time spent waiting for the peer.
#[derive(Debug, Default)]
struct Pace {
    waited: Duration,
    bytes: u64,
}

impl Pace {
    fn is_too_slow(&self, grace: Duration) -> bool {
        self.waited > grace && (self.bytes as f64) < self.waited.as_secs_f64() * SLOWEST_BYTES_PER_SECOND
    }
}

impl<'a, S: StorageService, T: AsyncRead + AsyncWrite + Unpin + Send> Association<'a, S, T> {
    pub fn new(
        service: &'a S,
        info: AssociationInfo,
        rules: Rules,
        transport: Transport<T>,
        contexts: Vec<Context>,
        peer_max_pdu: u32,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        Self {
            service,
            info,
            rules,
            tally: Tally::default(),
            transport,
            contexts,
            peer_max_pdu,
            pending: VecDeque::new(),
            pace: Pace::default(),
            shutdown,
        }
    }

    /// Serves the association to its end, and tells the service. Returns the connection, on which
    /// all is said, to be closed.
    pub async fn run(mut self) -> Transport<T> {
        let start = Instant::now();
        let reason = loop {
            if let Err(reason) = self.serve_message().await {
                break reason;
            }
        };
        self.say_goodbye(&reason).await;
        let Tally { echoes, stored, refused, bytes } = self.tally;
        let end = AssociationEnd { reason, echoes, stored, refused, bytes, duration: start.elapsed() };
        self.service.ended(&self.info, &end).await;
        self.transport
    }

    /// Reads one message and answers it.
    async fn serve_message(&mut self) -> Result<(), EndReason> {
        let (context, command) = self.receive_command().await?;
        match command.command_field().map_err(broken)? {
            C_STORE_RQ => self.store(context, command).await,
            C_ECHO_RQ => {
                self.skip_dataset_of(&command, &context).await?;
                self.respond(&context, &command, Status::SUCCESS, "").await?;
                self.tally.echoes += 1;
                Ok(())
            }
            N_EVENT_REPORT_RQ if context.abstract_syntax == STORAGE_COMMITMENT => {
                self.take_commitment_report(context, command).await
            }
            // Nothing is ever under way that could be cancelled, and a cancel has no response.
            C_CANCEL_RQ => Ok(()),
            field if field & RESPONSE != 0 => {
                Err(EndReason::ProtocolError(format!("the peer answered ({field:04X}H) though nothing was asked")))
            }
            field => {
                self.skip_dataset_of(&command, &context).await?;
                let comment = format!("operation {field:04X}H is not supported here");
                self.respond(&context, &command, Status::UNRECOGNISED_OPERATION, &comment).await
            }
        }
    }

    /// The next command set, in however many PDVs it comes. Waiting for its first PDV ends at a
    /// shutdown; after that the message is finished first.
    async fn receive_command(&mut self) -> Result<(Context, CommandSet), EndReason> {
        // The pace of the last message is settled, and idling between messages is no pace.
        self.pace = Pace::default();
        let mut shutdown = self.shutdown.clone();
        let first = tokio::select! {
            biased;
            // An error means that the sender is gone, and with it the receiver: the same thing.
            _ = shutdown.wait_for(|&stopping| stopping) => return Err(EndReason::ShuttingDown),
            value = self.receive_value() => value?,
        };
        self.pace = Pace { waited: Duration::ZERO, bytes: first.data.len() as u64 };
        let context = self.context(first.presentation_context_id)?;
        let mut bytes = Vec::new();
        let mut value = first;
        loop {
            if value.value_type != PDataValueType::Command {
                return Err(EndReason::ProtocolError("the peer sent a dataset without a command".to_owned()));
            }
            check_context(&value, &context)?;
            if bytes.len() + value.data.len() > MAX_COMMAND_BYTES {
                return Err(broken(CommandError::TooLong));
            }
            bytes.extend_from_slice(&value.data);
            if value.is_last {
                return Ok((context, CommandSet::parse(&bytes).map_err(broken)?));
            }
            value = self.receive_more().await?;
        }
    }

    /// The next PDV of the dataset that belongs to the command of `context`.
    pub(super) async fn receive_data(&mut self, context: &Context) -> Result<PDataValue, EndReason> {
        let value = self.receive_more().await?;
        check_context(&value, context)?;
        if value.value_type != PDataValueType::Data {
            return Err(EndReason::ProtocolError(
                "the peer sent a command where the dataset of the last one must follow".to_owned(),
            ));
        }
        self.tally.bytes += value.data.len() as u64;
        Ok(value)
    }

    /// Reads and drops the rest of a dataset, so that its command can be answered and the
    /// association lives on. Dropping is bounded as storing is.
    pub(super) async fn skip_dataset(&mut self, context: &Context) -> Result<(), EndReason> {
        let mut dropped = 0;
        loop {
            let value = self.receive_data(context).await?;
            dropped += value.data.len() as u64;
            if dropped > self.rules.max_object_bytes {
                let limit = self.rules.max_object_bytes;
                return Err(EndReason::ProtocolError(format!("a refused dataset went on for more than {limit} bytes")));
            }
            if value.is_last {
                return Ok(());
            }
        }
    }

    async fn skip_dataset_of(&mut self, command: &CommandSet, context: &Context) -> Result<(), EndReason> {
        if command.has_dataset().map_err(broken)? { self.skip_dataset(context).await } else { Ok(()) }
    }

    /// Answers a request.
    pub(super) async fn respond(
        &mut self,
        context: &Context,
        request: &CommandSet,
        status: Status,
        comment: &str,
    ) -> Result<(), EndReason> {
        let response = request.response(status, comment).map_err(broken)?.encode();
        let (max_pdu, within) = (self.peer_max_pdu, self.rules.idle_timeout);
        let sent = self.transport.send_fragments(context.id, PDataValueType::Command, &response, max_pdu, within);
        sent.await.map_err(lost)
    }

    /// The next PDV of a message that has begun, in which a release has no place.
    async fn receive_more(&mut self) -> Result<PDataValue, EndReason> {
        self.receive_value().await.map_err(|end| match end {
            EndReason::Released => {
                EndReason::ProtocolError("the peer released the association in the middle of a message".to_owned())
            }
            other => other,
        })
    }

    /// The next PDV, whatever it belongs to; the end of the association if none comes.
    async fn receive_value(&mut self) -> Result<PDataValue, EndReason> {
        loop {
            if let Some(value) = self.pending.pop_front() {
                self.pace.bytes += value.data.len() as u64;
                return Ok(value);
            }
            if self.pace.is_too_slow(self.rules.idle_timeout) {
                return Err(EndReason::TooSlow);
            }
            let asked = Instant::now();
            let received = self.transport.receive(self.rules.idle_timeout).await;
            self.pace.waited += asked.elapsed();
            match received.map_err(lost)? {
                Pdu::PData { data } => self.pending.extend(data),
                Pdu::ReleaseRQ => return Err(EndReason::Released),
                Pdu::AbortRQ { .. } => return Err(EndReason::AbortedByPeer),
                other => {
                    return Err(EndReason::ProtocolError(format!(
                        "the peer sent {} on an open association",
                        pdu_name(&other)
                    )));
                }
            }
        }
    }

    fn context(&self, id: u8) -> Result<Context, EndReason> {
        self.contexts.iter().find(|context| context.id == id).cloned().ok_or_else(|| {
            EndReason::ProtocolError(format!("the peer used presentation context {id}, which was not accepted"))
        })
    }

    /// Answers a release, and aborts what cannot go on.
    async fn say_goodbye(&mut self, reason: &EndReason) {
        match reason {
            EndReason::Released => {
                // The association is over for the peer too: nothing hangs on this answer.
                let _ = self.transport.send(&Pdu::ReleaseRP, self.rules.idle_timeout).await;
            }
            EndReason::AbortedByPeer | EndReason::ConnectionLost(_) => {}
            EndReason::ProtocolError(_) => self.transport.abort(AbortRQServiceProviderReason::UnexpectedPdu).await,
            EndReason::Silent | EndReason::TooSlow | EndReason::ShuttingDown => {
                self.transport.abort(AbortRQServiceProviderReason::ReasonNotSpecified).await;
            }
        }
    }
}

/// One message at a time: contexts may not be interleaved (PS3.8 Annex E).
fn check_context(value: &PDataValue, context: &Context) -> Result<(), EndReason> {
    if value.presentation_context_id == context.id {
        return Ok(());
    }
    Err(EndReason::ProtocolError(format!(
        "the peer sent presentation context {} in the middle of a message on context {}",
        value.presentation_context_id, context.id
    )))
}

fn broken(error: CommandError) -> EndReason {
    EndReason::ProtocolError(error.to_string())
}

fn lost(error: TransportError) -> EndReason {
    match error {
        TransportError::TimedOut(_) => EndReason::Silent,
        TransportError::Closed => EndReason::ConnectionLost("the peer closed it without a release".to_owned()),
        TransportError::ClosedInsidePdu | TransportError::Io(_) => EndReason::ConnectionLost(error.to_string()),
        TransportError::TooLong { .. }
        | TransportError::Tls
        | TransportError::Malformed { .. }
        | TransportError::Unwritable(_) => EndReason::ProtocolError(error.to_string()),
    }
}
