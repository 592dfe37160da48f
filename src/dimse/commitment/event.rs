//! An N-EVENT-REPORT on its way, at whichever end of the association: what its command must say, and
//! its dataset.

use crate::dicom::Status;
use crate::dicom::uids::{STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE};
use crate::dimse::command::CommandSet;
use crate::dimse::presentation_context::Context;
use crate::dimse::service::Refusal;

use super::report::ReportReader;
use super::transaction::CommitmentReport;

/// Event types of the SOP class (PS3.4 J.3.3.1): all objects are committed, some are not. What holds
/// for each object is in the dataset, so the two are read alike.
const EVENT_TYPES: [u16; 2] = [1, 2];

/// A report whose command is read and whose dataset comes, or why it is not taken.
pub(super) struct IncomingReport(Result<ReportReader, Refusal>);

impl IncomingReport {
    pub fn begin(context: &Context, command: &CommandSet) -> Self {
        Self(check(command).and_then(|()| Ok(ReportReader::new(&context.transfer_syntax)?)))
    }

    /// More of the dataset. Once the report is refused the rest is not looked at.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Ok(reader) = &mut self.0
            && let Err(error) = reader.push(bytes)
        {
            self.0 = Err(error.into());
        }
    }

    pub fn is_refused(&self) -> bool {
        self.0.is_err()
    }

    /// The dataset is over.
    pub fn finish(self) -> Result<CommitmentReport, Refusal> {
        Ok(self.0?.finish()?)
    }
}

/// What the command of a report must say (PS3.7 10.1.1.1.8 has the statuses).
fn check(command: &CommandSet) -> Result<(), Refusal> {
    if command.affected_sop_class_uid() != STORAGE_COMMITMENT {
        return Err(Refusal::new(Status::NO_SUCH_SOP_CLASS, "the event is not of Storage Commitment Push Model"));
    }
    if command.affected_sop_instance_uid() != STORAGE_COMMITMENT_INSTANCE {
        let comment = format!("the event is not of instance {STORAGE_COMMITMENT_INSTANCE}");
        return Err(Refusal::new(Status::NO_SUCH_SOP_INSTANCE, comment));
    }
    if !command.event_type_id().is_ok_and(|event_type| EVENT_TYPES.contains(&event_type)) {
        return Err(Refusal::new(Status::NO_SUCH_EVENT_TYPE, "storage commitment has event types 1 and 2"));
    }
    Ok(())
}
