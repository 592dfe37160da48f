//! Why the daemon cannot start, or had to stop.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::WatchError;
use crate::delivery::DeliveryError;
use crate::dimse::DimseError;
use crate::endure::MayHeal;
use crate::spool::SpoolError;
use crate::store::StoreError;
use crate::worker::WorkerError;

/// Why the daemon cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The state folder cannot be used.
    #[error("the state folder cannot be used: {}: {source}", path.display())]
    StateFolder {
        /// What was touched.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another daemon has the state folder.
    #[error("another daemon is running on {}: stop it, or set another [storage] state_dir", .0.display())]
    AlreadyRunning(PathBuf),
    /// The spool holds files, and the database that knew them is not there.
    #[error(
        "the database is new, but {} holds {spooled} images and reports: restore the database from its backup, or move that folder away",
        folder.display()
    )]
    DatabaseMissing {
        /// Images and reports in the spool.
        spooled: usize,
        /// The spool.
        folder: PathBuf,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address of `[server] listen`.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The bundle is refused.
    #[error("the bundle {} is refused: {source}", path.display())]
    Bundle {
        /// Its folder.
        path: PathBuf,
        /// The worker's reason.
        source: WorkerError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The delivering side.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The network.
    #[error(transparent)]
    Dimse(#[from] DimseError),
    /// The configuration file cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// Signals cannot be received, or this executable cannot be found.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
    /// A part of the daemon broke down: a bug.
    #[error("a part of the daemon broke down: {0}")]
    Task(tokio::task::JoinError),
}

impl MayHeal for DaemonError {
    fn may_heal(&self) -> bool {
        match self {
            // What the database refuses of one thing must not end what goes on beside it.
            Self::Store(error) => error.may_heal() || error.concerns_one(),
            Self::Spool(error) => error.is_full(),
            Self::Delivery(error) => error.may_heal(),
            _ => false,
        }
    }
}
