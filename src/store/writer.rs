//! The one thread that writes: whatever waits shares a transaction and its commit.
//!
//! Each change runs in a savepoint, so that an error undoes only what that change did. The rest is
//! durable together or undone together, and every caller hears which of the two.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::StoreError;

/// Changes that may wait for the writer; more make their callers wait.
const WAITING: usize = 512;
/// Changes committed together at most.
const GROUP: usize = 256;

/// Tells a caller, once it is known whether the group is durable.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Change = Box<dyn FnOnce(&mut Group<'_>) -> Answer + Send>;

/// The calling side. The thread ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Writer {
    changes: mpsc::Sender<Change>,
}

impl Writer {
    /// Starts the thread, which keeps the connection.
    pub fn start(connection: Connection) -> std::io::Result<Self> {
        let (changes, waiting) = mpsc::channel(WAITING);
        std::thread::Builder::new().name("database".into()).spawn(move || write(&connection, waiting))?;
        Ok(Self { changes })
    }

    /// Runs `change` with the next group and answers after the group is durable, or undone.
    pub async fn run<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let change: Change = Box::new(move |group| {
            let outcome = group.run(change);
            // The change's own error says more than that of the group it may have taken along. A caller
            // that has gone away does not need the answer.
            Box::new(move |committed| drop(answer.send(outcome.and_then(|kept| committed.map(|()| kept)))))
        });
        self.changes.send(change).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// Takes whatever waits, runs it in one transaction, commits once, answers all.
fn write(connection: &Connection, mut waiting: mpsc::Receiver<Change>) {
    let mut taken = Vec::with_capacity(GROUP);
    while let Some(first) = waiting.blocking_recv() {
        taken.push(first);
        while taken.len() < GROUP {
            match waiting.try_recv() {
                Ok(change) => taken.push(change),
                Err(_) => break,
            }
        }
        let mut group = Group::begin(connection);
        let answers: Vec<Answer> = taken.drain(..).map(|change| change(&mut group)).collect();
        let committed = group.commit();
        for answer in answers {
            answer(committed.clone().map_err(StoreError::Commit));
        }
    }
}

/// The transaction of a group.
struct Group<'a> {
    connection: &'a Connection,
    /// Why there is no transaction (any more). Nothing runs then: it would commit by itself.
    lost: Option<String>,
}

impl<'a> Group<'a> {
    fn begin(connection: &'a Connection) -> Self {
        let lost = connection.execute_batch("BEGIN IMMEDIATE").err().map(|e| e.to_string());
        Self { connection, lost }
    }

    /// Runs a change in a savepoint, unless the transaction is lost; notices when it is lost by it.
    fn run<T>(&mut self, change: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if let Some(reason) = &self.lost {
            return Err(StoreError::Commit(reason.clone()));
        }
        let outcome = in_savepoint(self.connection, change);
        // A full or failing disk makes SQLite end the whole transaction by itself ("automatic rollback",
        // https://sqlite.org/lang_transaction.html), with all that the group did so far.
        if self.connection.is_autocommit() {
            let ended = || "SQLite has ended the transaction".to_owned();
            self.lost = Some(outcome.as_ref().err().map_or_else(ended, StoreError::to_string));
        }
        outcome
    }

    /// Makes the group durable, or undoes what is left of it and says why.
    fn commit(self) -> Result<(), String> {
        let committed = match self.lost {
            Some(reason) => Err(reason),
            None => self.connection.execute_batch("COMMIT").map_err(|e| e.to_string()),
        };
        if committed.is_err() {
            undo(self.connection);
        }
        committed
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute_batch("SAVEPOINT change")?;
    let outcome = change(connection);
    let end = if outcome.is_ok() { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" };
    match connection.execute_batch(end) {
        Ok(()) => outcome,
        Err(error) => {
            // What it did can be neither kept nor undone alone: the whole group is undone with it.
            undo(connection);
            outcome.and(Err(error.into()))
        }
    }
}

/// Undoes a transaction that is still open.
fn undo(connection: &Connection) {
    if !connection.is_autocommit() {
        // One that cannot be ended now lets no other begin, and is undone again after that.
        let _ = connection.execute_batch("ROLLBACK");
    }
}
