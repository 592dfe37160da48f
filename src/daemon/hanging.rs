//! What becomes of a worker that was killed and does not end, and of its job.

use std::time::Duration;

use tokio::time::timeout;
use tracing::Instrument;

use super::error::DaemonError;
use super::supervisor::{LEASE_MARGIN, Supervisor, unless_too_late};
use crate::store::Job;
use crate::worker::WorkerProcess;

impl Supervisor {
    /// Leaves `worker` to itself with its job, of which `limit` is the time limit; when it ends, the attempt has
    /// failed for `reason`.
    pub async fn wait_for_stuck(
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
        if let Err(error) = self.attempt_failed(&job, reason, false).await {
            tracing::error!(%error, "The end of a worker that hung could not be written down");
        }
    }
}
