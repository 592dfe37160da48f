//! Says, once an episode, that there is too little free space. The receiver refuses images meanwhile by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::error::DaemonError;
use crate::config::SettingsHandle;
use crate::endure::endure;
use crate::spool::Spool;
use crate::store::{ConditionKind, Store};

/// How often the free space is looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// Watches the free space until `stop` turns true.
pub async fn watch(
    settings: SettingsHandle,
    store: Store,
    spool: Arc<Spool>,
    stop: watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    endure("watching the free space", stop.clone(), || look(&settings, &store, &spool, stop.clone())).await
}

async fn look(
    settings: &SettingsHandle,
    store: &Store,
    spool: &Spool,
    mut stop: watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    let mut is_short = false;
    while !*stop.borrow() {
        let (free, needed) = (spool.free_bytes()?, settings.current().storage.minimum_free_bytes);
        if (free < needed) != is_short {
            let detail = format!("{} MiB are free, minimum_free_gib asks for {} MiB", free >> 20, needed >> 20);
            if is_short {
                tracing::info!(%detail, "Images are accepted again");
                store.end_condition(ConditionKind::Storage, "", &detail).await?;
            } else {
                tracing::error!(%detail, "Too little free space: images are refused");
                store.begin_condition(ConditionKind::Storage, "", &format!("images are refused: {detail}")).await?;
            }
            is_short = !is_short;
        }
        tokio::select! { () = tokio::time::sleep(PAUSE) => {}, _ = stop.changed() => {} }
    }
    Ok(())
}
