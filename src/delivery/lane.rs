//! One channel's worth of deliveries to one destination: take what is due, send it, write down what was said.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tracing::Instrument;

use super::channel::{Attempt, Channel};
use super::commitment;
use super::error::DeliveryError;
use super::outage::{Failure, Fault, Outage};
use super::terms::terms;
use crate::config::{Destination, Settings, SettingsHandle};
use crate::store::{ConditionKind, Delivery, DeliveryOutcome, Share, Store};

/// Longest time between two looks.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Shortest, so that what is due and cannot be had never spins.
const A_MOMENT: Duration = Duration::from_millis(10);
/// Between two looks at a channel that is open and rests.
const REST: Duration = Duration::from_secs(1);
/// Deliveries taken at a time.
const AT_A_TIME: u32 = 50;

/// One of a destination's lanes.
pub struct Lane<'a, C> {
    settings: &'a SettingsHandle,
    store: &'a Store,
    name: &'a str,
    part: usize,
    outage: &'a Arc<Outage>,
    /// Whether the question for storage commitment is taken, which only one of the lanes asks.
    uncommitting: Outage,
    channel: C,
}

/// What a turn was about.
enum Turn {
    Worked,
    Idle,
    Paused(Duration),
}

impl<'a, C: Channel> Lane<'a, C> {
    pub fn new(
        settings: &'a SettingsHandle,
        store: &'a Store,
        (name, part): &'a (String, usize),
        outage: &'a Arc<Outage>,
        channel: C,
    ) -> Self {
        Self { settings, store, name, part: *part, outage, uncommitting: Outage::default(), channel }
    }

