//! The receiving side: what the Storage SCP asks, answered from settings, spool and store.
//!
//! Success leaves only after the file is durable and its row committed (promise 1).

use std::net::SocketAddr;
use std::sync::Arc;

use dicom_object::FileMetaTableBuilder;

use super::admission;
use super::delivery::commitment;
use super::selection::{Selection, select};
use crate::config::{Destination, Settings, SettingsHandle, Storage};
use crate::dimse::uids::RECEIVED_SOP_CLASSES;
use crate::dimse::{
    AssociationEnd, AssociationInfo, CommitmentReport, DatasetSummary, IncomingObject, Refusal, Rejection, Rules,
    Status, StorageService, StoreRequest,
};
use crate::identifiers::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, Uid};
use crate::spool::{Spool, SpoolError, SpoolWriter};
use crate::store::{Event, NewInstance, Patient, Recipient, Recorded, RefusedInstance, Store, StoreError};

/// The daemon's Storage SCP service.
pub struct Receiver {
    pub settings: SettingsHandle,
    pub spool: Arc<Spool>,
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
        let storage = self.settings.current().storage.clone();
        let (spool, header) = (self.spool.clone(), file_header(request)?);
        let writer = blocking(move || begin(&spool, &storage, &header)).await;
        let incoming = |writer| Incoming {
            settings: self.settings.clone(),
            spool: self.spool.clone(),
            store: self.store.clone(),
            association: association.clone(),
            request: request.clone(),
            writer,
        };
        match writer {
            Ok(writer) => Ok(incoming(Some(writer))),
            Err(refusal) => {
                incoming(None).refuse(&refusal, DatasetSummary::default()).await;
                Err(refusal)
            }
        }
    }

    async fn refused(&self, association: &AssociationInfo, sop_instance_uid: &str, refusal: &Refusal) {
        let event = Event {
            event: "received",
            actor: format!("{} at {}", association.calling, association.peer),
            image: sop_instance_uid.into(),
            outcome: "refused",
            detail: refusal.to_string(),
            ..Event::default()
        };
        report_failure(self.store.record_event(event).await);
    }

    async fn commitment_reported(
        &self,
        association: &AssociationInfo,
        report: CommitmentReport,
    ) -> Result<(), Refusal> {
        let transaction = report.transaction_uid.clone();
        match commitment::record(&self.store, &self.settings.current(), report).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                tracing::warn!(%transaction, calling = %association.calling, "A report on storage commitment is about nothing that was asked");
                Err(Refusal::new(Status::INVALID_ARGUMENT_VALUE, "no such storage commitment transaction"))
            }
            Err(error) => {
                tracing::error!(%transaction, %error, "A report on storage commitment could not be written down");
                Err(Refusal::new(Status::PROCESSING_FAILURE, "the report could not be written down: send it again"))
            }
        }
    }

    async fn ended(&self, association: &AssociationInfo, end: &AssociationEnd) {
        tracing::info!(
            association = association.number, peer = %association.peer, calling = %association.calling,
            stored = end.stored, refused = end.refused, bytes = end.bytes, seconds = end.duration.as_secs_f64(), reason = ?end.reason,
            "An association has ended"
        );
    }
}

/// One image on its way into the spool.
pub struct Incoming {
    settings: SettingsHandle,
    spool: Arc<Spool>,
    store: Store,
    association: AssociationInfo,
    request: StoreRequest,
    /// Taken while a blocking call has it; gone after a failure.
    writer: Option<SpoolWriter>,
}

impl IncomingObject for Incoming {
    async fn write(&mut self, dataset: &[u8]) -> Result<(), Refusal> {
        let Some(mut writer) = self.writer.take() else {
            return Err(out_of_resources("the file is gone after a failed write"));
        };
        let dataset = dataset.to_vec();
        let writer = blocking(move || {
            writer.write(&dataset).map_err(|e| no_room(&e))?;
            Ok(writer)
        });
        self.writer = Some(writer.await?);
        Ok(())
    }

