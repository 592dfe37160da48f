//! Deletes images past `keep_days` that everybody is done with.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::DaemonError;
use crate::config::SettingsHandle;
use crate::spool::Spool;
use crate::store::Store;

const PAUSE: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Looks once an hour until `stop` turns true.
pub async fn run(
    settings: SettingsHandle,
    store: Store,
    spool: Arc<Spool>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    while !*stop.borrow() {
        for expired in store.expired(DAY * settings.current().storage.keep_days).await? {
            // The row first: a file without a row is removed at the next start, a row without its
            // file would promise something.
            store.forget_file(expired.instance).await?;
            spool.remove(&expired.file)?;
        }
        tokio::select! { () = tokio::time::sleep(PAUSE) => {}, _ = stop.changed() => {} }
    }
    Ok(())
}
