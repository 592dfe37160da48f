//! Asking a destination to commit itself to what it took. Its answer comes on the same association, or later on one
//! that it opens to our receiver.

use std::time::Duration;

use super::error::DeliveryError;
use super::terms::{peer_of, terms};
use crate::config::{Destination, Settings};
use crate::dicom::FailureReason;
use crate::dimse::{CommitmentObject, CommitmentReport, CommitmentRequest, Timeouts, request_commitment};
use crate::identifiers::Uid;
use crate::store::{Store, Verdict};

/// Objects in one transaction.
const AT_A_TIME: u32 = 200;
/// How long the association is kept for an answer on it.
const LINGER: Duration = Duration::from_secs(2);

/// Asks for what is due: nothing was, the destination took the question, or why it did not. Without an answer within
/// its longest pause it is asked again.
pub async fn ask(
    store: &Store,
    settings: &Settings,
    destination: &Destination,
) -> Result<Option<Result<(), String>>, DeliveryError> {
    let begun = store.begin_commitment(&destination.name, AT_A_TIME, destination.retry.at_most).await?;
    let Some(begun) = begun else { return Ok(None) };
    let object = |(sop_class_uid, sop_instance_uid)| CommitmentObject { sop_class_uid, sop_instance_uid };
    let request = CommitmentRequest {
        transaction_uid: begun.transaction_uid.clone(),
        objects: begun.objects.into_iter().map(object).collect(),
    };
    let (peer, calling) = (peer_of(destination), &settings.server.ae_title);
    let error = match request_commitment(&peer, calling, &request, Timeouts::default(), LINGER).await {
        Ok(answer) => {
            let (is_taken, said) = (answer.status.is_stored(), format!("{} {}", answer.status, answer.comment));
            // It was answered with Success, whatever the archive says of the question.
            if let Some(report) = answer.report {
                record(store, settings, report).await?;
            }
            if is_taken {
                let objects = request.objects.len();
                tracing::info!(objects, "Storage commitment is asked for");
                return Ok(Some(Ok(())));
            }
            format!("storage commitment is refused: {}", said.trim())
        }
        Err(error) => format!("storage commitment cannot be asked for: {error}"),
    };
    store.commitment_not_taken(&begun.transaction_uid, &error, terms(destination)).await?;
    Ok(Some(Err(error)))
}

/// Writes down what a destination said. False when it names no transaction of ours.
pub async fn record(store: &Store, settings: &Settings, report: CommitmentReport) -> Result<bool, DeliveryError> {
    let (committed, failed) = (report.committed.len(), report.failed.len());
    let committed_to = report.committed.into_iter().map(|uid| (uid, Verdict::Committed));
    let refused = report.failed.into_iter().map(|f| (f.sop_instance_uid, verdict(f.reason)));
    let verdicts: Vec<(Uid, Verdict)> = committed_to.chain(refused).collect();
    let destinations = settings.destinations.clone();
    let terms = move |name: &str| destinations.iter().find(|d| d.name == name).map(terms);
    let known = store.record_commitment(&report.transaction_uid, verdicts, terms).await?;
    tracing::info!(transaction = %report.transaction_uid, committed, failed, known, "A destination reports on storage commitment");
    Ok(known)
}

/// What a destination means by its reason.
fn verdict(reason: FailureReason) -> Verdict {
    match reason {
        FailureReason::NO_SUCH_OBJECT => Verdict::Missing,
        passing if passing.is_transient() => Verdict::Later { reason },
        _ => Verdict::Refused { reason },
    }
}
