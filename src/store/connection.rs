//! The one write connection, on a thread of its own, with group commit.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use tokio::sync::{Notify, mpsc, oneshot};

use super::error::StoreError;

/// Operations that may wait for the writer; more make their callers wait.
const WAITING: usize = 512;
/// Operations committed together at most.
const GROUP: usize = 256;

const MIGRATIONS: [M<'_>; 1] = [M::up(include_str!("../../migrations/0001_queue_and_audit.sql"))];

/// Answers the caller once the group's commit is known.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Operation = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// The database. Clones share the writer; it ends when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    operations: mpsc::Sender<Operation>,
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
        let (operations, waiting) = mpsc::channel(WAITING);
        std::thread::Builder::new()
            .name("database".into())
            .spawn(move || write(&connection, waiting))
            .map_err(|e| opened(e.to_string()))?;
        Ok(Self { operations, jobs: Arc::default(), deliveries: Arc::default() })
    }

    /// Runs `change` in a savepoint of the next group and answers after the group is durable. An error
    /// of `change` undoes only what it did itself.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let operation: Operation = Box::new(move |connection| {
            let outcome = in_savepoint(connection, change);
            // A caller that has gone away does not need the answer.
            Box::new(move |committed| drop(answer.send(committed.and(outcome))))
        });
        self.operations.send(operation).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
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

fn in_savepoint<T>(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute_batch("SAVEPOINT change")?;
    let outcome = change(connection);
    let end = if outcome.is_ok() { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" };
    connection.execute_batch(end)?;
    outcome
}

/// The writer: takes whatever waits, runs it in one transaction, commits once, answers all.
fn write(connection: &Connection, mut waiting: mpsc::Receiver<Operation>) {
    let mut group = Vec::with_capacity(GROUP);
    while let Some(first) = waiting.blocking_recv() {
        group.push(first);
        while group.len() < GROUP {
            match waiting.try_recv() {
                Ok(operation) => group.push(operation),
                Err(_) => break,
            }
        }
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        let answers: Vec<Answer> = group.drain(..).map(|operation| operation(connection)).collect();
        let committed = begun.and_then(|()| connection.execute_batch("COMMIT")).map_err(|e| e.to_string());
        if committed.is_err() && !connection.is_autocommit() {
            // Nothing of a group that cannot be committed may stay; its callers are told.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for answer in answers {
            answer(committed.clone().map_err(StoreError::Commit));
        }
    }
}
