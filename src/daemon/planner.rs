//! Decides when a study is reported: when it has settled.

use std::time::Duration;

use tokio::sync::watch;

use super::DaemonError;
use crate::config::SettingsHandle;
use crate::endure::endure;
use crate::store::{Settling, Store};

/// How often the studies are looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// Queues a report job for each study whose images are all analysed and which has been quiet for
/// `settle_seconds`, until `stop` turns true.
pub async fn run(settings: SettingsHandle, store: Store, stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
    endure("planning reports", stop.clone(), || plan(&settings, &store, stop.clone())).await
}

async fn plan(settings: &SettingsHandle, store: &Store, mut stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
    while !*stop.borrow() {
        let now = settings.current();
        let settling = Settling {
            quiet: now.analysis.settle,
            at_most: now.analysis.settle_at_most,
            no_vertebra_found: now.report.no_vertebra_found,
        };
        let planned = store.plan_reports(settling).await?;
        if planned > 0 {
            tracing::info!(studies = planned, "Studies have settled and are queued for their report");
        }
        tokio::select! { () = tokio::time::sleep(PAUSE) => {}, _ = stop.changed() => {} }
    }
    Ok(())
}
