//! Workers that were killed and do not end: they hang in the system, on a file server that does not answer perhaps,
//! where no signal reaches them.
//!
//! Such a worker keeps the lease of its job until it ends, so that the job does not take one worker after the other
//! with it; its slot goes on with another worker. When there are twice as many as slots, none is started until one
//! ends: then it is not the job, and processes must not pile up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::sleep;

/// How often it is looked whether one has ended while none may be started.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How many there are.
#[derive(Debug, Clone, Default)]
pub struct Stuck {
    number: Arc<AtomicUsize>,
    /// Whether it was said that no other is started.
    is_told: Arc<AtomicBool>,
}

/// One of them, until it is dropped.
pub struct Counted(Arc<AtomicUsize>);

impl Stuck {
    /// Whether another worker may be started beside `slots`; pauses where it may not.
    pub async fn may_start(&self, slots: usize) -> bool {
        let stuck = self.number.load(Ordering::Relaxed);
        if stuck < 2 * slots.max(1) {
            self.is_told.store(false, Ordering::Relaxed);
            return true;
        }
        if !self.is_told.swap(true, Ordering::Relaxed) {
            tracing::error!(stuck, "Workers hang and cannot be killed: no other is started until one of them ends");
        }
        sleep(LOOK_AGAIN).await;
        false
    }

    /// One more, until it is dropped.
    pub fn count(&self) -> Counted {
        self.number.fetch_add(1, Ordering::Relaxed);
        Counted(self.number.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
