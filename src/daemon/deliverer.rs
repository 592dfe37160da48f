//! Sends what is due to its destinations, each on its own so that a PACS that is down holds up
//! nobody else.

use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{DaemonError, peer_of};
use crate::config::{Destination, SettingsHandle};
use crate::dimse::part10::FileHeader;
use crate::dimse::{ProposedContext, Status, StoreAssociation, Timeouts};
use crate::identifiers::AeTitle;
use crate::spool::Spool;
use crate::store::{Delivery, DeliveryOutcome, Store};

/// How often it is looked for deliveries that have become due by time.
const PAUSE: Duration = Duration::from_millis(500);
/// Objects sent on one association.
const ON_ONE_ASSOCIATION: u32 = 50;

/// The delivering side.
#[derive(Clone)]
pub struct Deliverer {
    pub settings: SettingsHandle,
    pub store: Store,
    pub spool: Arc<Spool>,
}

impl Deliverer {
    /// Delivers until `stop` turns true; an object under way is finished first.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
        let mut under_way = JoinSet::new();
        let mut busy: HashSet<String> = HashSet::new();
        while !*stop.borrow() {
            let settings = self.settings.current();
            for destination in &settings.destinations {
                if busy.contains(&destination.name) {
                    continue;
                }
                let due = self.store.due_deliveries(&destination.name, ON_ONE_ASSOCIATION).await?;
                if !due.is_empty() {
                    busy.insert(destination.name.clone());
                    under_way.spawn(self.clone().deliver(destination.clone(), settings.server.ae_title.clone(), due));
                }
            }
            tokio::select! {
                Some(ended) = under_way.join_next() => {
                    busy.remove(&ended.map_err(DaemonError::Task)??);
                }
                () = self.store.delivery_may_be_due() => {}
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => {}
            }
        }
        while let Some(ended) = under_way.join_next().await {
            ended.map_err(DaemonError::Task)??;
        }
        Ok(())
    }

    /// Sends `due` on one association and writes down each outcome; gives the destination's name back.
    async fn deliver(
        self,
        destination: Destination,
        calling: AeTitle,
        due: Vec<Delivery>,
    ) -> Result<String, DaemonError> {
        let mut association = None;
        let mut due = due.into_iter();
        let unreachable = match self.associate(&destination, &calling, due.as_slice()).await {
            Ok(open) => {
                association = Some(open);
                None
            }
            Err(error) => Some(error),
        };
        let mut broken = unreachable;
        for delivery in due.by_ref() {
            let outcome = match (&mut association, &broken) {
                (Some(open), None) => {
                    match open
                        .store(&self.file_for(open, &delivery), &delivery.sop_class_uid, &delivery.sop_instance_uid)
                        .await
                    {
                        Ok(response) => outcome_of(response.status, &response.comment),
                        Err(error) => {
                            let error = error.to_string();
                            broken = Some(error.clone());
                            DeliveryOutcome::NotDelivered { status: String::new(), error }
                        }
                    }
                }
                (_, reason) => {
                    DeliveryOutcome::NotDelivered { status: String::new(), error: reason.clone().unwrap_or_default() }
                }
            };
            match &outcome {
                DeliveryOutcome::Delivered { status } => {
                    tracing::info!(destination = %destination.name, object = %delivery.sop_instance_uid, status, "An object is delivered");
                }
                DeliveryOutcome::NotDelivered { status, error } => {
                    tracing::warn!(destination = %destination.name, object = %delivery.sop_instance_uid, status, error, "An object is not delivered yet");
                }
            }
            self.store.record_delivery(delivery.id, outcome).await?;
        }
        if let (Some(open), None) = (association, broken) {
            // Everything is answered: a peer that does not answer the release changes nothing.
            let _ = open.release().await;
        }
        Ok(destination.name)
    }

    async fn associate(
        &self,
        destination: &Destination,
        calling: &AeTitle,
        due: &[Delivery],
    ) -> Result<StoreAssociation, String> {
        let mut contexts: Vec<ProposedContext> = Vec::new();
        for delivery in due {
            for file in [Some(&delivery.file), delivery.compressed_file.as_ref()].into_iter().flatten() {
                let transfer_syntax = self.transfer_syntax(file).map_err(|e| format!("{file} cannot be sent: {e}"))?;
                let context = ProposedContext { sop_class_uid: delivery.sop_class_uid.to_string(), transfer_syntax };
                if !contexts.contains(&context) {
                    contexts.push(context);
                }
            }
        }
        StoreAssociation::open(&peer_of(destination), calling, &contexts, Timeouts::default())
            .await
            .map_err(|e| e.to_string())
    }

    fn transfer_syntax(&self, file: &str) -> Result<String, String> {
        let opened = File::open(self.spool.path(file)).map_err(|e| e.to_string())?;
        Ok(FileHeader::read(opened).map_err(|e| e.to_string())?.transfer_syntax)
    }

    /// The compressed file where there is one and the peer takes it.
    fn file_for(&self, association: &StoreAssociation, delivery: &Delivery) -> PathBuf {
        let accepted = |file: &&String| {
            let syntax = self.transfer_syntax(file);
            syntax.is_ok_and(|syntax| association.accepts(delivery.sop_class_uid.as_str(), &syntax))
        };
        let compressed = delivery.compressed_file.as_ref().filter(accepted);
        self.spool.path(compressed.unwrap_or(&delivery.file))
    }
}

/// Success and warnings mean the PACS has it; so does "duplicate" as the answer to a re-send.
fn outcome_of(status: Status, comment: &str) -> DeliveryOutcome {
    let text = format!("{:04X}", status.code());
    if status.is_stored() || status == Status::DUPLICATE_SOP_INSTANCE {
        DeliveryOutcome::Delivered { status: text }
    } else {
        DeliveryOutcome::NotDelivered { status: text, error: format!("{status} {comment}").trim().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_means_the_pacs_said_so() {
        let delivered = |code| matches!(outcome_of(Status(code), ""), DeliveryOutcome::Delivered { .. });
        assert!([0x0000, 0xB000, 0xB006, 0xB007, 0x0111].into_iter().all(delivered));
        assert!(![0xA700, 0xA900, 0xC000, 0x0122, 0x0124].into_iter().any(delivered));
    }
}
