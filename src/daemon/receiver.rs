//! The DIMSE door: what the Storage SCP asks, answered from settings, intake and store.
//!
//! Success leaves only after the file is durable and its row committed (promise 1).

use std::net::SocketAddr;

use bytes::Bytes;

use crate::config::SettingsHandle;
use crate::delivery::commitment;
use crate::dicom::{DatasetSummary, Status};
use crate::dimse::{
    AssociationEnd, AssociationInfo, CommitmentReport, IncomingObject, Refusal, Rejection, Rules, StorageService,
    StoreRequest,
};
use crate::intake::{Announced, Arrival, Intake, IntakeError, Origin, admission};
use crate::store::{Event, EventKind, Outcome, Store, StoreError};

/// The daemon's Storage SCP service.
pub struct Receiver {
    pub settings: SettingsHandle,
    pub intake: Intake,
    pub store: Store,
}

impl StorageService for Receiver {
    type Incoming = Incoming;

    fn rules(&self) -> Rules {
        let server = &self.settings.current().server;
        Rules { max_associations: server.max_associations, idle_timeout: server.idle_timeout, ..Rules::default() }
    }

    fn admit(&self, peer: SocketAddr, calling: &str, called: &str, rules: Rules) -> Result<Rules, Rejection> {
        let settings = self.settings.current();
        if called != settings.server.ae_title.as_str() {
            return Err(Rejection::called_ae_title(format!(
                "called AE title \"{called}\" is not ours, which is {}",
                settings.server.ae_title
            )));
        }
        let commits = settings.destinations.iter().any(|d| d.storage_commitment && d.ae_title.as_str() == calling);
        let address = peer.ip().to_canonical();
        let known = settings.senders.iter().find(|sender| sender.ae_title.as_str() == calling);
        match known {
            Some(sender) if sender.hosts.iter().any(|network| network.contains(&address)) => {
                let is_forwarded = settings.forward_destinations(calling).next().is_some();
                Ok(admission::for_sender(rules, is_forwarded, commits))
            }
            _ if commits => Ok(admission::for_archive(rules)),
            Some(_) => Err(Rejection::calling_ae_title(format!(
                "{calling} called from {address}, which is not among the hosts of its [[sender]]"
            ))),
            None => Err(Rejection::calling_ae_title(format!("calling AE title \"{calling}\" is no [[sender]]"))),
        }
    }

    async fn rejected(&self, peer: SocketAddr, calling: &str, called: &str, rejection: &Rejection) {
        tracing::warn!(%peer, calling, called, reason = %rejection.reason, "An association is rejected");
        let written =
            self.store.record_rejection(peer.to_string(), calling.into(), called.into(), rejection.reason.clone());
        report_failure(written.await);
    }

    async fn begin(&self, association: &AssociationInfo, request: &StoreRequest) -> Result<Incoming, Refusal> {
        let origin = Origin::Association { calling: association.calling.clone(), address: association.peer.ip() };
        let announced = Announced {
            sop_class_uid: request.sop_class_uid.clone(),
            sop_instance_uid: request.sop_instance_uid.clone(),
            transfer_syntax: request.transfer_syntax.clone(),
        };
        let mut arrival = self.intake.begin(origin, announced);
        let room = arrival.make_room().await.map_err(|error| refusal(&error));
        let incoming = Incoming { arrival };
        match room {
            Ok(()) => Ok(incoming),
            Err(refusal) => {
                incoming.refuse(&refusal, DatasetSummary::default()).await;
                Err(refusal)
            }
        }
    }

    async fn refused(&self, association: &AssociationInfo, sop_instance_uid: &str, refusal: &Refusal) {
        let event = Event {
            actor: format!("{} at {}", association.calling, association.peer),
            image: sop_instance_uid.into(),
            detail: refusal.to_string(),
            ..Event::of(EventKind::Received, Outcome::Refused)
        };
        report_failure(self.store.record_event(event).await);
    }

    async fn commitment_reported(&self, _: &AssociationInfo, report: CommitmentReport) -> Result<(), Refusal> {
        let transaction = report.transaction_uid.clone();
        match commitment::record(&self.store, &self.settings.current(), report).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                tracing::warn!(%transaction, "A report on storage commitment is about nothing that was asked");
                Err(Refusal::new(Status::INVALID_ARGUMENT_VALUE, "no such storage commitment transaction"))
            }
            Err(error) => {
                tracing::error!(%transaction, %error, "A report on storage commitment could not be written down");
                Err(Refusal::new(Status::PROCESSING_FAILURE, "the report could not be written down: send it again"))
            }
        }
    }

    async fn ended(&self, _: &AssociationInfo, end: &AssociationEnd) {
        tracing::info!(
            stored = end.stored, refused = end.refused, bytes = end.bytes, seconds = end.duration.as_secs_f64(), reason = ?end.reason,
            "An association has ended"
        );
    }
}

/// One object on its way in.
pub struct Incoming {
    arrival: Arrival,
}

impl IncomingObject for Incoming {
    async fn write(&mut self, dataset: Bytes) -> Result<(), Refusal> {
        self.arrival.write(dataset).await.map_err(|error| refusal(&error))
    }

    async fn commit(self, summary: DatasetSummary) -> Result<Status, Refusal> {
        self.arrival.keep(summary).await.map(|()| Status::SUCCESS).map_err(|error| refusal(&error))
    }

    async fn refuse(self, reason: &Refusal, so_far: DatasetSummary) {
        self.arrival.refuse(reason, so_far).await;
    }
}

/// What the sender is told; what it is not told is logged.
fn refusal(error: &IntakeError) -> Refusal {
    if let Some(cause) = error.cause() {
        tracing::error!(%error, cause, "An image is not kept; its sender is told to keep it");
    }
    Refusal::new(error.status(), error.to_string())
}

/// A refusal that cannot be audited is at least logged.
fn report_failure(outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "An event could not be written to the audit");
    }
}
