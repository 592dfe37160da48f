//! Delivery: what waits for a destination goes there until it is taken, or its time is over.
//!
//! Owns: a lane an association, so that a destination that is down, slow or refusing holds up nobody else; outages;
//! storage commitment; and the [`Channel`] that makes one attempt.
//! In: rows of the store, files of the spool. Out: what each destination said, in the store.
//! Never: counts as sent what the destination did not say it has.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod channel;
pub mod commitment;
mod dicom_channel;
mod error;
mod lane;
mod outage;
mod terms;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

pub use channel::{Attempt, Channel};
use dicom_channel::DicomChannel;
pub use error::DeliveryError;
use lane::Lane;
use outage::Outage;
pub use terms::peer_of;

use crate::config::{Destination, SettingsHandle};
use crate::endure::endure;
use crate::spool::Spool;
use crate::store::Store;

/// Between two looks for deliveries to destinations that are gone.
const SETTLE: Duration = Duration::from_secs(30);

/// The delivering side.
#[derive(Clone)]
pub struct Deliverer {
    /// Who is where.
    pub settings: SettingsHandle,
    /// What waits.
    pub store: Store,
    /// Its files.
    pub spool: Arc<Spool>,
}

impl Deliverer {
    /// Delivers until `stop` turns true; an object under way is finished first.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), DeliveryError> {
        let mut changes = self.settings.subscribe();
        changes.mark_changed();
        let mut lanes = JoinSet::new();
        let mut running: HashSet<(String, usize)> = HashSet::new();
        let mut outages: HashMap<String, Arc<Outage>> = HashMap::new();
        let mut settling = interval(SETTLE);
        settling.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            let is_new = changes.has_changed().unwrap_or(false);
            let settings = changes.borrow_and_update().clone();
            self.settle(&settings.destinations, is_new, &stop).await?;
            if is_new {
                outages.values().for_each(|outage| outage.forgive());
            }
            for destination in &settings.destinations {
                for part in 0..destination.associations {
                    let key = (destination.name.clone(), part);
                    if running.insert(key.clone()) {
                        let outage = outages.entry(destination.name.clone()).or_default().clone();
                        lanes.spawn(self.clone().deliver(key, outage, stop.clone()));
                    }
                }
            }
            tokio::select! {
                Some(ended) = lanes.join_next() => {
                    running.remove(&ended.map_err(DeliveryError::Task)??);
                }
                Ok(()) = changes.changed() => {}
                _ = settling.tick() => {}
                _ = stop.changed() => {}
            }
        }
        while let Some(ended) = lanes.join_next().await {
            ended.map_err(DeliveryError::Task)??;
        }
        Ok(())
    }

    /// Serves one lane for as long as the configuration has it; gives its key back.
    async fn deliver(
        self,
        key: (String, usize),
        outage: Arc<Outage>,
        stop: watch::Receiver<bool>,
    ) -> Result<(String, usize), DeliveryError> {
        let what = format!("delivering to {}", key.0);
        let channel = || DicomChannel::new(&self.spool);
        endure(&what, stop.clone(), || {
            Lane::new(&self.settings, &self.store, &key, &outage, channel()).run(stop.clone())
        })
        .await?;
        Ok(key)
    }

    /// What waits for a destination that is gone must not wait for ever, nor what was written for one just as it went;
    /// after a change of the configuration what waits for another is tried at once.
    async fn settle(
        &self,
        destinations: &[Destination],
        is_new: bool,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), DeliveryError> {
        let names = |of: &dyn Fn(&&Destination) -> bool| -> Vec<String> {
            destinations.iter().filter(of).map(|destination| destination.name.clone()).collect()
        };
        let (all, committing) = (names(&|_| true), names(&|d| d.storage_commitment));
        endure("looking for destinations that are gone", stop.clone(), || async {
            self.store.settle_with_destinations(all.clone(), committing.clone()).await?;
            if is_new {
                self.store.hurry_deliveries().await?;
            }
            Ok(())
        })
        .await
    }
}
