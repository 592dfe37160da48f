//! The terms of a destination's deliveries.

use std::time::Duration;

use crate::retry::Retry;

/// What a destination's configuration says about its deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Pauses between attempts.
    pub retry: Retry,
    /// Time to give up.
    pub give_up_after: Duration,
    /// Whether it is asked for storage commitment.
    pub commitment: bool,
}
