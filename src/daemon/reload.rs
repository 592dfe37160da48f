//! The configuration's life while the daemon runs: what a change did goes into log and audit.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::error::DaemonError;
use crate::config::{Reload, SettingsHandle, Watching};
use crate::endure::endure;
use crate::logging;
use crate::store::{Outcome, Store};

/// Writes down every outcome of a reload. SIGHUP asks for one at once.
pub async fn follow(
    mut watching: Watching,
    settings: SettingsHandle,
    store: Store,
    stop: watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    let record = |outcome, detail| write_down(&store, outcome, detail, &stop);
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
                logging::set_level(settings.current().log.level.name());
                if !changes.is_empty() {
                    let changes = changes.join("; ");
                    tracing::info!(%changes, "The configuration has changed");
                    record(Outcome::Applied, changes).await?;
                }
                if !needs_restart.is_empty() {
                    let keys = needs_restart.join(", ");
                    tracing::warn!(%keys, "These settings take effect at the next start");
                    record(Outcome::NeedsRestart, keys).await?;
                }
            }
            Some(Reload::Refused(problems)) => {
                tracing::error!(%problems, "The changed configuration is refused; the one before stays in force");
                record(Outcome::Refused, problems.to_string()).await?;
            }
            Some(Reload::Unchanged) => {}
            // The watcher ended: the settings stay as they are.
            None => std::future::pending().await,
        }
    }
}

/// The settings are in force already: their audit row may come later, but must come.
async fn write_down(
    store: &Store,
    outcome: Outcome,
    detail: String,
    stop: &watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    endure("writing down a change of the configuration", stop.clone(), || async {
        Ok(store.record_configuration(outcome, detail.clone()).await?)
    })
    .await
}