    async fn commit(mut self, summary: DatasetSummary) -> Result<Status, Refusal> {
        let uid = |value: &Option<String>, name: &str| {
            let text = value.as_deref().unwrap_or("");
            Uid::new(text).map_err(|e| Refusal::new(Status::DATASET_MISMATCH, format!("{name}: {e}")))
        };
        let uids = uid(&summary.study_instance_uid, "Study Instance UID")
            .and_then(|study| Ok((study, uid(&summary.series_instance_uid, "Series Instance UID")?)));
        let (study_instance_uid, series_instance_uid) = match uids {
            Ok(uids) => uids,
            Err(refusal) => {
                self.refuse(&refusal, summary).await;
                return Err(refusal);
            }
        };
        let Some(writer) = self.writer.take() else {
            return Err(out_of_resources("the file is gone after a failed write"));
        };
        let spool = self.spool.clone();
        let spooled = blocking(move || writer.commit(&spool).map_err(|e| no_room(&e))).await?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let is_analysed = RECEIVED_SOP_CLASSES.contains(&self.request.sop_class_uid.as_str());
        let skipped = match select(&self.settings.current().select, &summary) {
            _ if !is_analysed => Some("its SOP class is passed on, not analysed".to_owned()),
            Selection::Selected => None,
            Selection::Skipped { reason } => Some(reason),
        };
        let new = NewInstance {
            sop_instance_uid: self.request.sop_instance_uid.clone(),
            sop_class_uid: self.request.sop_class_uid.clone(),
            study_instance_uid,
            series_instance_uid,
            sha256: spooled.sha256,
            patient: Patient {
                id: text(&summary.patient_id),
                issuer: text(&summary.issuer_of_patient_id),
                name: text(&summary.patient_name),
                birth_date: text(&summary.patient_birth_date),
            },
            accession_number: text(&summary.accession_number),
            modality: text(&summary.modality),
            body_part: text(&summary.body_part_examined),
            study_description: text(&summary.study_description),
            series_description: text(&summary.series_description),
            transfer_syntax: self.request.transfer_syntax.clone(),
            bytes: spooled.bytes,
            file: spooled.file.clone(),
            sender_ae_title: self.association.calling.clone(),
            sender_address: self.association.peer.ip().to_string(),
            skipped,
            forward_to: recipients(&self.settings.current(), &self.association.calling),
        };
        let unneeded = || async {
            let (spool, file) = (self.spool.clone(), spooled.file.clone());
            // A file that cannot be removed now is an orphan that the next start removes.
            let _ = tokio::task::spawn_blocking(move || spool.remove(&file)).await;
        };
        match self.store.record_instance(new).await {
            Ok(Recorded::Kept { id, conflict, .. }) => {
                if let Some(conflict) = conflict {
                    tracing::warn!(image = %self.request.sop_instance_uid, row = id, conflict, "An image contradicts what was known");
                }
                Ok(Status::SUCCESS)
            }
            Ok(Recorded::Duplicate) => {
                unneeded().await;
                Ok(Status::SUCCESS)
            }
            Err(error) => {
                unneeded().await;
                tracing::error!(%error, image = %self.request.sop_instance_uid, "An image could not be recorded; its sender is told to keep it");
                Err(out_of_resources("the database did not take the image"))
            }
        }
    }

    async fn refuse(self, reason: &Refusal, so_far: DatasetSummary) {
        tracing::warn!(
            association = self.association.number, calling = %self.association.calling, image = %self.request.sop_instance_uid, %reason,
            "An image is refused"
        );
        drop(self.writer);
        let refused = RefusedInstance {
            sop_instance_uid: self.request.sop_instance_uid,
            sop_class_uid: self.request.sop_class_uid,
            study_instance_uid: so_far.study_instance_uid.unwrap_or_default(),
            series_instance_uid: so_far.series_instance_uid.unwrap_or_default(),
            sender_ae_title: self.association.calling,
            sender_address: self.association.peer.ip().to_string(),
            reason: reason.to_string(),
        };
        report_failure(self.store.record_refused(refused).await);
    }
}

/// Who images of `sender` are passed on to.
fn recipients(settings: &Settings, sender: &str) -> Vec<Recipient> {
    let recipient = |d: &Destination| Recipient { name: d.name.clone(), give_up_after: d.give_up_after };
    settings.forward_destinations(sender).map(recipient).collect()
}

fn begin(spool: &Spool, storage: &Storage, header: &[u8]) -> Result<SpoolWriter, Refusal> {
    let free = spool.free_bytes().map_err(|e| no_room(&e))?;
    if free < storage.minimum_free_bytes {
        return Err(out_of_resources("the disk has less room than minimum_free_gib"));
    }
    spool.begin(header).map_err(|e| no_room(&e))
}

/// Preamble and file meta information (PS3.10 7.1) of the file to be.
fn file_header(request: &StoreRequest) -> Result<Vec<u8>, Refusal> {
    let table = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(request.sop_class_uid.as_str())
        .media_storage_sop_instance_uid(request.sop_instance_uid.as_str())
        .transfer_syntax(request.transfer_syntax.as_str())
        .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(IMPLEMENTATION_VERSION_NAME)
        .build();
    let mut header = vec![0; 128];
    header.extend_from_slice(b"DICM");
    let written =
        table.map_err(|e| e.to_string()).and_then(|table| table.write(&mut header).map_err(|e| e.to_string()));
    written
        .map_err(|e| Refusal::new(Status::PROCESSING_FAILURE, format!("the file's header cannot be written: {e}")))?;
    Ok(header)
}

fn out_of_resources(comment: &str) -> Refusal {
    Refusal::new(Status::OUT_OF_RESOURCES, comment)
}

fn no_room(error: &SpoolError) -> Refusal {
    tracing::error!(%error, "The spool cannot take an image; its sender is told to keep it");
    out_of_resources("the spool cannot take the image")
}

/// Runs disk work off the runtime's threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Refusal::new(Status::PROCESSING_FAILURE, "the disk work broke down")))
}

/// A refusal that cannot be audited is at least logged.
fn report_failure(outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "An event could not be written to the audit");
    }
}