    /// Delivers until `stop` turns true or the configuration has no such lane any more.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), DeliveryError> {
        let mut changes = self.store.delivery_changes();
        let (mut reloads, mut pause_ends) = (self.settings.subscribe(), self.outage.ends());
        while !*stop.borrow() {
            changes.begin_look();
            pause_ends.mark_unchanged();
            let settings = reloads.borrow_and_update().clone();
            let Some(destination) = settings.destination(self.name).filter(|d| self.part < d.associations) else {
                break;
            };
            let pause = match self.turn(&settings, destination, &stop).await? {
                Turn::Worked => continue,
                Turn::Idle => {
                    let rests = self.channel.rest().await;
                    let next = self.until_next(destination).await?.unwrap_or(LOOK_AGAIN);
                    next.clamp(A_MOMENT, if rests { REST } else { LOOK_AGAIN })
                }
                Turn::Paused(pause) => pause,
            };
            tokio::select! {
                () = changes.since_look(), if self.outage.pause_left().is_none() => {}
                () = sleep(pause) => {}
                _ = pause_ends.changed() => {}
                // The destination may have another address now. The handle outlives this.
                _ = reloads.changed() => {}
                _ = stop.changed() => {}
            }
        }
        self.channel.close().await;
        Ok(())
    }

    /// How long until something is due.
    async fn until_next(&self, destination: &Destination) -> Result<Option<Duration>, DeliveryError> {
        let store = self.store;
        let delivery = store.until_next_delivery(self.name, self.share(destination)).await?;
        if self.part > 0 || !destination.storage_commitment {
            return Ok(delivery);
        }
        let commitment = store.until_next_commitment(self.name).await?;
        let commitment = commitment.map(|until| until.max(self.uncommitting.pause_left().unwrap_or_default()));
        Ok(delivery.into_iter().chain(commitment).min())
    }

    fn share(&self, destination: &Destination) -> Share {
        Share { part: self.part, of: destination.associations }
    }

    /// Sends what is due, then asks for the commitment that is due.
    async fn turn(
        &mut self,
        settings: &Settings,
        destination: &Destination,
        stop: &watch::Receiver<bool>,
    ) -> Result<Turn, DeliveryError> {
        if let Some(pause) = self.outage.pause_left() {
            self.channel.close().await;
            return Ok(Turn::Paused(pause));
        }
        let due = self.store.due_deliveries(self.name, self.share(destination), AT_A_TIME).await?;
        for first in 0..due.len() {
            let (waiting, Delivery { id, sop_instance_uid, study, .. }) = (&due[first..], &due[first]);
            let span = tracing::info_span!("delivery", %id, destination = self.name, object = %sop_instance_uid, study);
            if *stop.borrow() || !self.deliver(settings, destination, waiting).instrument(span).await? {
                return Ok(Turn::Worked);
            }
        }
        let span = tracing::info_span!("commitment", destination = self.name);
        let worked = !due.is_empty() || (self.part == 0 && self.commit(settings, destination).instrument(span).await?);
        Ok(if worked { Turn::Worked } else { Turn::Idle })
    }

    /// Sends the first of `waiting` and writes down what became of it. False when the destination is to be left alone.
    async fn deliver(
        &mut self,
        settings: &Settings,
        destination: &Destination,
        waiting: &[Delivery],
    ) -> Result<bool, DeliveryError> {
        let (store, delivery) = (self.store, &waiting[0]);
        let outcome = match self.channel.attempt(settings, destination, waiting).await {
            Attempt::Unreachable(error) => {
                let failure = self.record_failure(Fault::Association, destination, &error).await?;
                let tried = waiting.iter().map(|delivery| delivery.id).collect();
                store.record_outage(self.name, tried, &error, failure.pause, terms(destination)).await?;
                return Ok(false);
            }
            Attempt::Broken(error) => DeliveryOutcome::Later { status: String::new(), error },
            Attempt::Concluded(outcome) => outcome,
        };
        // First of all: a send that is forgotten is repeated.
        store.record_delivery(delivery.id, outcome.clone(), terms(destination)).await?;
        match outcome {
            DeliveryOutcome::Later { error, .. } => {
                self.record_failure(Fault::Object, destination, &error).await?;
                return Ok(false);
            }
            DeliveryOutcome::Delivered { status } => {
                tracing::info!(status, "An object is delivered");
                self.outage_is_over().await?;
            }
            DeliveryOutcome::Failed { status, error } | DeliveryOutcome::ClassRefused { status, error, .. } => {
                tracing::error!(status, error, "An object cannot be delivered: it waits for queue retry or give-up");
                if !status.is_empty() {
                    self.outage_is_over().await?;
                }
            }
        }
        Ok(true)
    }

    /// Asks for the commitment that is due, on an association of its own. Whether there was any. A destination that
    /// does not take the question may take objects all the same: it pauses nothing else.
    async fn commit(&self, settings: &Settings, destination: &Destination) -> Result<bool, DeliveryError> {
        if !destination.storage_commitment || self.uncommitting.pause_left().is_some() {
            return Ok(false);
        }
        match commitment::ask(self.store, settings, destination).await? {
            None => return Ok(false),
            Some(Ok(())) => {
                if self.uncommitting.answered().is_some() {
                    tracing::info!("A destination takes the question for storage commitment again");
                }
            }
            Some(Err(error)) => {
                if self.uncommitting.failed(Fault::Association, destination.retry).begins_outage {
                    tracing::warn!(error, "Storage commitment cannot be asked for: it is tried again");
                }
            }
        }
        Ok(true)
    }

    /// Pauses the destination; an outage is logged and audited once.
    async fn record_failure(
        &self,
        fault: Fault,
        destination: &Destination,
        error: &str,
    ) -> Result<Failure, DeliveryError> {
        let failure = self.outage.failed(fault, destination.retry);
        if failure.begins_outage {
            tracing::warn!(error, "A destination takes nothing: it is tried again until it does");
            self.store.begin_condition(ConditionKind::Destination, self.name, error).await?;
        }
        Ok(failure)
    }

    async fn outage_is_over(&self) -> Result<(), DeliveryError> {
        if let Some(ended) = self.outage.answered() {
            let seconds = ended.lasted.as_secs();
            tracing::info!(failures = ended.failures, seconds, "A destination takes objects again");
            let detail = format!("it answers again after {} failures in {seconds} s", ended.failures);
            self.store.end_condition(ConditionKind::Destination, self.name, &detail).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
