//! Reading beside the writer: connections that can change nothing, on threads that may wait for a disk.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::clock::ServiceClock;
use super::error::StoreError;

/// Reads at the same time; more wait.
const AT_A_TIME: usize = 4;

/// The reading side of an open database. Connections are opened when they are needed and kept.
#[derive(Clone)]
pub(super) struct Readers {
    path: Arc<Path>,
    clock: ServiceClock,
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// Readers of the database at `path`, which a writer has open.
    pub fn new(path: Arc<Path>, clock: ServiceClock) -> Self {
        Self { path, clock, turns: Arc::new(Semaphore::new(AT_A_TIME)), idle: Arc::default() }
    }

    /// Runs `look` on a snapshot of what is committed.
    pub async fn run<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let readers = self.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let kept = readers.idle().pop();
            let connection = kept.map_or_else(|| open(&readers.path, readers.clock), Ok)?;
            let found = look_at_one_state(&connection, look);
            // One that met an error may be the reason of it.
            if found.is_ok() && !readers.turns.is_closed() {
                readers.idle().push(connection);
            }
            drop(turn);
            found
        });
        looked.await.unwrap_or_else(|panic| Err(StoreError::Unexpected(panic.to_string())))
    }

    /// Lets nobody read any more and closes what is open.
    pub fn close(&self) {
        self.turns.close();
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing in here can panic half-way.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `look` in one transaction, so that its statements see one state.
fn look_at_one_state<T>(
    connection: &Connection,
    look: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    look(&transaction)
}

/// A connection that can change nothing.
fn open(path: &Path, clock: ServiceClock) -> Result<Connection, StoreError> {
    let connection = open_read_only(path)?;
    clock.give_to(&connection)?;
    Ok(connection)
}

pub(super) fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}
