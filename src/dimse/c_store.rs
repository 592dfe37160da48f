//! C-STORE as SCP: one object from its command to its response.

use tokio::io::{AsyncRead, AsyncWrite};
use tracing::Instrument;

use crate::identifiers::Uid;

use super::association::Association;
use super::command::CommandSet;
use super::presentation_context::Context;
use super::service::{EndReason, IncomingObject, Refusal, StorageService, StoreRequest};
use crate::dicom::{DatasetSummary, Scanner, Status};

impl<S: StorageService, T: AsyncRead + AsyncWrite + Unpin + Send> Association<'_, S, T> {
    /// Serves a C-STORE request. Whatever the service decides, the dataset is read to its end and
    /// the command answered; an error is the end of the association.
    pub(super) async fn store(&mut self, context: Context, command: CommandSet) -> Result<(), EndReason> {
        let outcome = self.store_outcome(&context, &command).await;
        if !matches!(outcome, Ok(Ok(_))) {
            self.tally.refused += 1;
        }
        match outcome? {
            Ok(status) => {
                self.respond(&context, &command, status, "").await?;
                self.tally.stored += 1;
                Ok(())
            }
            Err(refusal) => self.respond(&context, &command, refusal.status, &refusal.comment).await,
        }
    }

    async fn store_outcome(
        &mut self,
        context: &Context,
        command: &CommandSet,
    ) -> Result<Result<Status, Refusal>, EndReason> {
        let has_dataset = command.has_dataset().map_err(|error| EndReason::ProtocolError(error.to_string()))?;
        let request = match check_request(context, command, has_dataset) {
            Ok(request) => request,
            Err(refusal) => {
                let uid: String = command.affected_sop_instance_uid().chars().take(64).collect();
                self.service.refused(&self.info, &uid, &refusal).await;
                if has_dataset {
                    self.skip_dataset(context).await?;
                }
                return Ok(Err(refusal));
            }
        };
        // The study is filled in once the dataset has told it.
        let span = tracing::info_span!("object", image = %request.sop_instance_uid, study = tracing::field::Empty);
        self.take_object(context, &request).instrument(span).await
    }

    async fn take_object(
        &mut self,
        context: &Context,
        request: &StoreRequest,
    ) -> Result<Result<Status, Refusal>, EndReason> {
        match self.service.begin(&self.info, request).await {
            Ok(incoming) => self.receive_object(context, request, incoming).await,
            Err(refusal) => {
                self.skip_dataset(context).await?;
                Ok(Err(refusal))
            }
        }
    }

    /// Passes a dataset to `incoming` while the scanner walks it.
    async fn receive_object(
        &mut self,
        context: &Context,
        request: &StoreRequest,
        mut incoming: S::Incoming,
    ) -> Result<Result<Status, Refusal>, EndReason> {
        let mut scanner = match Scanner::new(&request.transfer_syntax, self.rules.max_object_bytes) {
            Ok(scanner) => scanner,
            Err(error) => {
                let refusal = error.into();
                incoming.refuse(&refusal, DatasetSummary::default()).await;
                self.skip_dataset(context).await?;
                return Ok(Err(refusal));
            }
        };
        loop {
            let value = match self.receive_data(context).await {
                Ok(value) => value,
                Err(end) => {
                    let comment = format!("the association ended before the dataset did: {end}");
                    let refusal = Refusal::new(Status::PROCESSING_FAILURE, comment);
                    incoming.refuse(&refusal, scanner.summary_so_far()).await;
                    return Err(end);
                }
            };
            let taken = match scanner.push(&value.data) {
                Ok(()) => incoming.write(value.data.into()).await,
                Err(error) => Err(error.into()),
            };
            if let Err(refusal) = taken {
                incoming.refuse(&refusal, scanner.summary_so_far()).await;
                if !value.is_last {
                    self.skip_dataset(context).await?;
                }
                return Ok(Err(refusal));
            }
            if value.is_last {
                break;
            }
        }
        let so_far = scanner.summary_so_far();
        match scanner.finish().map_err(Refusal::from).and_then(|summary| check_match(request, summary)) {
            Ok(summary) => {
                tracing::Span::current().record("study", summary.study_instance_uid.as_deref());
                Ok(incoming.commit(summary).await)
            }
            Err(refusal) => {
                incoming.refuse(&refusal, so_far).await;
                Ok(Err(refusal))
            }
        }
    }
}

/// What a C-STORE command must say before its dataset is looked at.
fn check_request(context: &Context, command: &CommandSet, has_dataset: bool) -> Result<StoreRequest, Refusal> {
    let message_id = command.message_id().map_err(|e| Refusal::new(Status::CANNOT_UNDERSTAND, e.to_string()))?;
    let class = command.affected_sop_class_uid();
    if class != context.abstract_syntax {
        let comment = "SOP class is not that of the presentation context";
        return Err(Refusal::new(Status::SOP_CLASS_NOT_SUPPORTED, comment));
    }
    let sop_class_uid = Uid::new(&class)
        .map_err(|_| Refusal::new(Status::SOP_CLASS_NOT_SUPPORTED, "Affected SOP Class UID is no valid UID"))?;
    let sop_instance_uid = Uid::new(&command.affected_sop_instance_uid())
        .map_err(|_| Refusal::new(Status::INVALID_SOP_INSTANCE, "Affected SOP Instance UID is no valid UID"))?;
    if !has_dataset {
        return Err(Refusal::new(Status::CANNOT_UNDERSTAND, "C-STORE without a dataset"));
    }
    let transfer_syntax = context.transfer_syntax.clone();
    Ok(StoreRequest { message_id, sop_class_uid, sop_instance_uid, transfer_syntax })
}

/// The dataset must be the one the command announced (PS3.4 B.2.3, A900).
fn check_match(request: &StoreRequest, summary: DatasetSummary) -> Result<DatasetSummary, Refusal> {
    let differs = |comment| Err(Refusal::new(Status::DATASET_MISMATCH, comment));
    if summary.sop_class_uid.as_deref() != Some(request.sop_class_uid.as_str()) {
        return differs("SOP Class UID of the dataset is not the command's");
    }
    if summary.sop_instance_uid.as_deref() != Some(request.sop_instance_uid.as_str()) {
        return differs("SOP Instance UID of the dataset is not the command's");
    }
    Ok(summary)
}
