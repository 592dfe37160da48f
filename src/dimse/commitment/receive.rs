//! A report on an association that the archive opened: from its command to its response.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::dicom::Status;
use crate::dimse::association::Association;
use crate::dimse::command::CommandSet;
use crate::dimse::presentation_context::Context;
use crate::dimse::service::{EndReason, Refusal, StorageService};

use super::event::IncomingReport;
use super::transaction::CommitmentReport;

impl<S: StorageService, T: AsyncRead + AsyncWrite + Unpin + Send> Association<'_, S, T> {
    /// Serves an N-EVENT-REPORT of storage commitment. Whatever is decided, the dataset is read to
    /// its end and the command answered; an error is the end of the association.
    pub(in crate::dimse) async fn take_commitment_report(
        &mut self,
        context: Context,
        command: CommandSet,
    ) -> Result<(), EndReason> {
        let outcome = match self.receive_report(&context, &command).await? {
            Ok(report) => self.service.commitment_reported(&self.info, report).await,
            Err(refusal) => {
                tracing::warn!(reason = %refusal, "A storage commitment report is refused");
                Err(refusal)
            }
        };
        let (status, comment) = match outcome {
            Ok(()) => (Status::SUCCESS, String::new()),
            Err(refusal) => (refusal.status, refusal.comment),
        };
        self.respond(&context, &command, status, &comment).await
    }

    async fn receive_report(
        &mut self,
        context: &Context,
        command: &CommandSet,
    ) -> Result<Result<CommitmentReport, Refusal>, EndReason> {
        let mut report = IncomingReport::begin(context, command);
        let mut more = command.has_dataset().map_err(|error| EndReason::ProtocolError(error.to_string()))?;
        while more {
            if report.is_refused() {
                self.skip_dataset(context).await?;
                break;
            }
            let value = self.receive_data(context).await?;
            report.push(&value.data);
            more = !value.is_last;
        }
        Ok(report.finish())
    }
}
