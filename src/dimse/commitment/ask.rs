//! Asking an archive: an N-ACTION on an association of its own, and the report if it comes there.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::dicom::Status;
use crate::dicom::uids::{COMMITMENT_TRANSFER_SYNTAXES, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE};
use crate::dimse::command::{CommandSet, N_ACTION_RQ, N_EVENT_REPORT_RQ, RESPONSE};
use crate::dimse::presentation_context::Context;
use crate::dimse::scu::{Peer, ProposedContext, RequestedAssociation, Timeouts, check_response};
use crate::dimse::scu_error::{ScuError, misspoken};
use crate::dimse::service::Refusal;
use crate::identifiers::{AeTitle, Uid};

use super::event::IncomingReport;
use super::request::encode;
use super::transaction::{CommitmentAnswer, CommitmentReport, CommitmentRequest, MAX_OBJECTS};

/// Action type "Request Storage Commitment" (PS3.4 table J.3-1).
const REQUEST_STORAGE_COMMITMENT: u16 = 1;

const DOING: &str = "waiting for the answer to an N-ACTION";

/// Asks `peer` to answer for the objects of `request`, on an association of its own; then waits up to
/// `linger` on it for the report, answers that, and releases. A peer that reports before it answers
/// the N-ACTION is fine too.
///
/// Most archives report on an association that they open later: no report within `linger` is
/// `report: None`, no error, and so is an association that the peer ends meanwhile. A report is
/// answered before it is returned: whoever loses it must ask again, under a new transaction UID.
/// One on another transaction is refused, and the archive may bring it again elsewhere.
///
/// # Errors
/// [`ScuError`]. One after the N-ACTION was sent does not mean that it was not taken: the archive may
/// still report, so a caller records the transaction before it asks.
pub async fn request_commitment(
    peer: &Peer,
    calling: &AeTitle,
    request: &CommitmentRequest,
    timeouts: Timeouts,
    linger: Duration,
) -> Result<CommitmentAnswer, ScuError> {
    if !(1..=MAX_OBJECTS).contains(&request.objects.len()) {
        return Err(ScuError::ObjectCount(request.objects.len()));
    }
    let proposed = COMMITMENT_TRANSFER_SYNTAXES.map(|transfer_syntax| ProposedContext {
        sop_class_uid: STORAGE_COMMITMENT.to_owned(),
        transfer_syntax: transfer_syntax.to_owned(),
    });
    let mut association = RequestedAssociation::open(peer, calling, &proposed, timeouts).await?;
    let context = association.first_context().clone();
    let message_id = association.next_message_id();
    let command = CommandSet::action_request(
        message_id,
        STORAGE_COMMITMENT,
        STORAGE_COMMITMENT_INSTANCE,
        REQUEST_STORAGE_COMMITMENT,
    );
    association.send_command(context.id, &command).await?;
    association.send_data(context.id, &encode(request, &context.transfer_syntax)).await?;
    let transaction = &request.transaction_uid;
    // Longer than any wait below: those end by their own clock.
    let patience = timeouts.response.saturating_add(linger);
    let mut conversation = Conversation { association, context, transaction, patience, report: None };
    let (status, comment) = match conversation.until_answered(message_id, timeouts.response).await {
        Ok(answer) => answer,
        // It reported on what was asked, so it took the request.
        Err(_) if conversation.report.is_some() => {
            return Ok(CommitmentAnswer {
                status: Status::SUCCESS,
                comment: String::new(),
                report: conversation.report,
            });
        }
        Err(error) => return Err(error),
    };
    let can_release = !status.is_stored() || conversation.until_reported(linger).await;
    let Conversation { association, report, .. } = conversation;
    if can_release {
        // The answer holds, however the association ends.
        let _ = association.release().await;
    }
    Ok(CommitmentAnswer { status, comment, report })
}

/// What is said after the request is sent.
struct Conversation<'a> {
    association: RequestedAssociation,
    context: Context,
    transaction: &'a Uid,
    /// How long a single PDU may take.
    patience: Duration,
    /// The report on our transaction, once it is there.
    report: Option<CommitmentReport>,
}

