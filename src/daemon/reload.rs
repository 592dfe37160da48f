//! The configuration's life while the daemon runs: what a change did goes into log and audit.

use tokio::signal::unix::{SignalKind, signal};

use super::DaemonError;
use crate::config::{Reload, Watching};
use crate::store::Store;

/// Writes down every outcome of a reload. SIGHUP asks for one at once.
pub async fn follow(mut watching: Watching, store: Store) -> Result<(), DaemonError> {
    let mut hang_up = signal(SignalKind::hangup())?;
    loop {
        let reload = tokio::select! {
            reload = watching.reloads.recv() => reload,
            _ = hang_up.recv() => {
                watching.reload_now();
                continue;
            }
        };
        match reload {
            Some(Reload::Applied { changes, needs_restart }) => {
                if !changes.is_empty() {
                    let changes = changes.join("; ");
                    tracing::info!(%changes, "The configuration has changed");
                    store.record_configuration("applied", changes).await?;
                }
                if !needs_restart.is_empty() {
                    let keys = needs_restart.join(", ");
                    tracing::warn!(%keys, "These settings take effect at the next start");
                    store.record_configuration("needs restart", keys).await?;
                }
            }
            Some(Reload::Refused(problems)) => {
                tracing::error!(%problems, "The changed configuration is refused; the one before stays in force");
                store.record_configuration("refused", problems.to_string()).await?;
            }
            Some(Reload::Unchanged) => {}
            // The watcher ended: the settings stay as they are.
            None => std::future::pending().await,
        }
    }
}
