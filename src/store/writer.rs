//! The one thread that writes: whatever waits shares a transaction and its commit.
//!
//! Each change runs in a savepoint, so that an error undoes only what that change did. The rest is
//! durable together or undone together, and every caller hears which of the two.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::{StoreError, Undone};
use super::savepoint::{in_savepoint, undo};
use super::wakes::Wakes;

/// Changes that may wait for the writer; more make their callers wait.
const WAITING: usize = 512;
/// Changes committed together at most.
const GROUP: usize = 256;

/// Tells a caller, once it is known whether the group is durable.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Change = Box<dyn FnOnce(&mut Group<'_>) -> Answer + Send>;

/// What the thread is asked to do.
enum Task {
    /// To change something, with whatever else waits.
    Change(Change),
    /// To see whether another process has changed something.
    LookForOthers,
}

/// The calling side. The thread ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Writer {
    tasks: mpsc::Sender<Task>,
    thread: Arc<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, which keeps the connection and wakes who waits for what was changed.
    pub fn start(connection: Connection, wakes: Wakes) -> std::io::Result<Self> {
        let (tasks, waiting) = mpsc::channel(WAITING);
        let work = move || write(&connection, waiting, &wakes);
        let thread = std::thread::Builder::new().name("database".into()).spawn(work)?;
        Ok(Self { tasks, thread: Arc::new(thread) })
    }

    /// A handle that does not keep the thread from ending.
    pub fn weak(&self) -> WeakWriter {
        WeakWriter { tasks: self.tasks.downgrade() }
    }

    /// Waits until the connection is closed, where this is the last clone; else the last one closes it some time.
    pub async fn close(self) {
        let Self { tasks, thread } = self;
        drop(tasks);
        if let Some(thread) = Arc::into_inner(thread) {
            // A panic in there has been told, and closes the connection too.
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
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
        self.tasks.send(Task::Change(change)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// [`Writer`] for those who must not keep it.
pub(super) struct WeakWriter {
    tasks: mpsc::WeakSender<Task>,
}

impl WeakWriter {
    /// Has the thread see whether another process has changed something; it wakes everybody then.
    pub fn look_for_others(&self) {
        if let Some(tasks) = self.tasks.upgrade() {
            // One that is full looks when it is done with what waits.
            let _ = tasks.try_send(Task::LookForOthers);
        }
    }
}

/// Takes whatever waits, runs it in one transaction, commits once, answers all.
fn write(connection: &Connection, mut waiting: mpsc::Receiver<Task>, wakes: &Wakes) {
    let mut taken = Vec::with_capacity(GROUP);
    let mut others = changes_of_others(connection);
    while let Some(first) = waiting.blocking_recv() {
        let mut next = Some(first);
        while let Some(task) = next.take() {
            if let Task::Change(change) = task {
                taken.push(change);
            }
            next = (taken.len() < GROUP).then(|| waiting.try_recv().ok()).flatten();
        }
        let (answers, committed) = run_together(connection, &mut taken);
        wakes.concluded(committed.is_ok());
        let seen = std::mem::replace(&mut others, changes_of_others(connection));
        if seen != others {
            wakes.all();
        }
        // Last of all: whoever is answered finds the connection at rest.
        for answer in answers {
            answer(committed.clone().map_err(StoreError::Commit));
        }
    }
}

/// Runs what was taken in one transaction and commits it; nothing where it is none.
fn run_together(connection: &Connection, taken: &mut Vec<Change>) -> (Vec<Answer>, Result<(), Undone>) {
    if taken.is_empty() {
        return (Vec::new(), Ok(()));
    }
    let mut group = Group::begin(connection);
    let answers = taken.drain(..).map(|change| change(&mut group)).collect();
    (answers, group.commit())
}

/// A number that is another after each change of another process; `None` where it cannot be read.
fn changes_of_others(connection: &Connection) -> Option<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok()
}

/// The transaction of a group.
struct Group<'a> {
    connection: &'a Connection,
    /// Why there is no transaction (any more). Nothing runs then: it would commit by itself.
    lost: Option<Undone>,
}

impl<'a> Group<'a> {
    fn begin(connection: &'a Connection) -> Self {
        let lost = connection.execute_batch("BEGIN IMMEDIATE").err().map(|e| Undone::by(&e));
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
            self.lost = Some(outcome.as_ref().err().map_or_else(Undone::by_sqlite, Undone::with));
        }
        outcome
    }

    /// Makes the group durable, or undoes what is left of it and says why.
    fn commit(self) -> Result<(), Undone> {
        let committed = match self.lost {
            Some(reason) => Err(reason),
            None => self.connection.execute_batch("COMMIT").map_err(|e| Undone::by(&e)),
        };
        if committed.is_err() {
            undo(self.connection);
        }
        committed
    }
}

#[cfg(test)]
mod tests;
