//! Storage commitment: what we ask of an archive, and what it may tell us, on either association.

mod asking;
mod reporting;

use spinetriage::dicom::uids::{STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE};
use spinetriage::dicom::{FailureReason, Status};
use spinetriage::dimse::command::CommandSet;
use spinetriage::dimse::{CommitmentFailure, CommitmentReport};
use spinetriage::identifiers::Uid;

use crate::dimse::wire::{Answer, LAST_COMMAND, Wire, data, pdata};

/// The presentation context of storage commitment.
const CONTEXT: u8 = 1;
/// The transaction that we asked for.
const TRANSACTION: &str = "2.25.77";

/// Event types: all committed, some failed.
const COMMITTED: u16 = 1;
const FAILURES_EXIST: u16 = 2;

fn uid(text: &str) -> Uid {
    Uid::new(text).unwrap()
}

/// The report that [`commitment_report`](crate::dimse::objects::commitment_report) writes.
fn report(transaction: &str, committed: &[&str], failed: &[(&str, u16)]) -> CommitmentReport {
    let failure = |&(instance, reason): &(&str, u16)| CommitmentFailure {
        sop_instance_uid: uid(instance),
        reason: FailureReason(reason),
    };
    CommitmentReport {
        transaction_uid: uid(transaction),
        committed: committed.iter().map(|instance| uid(instance)).collect(),
        failed: failed.iter().map(failure).collect(),
    }
}

/// The command of an N-EVENT-REPORT of storage commitment.
fn event(message_id: u16, event_type: u16) -> Vec<u8> {
    CommandSet::event_report_request(message_id, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, event_type).encode()
}

/// Sends an N-EVENT-REPORT, and returns the status and comment it is answered with.
async fn tell(wire: &mut Wire, message_id: u16, command: &[u8], dataset: &[u8]) -> (Status, String) {
    wire.send(&[pdata(&[(CONTEXT, LAST_COMMAND, command)]), data(CONTEXT, dataset)].concat()).await;
    told(wire, message_id).await
}

/// The answer to N-EVENT-REPORT `message_id`.
async fn told(wire: &mut Wire, message_id: u16) -> (Status, String) {
    match wire.answer().await {
        Answer::Command(CONTEXT, response) => {
            assert_eq!(response.command_field(), Ok(0x8100));
            assert_eq!(response.message_id_responded_to(), Ok(message_id));
            (response.status().unwrap(), response.error_comment())
        }
        other => panic!("expected an N-EVENT-REPORT response, got {other:?}"),
    }
}
