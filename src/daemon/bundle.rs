//! Which bundle the workers run: a new one takes over only after it has passed its self-test.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;

use super::error::DaemonError;
use crate::config::{Settings, SettingsHandle};
use crate::endure::endure;
use crate::findings::BundleIdentity;
use crate::store::Store;
use crate::worker::{WorkerCommand, WorkerError, WorkerProcess};

/// Longest time for loading a bundle and its self-test.
const START_WITHIN: Duration = Duration::from_secs(120);

/// The bundle in use.
#[derive(Debug, Clone)]
pub struct LiveBundle {
    /// Grows by one with each change: a worker of an older generation is replaced between two jobs.
    pub generation: u64,
    /// How to start a worker with it.
    pub command: WorkerCommand,
    /// What it is.
    pub identity: BundleIdentity,
}

/// Starts the first worker's trial run; the daemon does not start with a bundle that is refused.
pub async fn first(settings: &Settings, executable: PathBuf) -> Result<LiveBundle, DaemonError> {
    let command = command_for(settings, executable);
    let identity =
        trial(&command).await.map_err(|source| DaemonError::Bundle { path: command.bundle.clone(), source })?;
    tracing::info!(bundle = %identity.name, version = %identity.version, digest = %identity.digest, "The bundle has passed its self-test");
    Ok(LiveBundle { generation: 1, command, identity })
}

/// Writes down which bundle a start begins with.
pub async fn record_first(bundle: &LiveBundle, store: &Store) -> Result<(), DaemonError> {
    Ok(store.record_bundle_live(&bundle.identity, &bundle.command.bundle, "start of the daemon").await?)
}

/// Follows the configuration: tries each new bundle and publishes it when it is good. One that is
/// refused leaves the old one in use, with a line in the log and in the audit.
pub async fn follow(
    settings: SettingsHandle,
    store: Store,
    live: watch::Sender<LiveBundle>,
    stop: watch::Receiver<bool>,
) -> Result<(), DaemonError> {
    let writing = "writing down a change of the bundle";
    let mut changes = settings.subscribe();
    while changes.changed().await.is_ok() {
        let wanted = command_for(&settings.current(), live.borrow().command.executable.clone());
        if wanted == live.borrow().command {
            continue;
        }
        match trial(&wanted).await {
            Ok(identity) => {
                endure(writing, stop.clone(), || async {
                    Ok::<_, DaemonError>(
                        store.record_bundle_live(&identity, &wanted.bundle, "change of the configuration").await?,
                    )
                })
                .await?;
                tracing::info!(bundle = %identity.name, version = %identity.version, digest = %identity.digest, "A new bundle has taken over");
                live.send_modify(|bundle| {
                    *bundle = LiveBundle { generation: bundle.generation + 1, command: wanted, identity }
                });
            }
            Err(error) => {
                tracing::error!(path = %wanted.bundle.display(), %error, "The new bundle is refused; the old one stays in use");
                endure(writing, stop.clone(), || async {
                    Ok::<_, DaemonError>(store.record_bundle_refused(&wanted.bundle, &error.to_string()).await?)
                })
                .await?;
            }
        }
    }
    Ok(())
}

fn command_for(settings: &Settings, executable: PathBuf) -> WorkerCommand {
    WorkerCommand {
        executable,
        bundle: settings.analysis.bundle.clone(),
        onnxruntime: settings.analysis.onnxruntime.clone(),
        start_within: START_WITHIN,
    }
}

async fn trial(command: &WorkerCommand) -> Result<BundleIdentity, WorkerError> {
    WorkerProcess::start(command).await.map(|worker| worker.bundle().clone())
}
