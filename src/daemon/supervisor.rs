//! What the slots share: settings, store, spool, the live bundle; and how the end of an attempt is written down.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::bundle::LiveBundle;
use super::error::DaemonError;
use super::stuck::Stuck;
use crate::config::SettingsHandle;
use crate::spool::Spool;
use crate::store::{Job, Store, StoreError};

/// What every slot works with.
#[derive(Clone)]
pub struct Supervisor {
    pub settings: SettingsHandle,
    pub store: Store,
    pub spool: Arc<Spool>,
    pub bundle: watch::Receiver<LiveBundle>,
    /// Device UID of this installation, for reports.
    pub device_uid: crate::identifiers::Uid,
    /// Workers that were killed and do not end.
    pub stuck: Stuck,
}

/// Pause before a job is tried again that failed for want of disk space.
const UNTIL_THERE_IS_ROOM: Duration = Duration::from_secs(5);
/// A lease outlives the job's time limit by this much.
pub const LEASE_MARGIN: Duration = Duration::from_secs(30);

impl Supervisor {
    /// Writes down that an attempt has failed, and why.
    pub async fn attempt_failed(&self, job: &Job, reason: &str, permanent: bool) -> Result<(), DaemonError> {
        if !permanent && self.spool.is_short() {
            tracing::warn!(reason, "An attempt has failed while the disk is full: it costs nothing");
            return unless_too_late(self.store.give_back(job, UNTIL_THERE_IS_ROOM).await).map(drop);
        }
        let settings = self.settings.current();
        let (attempts, report_failure) = (settings.analysis.attempts, settings.report.analysis_failed);
        if permanent || job.attempt >= attempts {
            tracing::error!(reason, "A job has failed: it waits for queue retry");
        } else {
            tracing::warn!(reason, "An attempt has failed: it is tried again");
        }
        unless_too_late(self.store.fail_attempt(job, reason, permanent, attempts, report_failure).await).map(drop)
    }

    /// Whether the outcome of an attempt was taken. One that the database refuses has failed.
    pub async fn attempt_concluded(&self, job: &Job, taken: Result<(), StoreError>) -> Result<bool, DaemonError> {
        match taken {
            Err(error) if error.concerns_one() => {
                self.attempt_failed(job, &error.to_string(), false).await?;
                Ok(false)
            }
            taken => unless_too_late(taken),
        }
    }
}

/// Whether the outcome of an attempt was taken. One that comes too late costs nothing: the newer attempt
/// counts.
pub fn unless_too_late(taken: Result<(), StoreError>) -> Result<bool, DaemonError> {
    match taken {
        Err(error @ StoreError::TooLate { .. }) => {
            tracing::warn!(%error, "The answer of a worker that was given up is dropped");
            Ok(false)
        }
        taken => Ok(taken.map(|()| true)?),
    }
}
