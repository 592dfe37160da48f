//! Workers that were killed and do not end: they hang in the system, on a file server that does not answer perhaps,
//! where no signal reaches them.
//!
//! Such a worker keeps the lease of its job until it ends, so that the job does not take one worker after the other
//! with it; its slot goes on with another worker. When there are twice as many as slots, none is started until one
//! ends: then it is not the job, and processes must not pile up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing::Instrument;

use super::DaemonError;
use super::workers::{LEASE_MARGIN, Supervisor, unless_too_late};
use crate::store::Job;
use crate::worker::WorkerProcess;

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
struct Counted(Arc<AtomicUsize>);

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

    fn count(&self) -> Counted {
        self.number.fetch_add(1, Ordering::Relaxed);
        Counted(self.number.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Supervisor {
    /// Leaves `worker` to itself with its job, of which `limit` is the time limit; when it ends, the attempt has
    /// failed for `reason`.
    pub(super) async fn wait_for_stuck(
        &self,
        worker: WorkerProcess,
        job: Job,
        limit: Duration,
        reason: String,
    ) -> Result<(), DaemonError> {
        let lease = limit + LEASE_MARGIN;
        let holder = format!("{} that does not end", job.worker);
        let held = match self.store.hold_job(&job, &holder, lease).await {
            Ok(held) => held,
            // The job is with another by now.
            Err(error) => return unless_too_late(Err(error)).map(drop),
        };
        let (supervisor, counted) = (self.clone(), self.stuck.count());
        // Nobody waits for it: a stop leaves the process to the system, and the next start counts the attempt.
        let waiting = async move {
            supervisor.hold_until_it_ends(worker, held, lease, &reason).await;
            drop(counted);
        };
        tokio::spawn(waiting.in_current_span());
        Ok(())
    }

    async fn hold_until_it_ends(&self, mut worker: WorkerProcess, mut job: Job, lease: Duration, reason: &str) {
        while timeout(lease / 2, worker.ended()).await.is_err() {
            match self.store.hold_job(&job, &job.worker, lease).await {
                Ok(held) => job = held,
                Err(error) => {
                    tracing::warn!(%error, "The lease of a worker that hangs could not be renewed")
                }
            }
        }
        if let Err(error) = self.failed(&job, reason, false).await {
            tracing::error!(%error, "The end of a worker that hung could not be written down");
        }
    }
}
