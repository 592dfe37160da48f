//! The seam between what is delivered and how: a channel a kind of destination.

use std::future::Future;

use crate::config::{Destination, Settings};
use crate::store::{Delivery, DeliveryOutcome};

/// A way to one destination.
pub trait Channel: Send {
    /// Makes one attempt at the first of `waiting`, which are never none; the others are what will follow, so that
    /// whatever is opened for the first can do for them too.
    fn attempt(
        &mut self,
        settings: &Settings,
        destination: &Destination,
        waiting: &[Delivery],
    ) -> impl Future<Output = Attempt> + Send;

    /// Nothing is to be sent for now: what has had nothing to carry for a while is closed. Whether something is open
    /// still, so that this is to be called again.
    fn rest(&mut self) -> impl Future<Output = bool> + Send;

    /// Closes whatever is open.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// How one attempt ended. Texts are for the audit.
#[derive(Debug)]
pub enum Attempt {
    /// The destination answered, or need not be asked.
    Concluded(DeliveryOutcome),
    /// The destination cannot be reached: nothing was tried of what waits.
    Unreachable(String),
    /// The connection broke while this object was on its way.
    Broken(String),
}
