//! The daemon from start to stop, and the order of both.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::bundle::{self, LiveBundle};
use super::error::DaemonError;
use super::lock::StateLock;
use super::receiver::Receiver;
use super::stuck::Stuck;
use super::supervisor::Supervisor;
use super::{free_space, housekeeper, listen, planner, recovery, reload, systemd};
use crate::config::{self, Settings, SettingsHandle};
use crate::delivery::Deliverer;
use crate::dimse;
use crate::intake::Intake;
use crate::spool::{self, Spool};
use crate::store::Store;

/// The database's file in the state folder.
pub const DATABASE: &str = "spinetriage.sqlite";

/// A daemon that is ready but does not accept images yet.
pub struct Daemon {
    settings: SettingsHandle,
    store: Store,
    spool: Arc<Spool>,
    listeners: Vec<TcpListener>,
    bundle: LiveBundle,
    device_uid: crate::identifiers::Uid,
    _lock: StateLock,
}

/// Runs the daemon until `stop` completes. With `file`, changes of that configuration file are
/// followed.
///
/// # Errors
/// [`DaemonError`] when it cannot start, or a part of it failed so that a restart is better.
pub async fn run(settings: Settings, file: Option<&Path>, stop: impl Future<Output = ()>) -> Result<(), DaemonError> {
    let daemon = Daemon::prepare(settings).await?;
    daemon.serve(file, stop).await
}

impl Daemon {
    /// Looks for whatever speaks against a start, which changes nothing; then takes the state folder, recovers what a
    /// crash left and opens the ports.
    pub async fn prepare(settings: Settings) -> Result<Self, DaemonError> {
        let state_dir = settings.storage.state_dir.clone();
        let database = state_dir.join(DATABASE);
        recovery::refuse_without_database(&database, &Spool::at(&state_dir))?;
        // Where there is no folder yet nobody has it, and a start that is refused leaves none.
        let held = state_dir.is_dir().then(|| StateLock::take(&state_dir)).transpose()?;
        Store::examine(&database)?;
        let sockets = listen::bind(&settings.server.listen)?;
        let bundle = bundle::first(&settings, std::env::current_exe()?).await?;
        let lock = held.map_or_else(|| make_and_take(&state_dir), Ok)?;
        let store = Store::open_examined(&database)?;
        let spool = Spool::open(&state_dir)?;
        recovery::recover(&store, &spool, settings.analysis.attempts).await?;
        bundle::record_first(&bundle, &store).await?;
        let device_uid = store.device_uid().await?;
        let listeners = listen::listen(sockets)?;
        let (settings, spool) = (SettingsHandle::new(settings), Arc::new(spool));
        Ok(Self { settings, store, spool, listeners, bundle, device_uid, _lock: lock })
    }

    /// The addresses it will accept images on, with the ports the system chose.
    pub fn addresses(&self) -> Result<Vec<SocketAddr>, DaemonError> {
        Ok(self.listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?)
    }

    /// Accepts images until `stop` completes or a part fails; then stops every part: first the
    /// receiver, so that nothing new comes, then the others.
    pub async fn serve(self, file: Option<&Path>, stop: impl Future<Output = ()>) -> Result<(), DaemonError> {
        let Self { settings, store, spool, listeners, bundle, device_uid, _lock } = self;
        let (stopping, stopped) = watch::channel(false);
        let (live, bundles) = watch::channel(bundle);
        let mut parts: JoinSet<Result<(), DaemonError>> = JoinSet::new();
        for address in listeners.iter().filter_map(|l| l.local_addr().ok()) {
            tracing::info!(%address, ae_title = %settings.current().server.ae_title, "Images are accepted");
        }

        let _noticing = store.notice_others().inspect_err(|error| {
            tracing::warn!(%error, "The state folder cannot be watched: what a command changes is seen within a minute");
        });
        let receiver = Arc::new(Receiver {
            settings: settings.clone(),
            intake: Intake::new(settings.clone(), spool.clone(), store.clone()),
            store: store.clone(),
        });
        let receive_until = until(stopped.clone());
        parts.spawn(async move { Ok(dimse::serve(listeners, receiver, receive_until).await?) });
        let supervisor = Supervisor {
            settings: settings.clone(),
            store: store.clone(),
            spool: spool.clone(),
            bundle: bundles,
            device_uid,
            stuck: Stuck::default(),
        };
        parts.spawn(supervisor.run(stopped.clone()));
        parts.spawn(planner::run(settings.clone(), store.clone(), stopped.clone()));
        parts.spawn(free_space::watch(settings.clone(), store.clone(), spool.clone(), stopped.clone()));
        let deliverer = Deliverer { settings: settings.clone(), store: store.clone(), spool: spool.clone() };
        let deliver_until = stopped.clone();
        parts.spawn(async move { Ok(deliverer.run(deliver_until).await?) });
        parts.spawn(housekeeper::run(settings.clone(), store.clone(), spool, stopped.clone()));

        // These end by being dropped: nothing of theirs must be finished.
        let mut followers: JoinSet<Result<(), DaemonError>> = JoinSet::new();
        followers.spawn(bundle::follow(settings.clone(), store.clone(), live, stopped.clone()));
        let watchdog = store.clone();
        followers.spawn(async move {
            systemd::pet_watchdog(watchdog).await;
            std::future::pending().await
        });
        if let Some(file) = file {
            let watching = config::watch(file.to_owned(), settings.clone())?;
            followers.spawn(reload::follow(watching, settings, store.clone(), stopped));
        }

        systemd::ready();
        let outcome = tokio::select! {
            () = stop => Ok(()),
            Some(ended) = parts.join_next() => ended.unwrap_or_else(|e| Err(DaemonError::Task(e))),
            Some(ended) = followers.join_next() => ended.unwrap_or_else(|e| Err(DaemonError::Task(e))),
        };
        systemd::stopping();
        tracing::info!("The daemon stops");
        stopping.send_replace(true);
        followers.shutdown().await;
        let mut first_error = outcome;
        while let Some(ended) = parts.join_next().await {
            first_error = first_error.and(ended.unwrap_or_else(|e| Err(DaemonError::Task(e))));
        }
        drop(parts);
        stop_keeping_time(store).await;
        first_error
    }
}

/// Makes the state folder and takes it. (One that is there may lie in a folder that this user cannot open to sync it.)
fn make_and_take(state_dir: &Path) -> Result<StateLock, DaemonError> {
    spool::make_durable(state_dir).map_err(|source| DaemonError::StateFolder { path: state_dir.to_owned(), source })?;
    StateLock::take(state_dir)
}

/// Writes down where the service clock stands, and closes the database.
async fn stop_keeping_time(store: Store) {
    if let Err(error) = store.keep_time().await {
        tracing::warn!(%error, "The service clock could not be written down: what waits waits a little longer");
    }
    store.close().await;
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the daemon itself is gone, which is a stop too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Completes at SIGTERM or SIGINT.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    })
}
