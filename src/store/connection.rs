//! Opening the database, for the daemon and for the commands of other processes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use tokio::sync::Notify;

use super::error::StoreError;
use super::writer::Writer;

const MIGRATIONS: [M<'_>; 1] = [M::up(include_str!("../../migrations/0001_queue_and_audit.sql"))];

/// The database. Clones share the writer; it ends when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    pub(super) jobs: Arc<Notify>,
    pub(super) deliveries: Arc<Notify>,
}

impl Store {
    /// Opens the database, makes it if need be, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = |reason: String| StoreError::Open { path: path.to_owned(), reason };
        let mut connection = Connection::open(path).map_err(|e| opened(e.to_string()))?;
        prepare(&connection).map_err(|e| opened(e.to_string()))?;
        Migrations::from_slice(&MIGRATIONS).to_latest(&mut connection).map_err(|e| opened(e.to_string()))?;
        let writer = Writer::start(connection).map_err(|e| opened(e.to_string()))?;
        Ok(Self { writer, jobs: Arc::default(), deliveries: Arc::default() })
    }

    /// Runs `change` with the next group and answers after the group is durable. An error of `change`
    /// undoes only what it did itself.
    ///
    /// # Errors
    /// That of `change`; [`StoreError::Commit`] when its group was undone; [`StoreError::Closed`]. After
    /// any of them nothing of `change` is kept.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(change).await
    }

    /// Returns once the writer has committed something: the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.write(|c| Ok(c.query_row("SELECT 1", [], |_| Ok(()))?)).await
    }

    /// Waits until a job may have come.
    pub async fn job_may_be_due(&self) {
        self.jobs.notified().await;
    }

    /// Waits until a delivery may have come.
    pub async fn delivery_may_be_due(&self) {
        self.deliveries.notified().await;
    }
}

/// A connection of another process (a command a person runs) to a database that exists.
pub fn open_existing(path: &Path) -> Result<Connection, StoreError> {
    let opened = |reason: String| StoreError::Open { path: path.to_owned(), reason };
    if !path.exists() {
        return Err(opened("there is no such file; the daemon makes it at its first start".into()));
    }
    let connection = Connection::open(path).map_err(|e| opened(e.to_string()))?;
    prepare(&connection).map_err(|e| opened(e.to_string()))?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}