/// A message of the peer.
enum Message {
    Answer(CommandSet),
    /// The command of an N-EVENT-REPORT, and what its dataset says.
    Report(CommandSet, Result<CommitmentReport, Refusal>),
}

impl Conversation<'_> {
    /// Waits for the N-ACTION's status and comment, and takes reports that come first.
    async fn until_answered(&mut self, message_id: u16, within: Duration) -> Result<(Status, String), ScuError> {
        let deadline = Instant::now() + within;
        loop {
            let message = self.next_message_by(deadline).await.ok_or_else(|| ScuError::Connection {
                doing: DOING,
                what: format!("no answer within {} s", within.as_secs_f32()),
            })?;
            match message? {
                Message::Report(command, outcome) => self.take_report(&command, outcome).await?,
                Message::Answer(answer) => {
                    check_response(&answer, N_ACTION_RQ, message_id).map_err(|what| misspoken(DOING, what))?;
                    let status = answer.status().map_err(|e| misspoken(DOING, e))?;
                    return Ok((status, answer.error_comment()));
                }
            }
        }
    }

    /// Waits for the report; whether the association can still be released afterwards.
    async fn until_reported(&mut self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        while self.report.is_none() {
            match self.next_message_by(deadline).await {
                None => return true,
                Some(Ok(Message::Report(command, outcome))) => {
                    if self.take_report(&command, outcome).await.is_err() {
                        return false;
                    }
                }
                // The peer ended it, or answers what was not asked.
                Some(Ok(Message::Answer(_)) | Err(_)) => return false,
            }
        }
        true
    }

    /// The next message, if it is complete in time; a peer that never falls silent has no more of it.
    async fn next_message_by(&mut self, deadline: Instant) -> Option<Result<Message, ScuError>> {
        if Instant::now() >= deadline {
            return None;
        }
        timeout_at(deadline, self.next_message()).await.ok()
    }

    /// Reads one message. Only reads: to be cancelled where no more is awaited.
    async fn next_message(&mut self) -> Result<Message, ScuError> {
        let command = self.association.receive_command(self.context.id, DOING, self.patience).await?;
        let field = command.command_field().map_err(|e| misspoken(DOING, e))?;
        let is_answer = field & RESPONSE != 0;
        if !is_answer && field != N_EVENT_REPORT_RQ {
            return Err(misspoken(DOING, format!("it asked for operation {field:04X}H")));
        }
        let mut report = (!is_answer).then(|| IncomingReport::begin(&self.context, &command));
        let mut more = command.has_dataset().map_err(|e| misspoken(DOING, e))?;
        while more {
            let value = self.association.receive_data(self.context.id, DOING, self.patience).await?;
            // The dataset of an answer says nothing that storage commitment has a use for.
            if let Some(report) = &mut report {
                report.push(&value.data);
            }
            more = !value.is_last;
        }
        Ok(match report {
            Some(report) => Message::Report(command, report.finish()),
            None => Message::Answer(command),
        })
    }

    /// Answers a report, and keeps it if it is on our transaction.
    async fn take_report(
        &mut self,
        command: &CommandSet,
        outcome: Result<CommitmentReport, Refusal>,
    ) -> Result<(), ScuError> {
        let outcome = outcome.and_then(|report| {
            if report.transaction_uid == *self.transaction {
                return Ok(report);
            }
            let comment = "this association is for another transaction";
            Err(Refusal::new(Status::INVALID_ARGUMENT_VALUE, comment))
        });
        let (status, comment) = match outcome {
            Ok(report) => {
                self.report = Some(report);
                (Status::SUCCESS, String::new())
            }
            Err(refusal) => {
                tracing::warn!(
                    transaction = %self.transaction, reason = %refusal,
                    "A storage commitment report is refused"
                );
                (refusal.status, refusal.comment)
            }
        };
        self.association.respond(self.context.id, command, status, &comment).await
    }
}
