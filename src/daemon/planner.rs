//! Decides when a study is reported: when it has settled.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::error::DaemonError;
use crate::config::SettingsHandle;
use crate::endure::endure;
use crate::store::{Settling, Store};

/// After a change this long, so that many are one look.
const TOGETHER: Duration = Duration::from_millis(100);
/// Longest time between two looks.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Queues a report job for each study whose images are all analysed and which has been quiet for
/// `settle_seconds`, until `stop` turns true.
pub async fn run(settings: SettingsHandle, store: Store, stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
    endure("planning reports", stop.clone(), || plan(&settings, &store, stop.clone())).await
}

async fn plan(settings: &SettingsHandle, store: &Store, mut stop: watch::Receiver<bool>) -> Result<(), DaemonError> {
    let (mut changes, mut reloads) = (store.study_changes(), settings.subscribe());
    while !*stop.borrow() {
        changes.begin_look();
        let now = reloads.borrow_and_update().clone();
        let settling = Settling {
            quiet: now.analysis.settle,
            at_most: now.analysis.settle_at_most,
            no_vertebra_found: now.report.no_vertebra_found,
        };
        let planned = store.plan_reports(settling).await?;
        if planned > 0 {
            tracing::info!(studies = planned, "Studies have settled and are queued for their report");
        }
        let pause = store.until_next_report(settling).await?.map_or(LOOK_AGAIN, |until| until.min(LOOK_AGAIN));
        tokio::select! {
            () = sleep(pause) => {}
            () = changes.since_look() => sleep(TOGETHER).await,
            // The handle outlives this.
            _ = reloads.changed() => {}
            _ = stop.changed() => {}
        }
    }
    Ok(())
}
