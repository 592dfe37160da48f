//! The one thread that writes: whatever waits shares a transaction and its commit.
//!
//! Each change runs in a savepoint, so that an error undoes only what that change did. The rest is
//! durable together or undone together, and every caller hears which of the two.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::{StoreError, Undone};
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
        if !taken.is_empty() {
            let mut group = Group::begin(connection);
            let answers: Vec<Answer> = taken.drain(..).map(|change| change(&mut group)).collect();
            let committed = group.commit();
            wakes.concluded(committed.is_ok());
            for answer in answers {
                answer(committed.clone().map_err(StoreError::Commit));
            }
        }
        let seen = std::mem::replace(&mut others, changes_of_others(connection));
        if seen != others {
            wakes.all();
        }
    }
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

/// Runs `change` so that an error undoes only what it did.
pub(super) fn in_savepoint<T>(
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::*;
    use crate::store::{Store, open_existing, verify_audit};

    fn store_in(folder: &Path) -> (Store, PathBuf) {
        let database = folder.join("db.sqlite");
        (Store::open(&database).unwrap(), database)
    }

    /// A table's number by the path of another process.
    fn count(database: &Path, query: &str) -> i64 {
        open_existing(database).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// A change with two rows that does nothing wrong.
    async fn neighbour(store: &Store) -> Result<(), StoreError> {
        store.record_rejection(String::new(), String::new(), String::new(), String::new()).await
    }

    /// A rejection of this size: a row that belongs to no other.
    fn reject(c: &Connection, bytes: usize) -> Result<usize, StoreError> {
        let row = "INSERT INTO rejections (at, peer, calling, called, reason) VALUES ('', '', '', '', ?1)";
        Ok(c.execute(row, ["x".repeat(bytes)])?)
    }

    /// The writer was busy elsewhere (`queue retry` in another process), BEGIN failed, and the change ran
    /// all the same: it committed by itself while its caller was told that nothing was kept.
    #[tokio::test]
    async fn a_change_whose_transaction_could_not_begin_was_kept_although_its_caller_was_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let (store, database) = store_in(folder.path());
        store.write(|c| Ok(c.busy_timeout(Duration::ZERO)?)).await.unwrap();
        let other = open_existing(&database).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let change = store.write(move |c| {
            // The other process ends its transaction just now; here, as it is dropped, at the latest.
            other.execute_batch("ROLLBACK")?;
            reject(c, 1)
        });
        assert!(matches!(change.await, Err(StoreError::Commit(_))));
        assert_eq!(count(&database, "SELECT count(*) FROM rejections"), 0);
        store.write(|c| reject(c, 1)).await.expect("the next group has a transaction again");
    }

    /// A full disk makes SQLite end the transaction itself (lang_transaction.html, "automatic rollback").
    /// What came after it in the group then committed one by one, and its callers, told that nothing was
    /// kept, deleted the files of rows that stayed.
    #[tokio::test]
    async fn after_sqlite_ended_a_group_s_transaction_the_rest_of_it_was_kept_row_by_row() {
        let folder = tempfile::tempdir().unwrap();
        let (store, database) = store_in(folder.path());
        let most_pages = |pages: u32| store.write(move |c| Ok(c.pragma_update(None, "max_page_count", pages)?));
        // Less than there is means: not one page more.
        most_pages(1).await.unwrap();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (_, before, too_big, after, ()) = tokio::join!(
            biased;
            // Holds the writer until the others wait: they are one group.
            store.write(move |_| Ok(released.recv().is_ok())),
            neighbour(&store),
            store.write(|c| reject(c, 100_000)),
            neighbour(&store),
            async { release.send(()).unwrap() },
        );
        assert!(matches!(&too_big, Err(StoreError::Sqlite(e)) if e.to_string().contains("full")), "{too_big:?}");
        for told in [before, after] {
            assert!(matches!(told, Err(StoreError::Commit(_))), "{told:?}");
        }
        for table in ["rejections", "audit"] {
            assert_eq!(count(&database, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        most_pages(1_000_000).await.unwrap();
        neighbour(&store).await.expect("there is room again");
        assert!(verify_audit(&database).unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_commit_that_fails_keeps_nothing_and_everybody_of_its_group_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (store, database) = store_in(folder.path());
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (_, before, uncommittable, after, ()) = tokio::join!(
            biased;
            store.write(move |_| Ok(released.recv().is_ok())),
            neighbour(&store),
            // A reference to nothing, looked at only by COMMIT.
            store.write(|c| {
                c.execute_batch("PRAGMA defer_foreign_keys = ON; INSERT INTO report_images (report_id, instance_id) VALUES (7, 7)")?;
                Ok(())
            }),
            neighbour(&store),
            async { release.send(()).unwrap() },
        );
        for told in [before, uncommittable, after] {
            assert!(matches!(told, Err(StoreError::Commit(_))), "{told:?}");
        }
        for table in ["rejections", "report_images", "audit"] {
            assert_eq!(count(&database, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        store.write(|c| reject(c, 1)).await.expect("the next group has a transaction again");
    }

    /// A change that failed and could not be undone either was committed with its group, half done.
    #[tokio::test]
    async fn a_change_that_could_not_be_undone_alone_was_kept_half_done() {
        let folder = tempfile::tempdir().unwrap();
        let (store, database) = store_in(folder.path());
        // Without its savepoint there is nothing to return to.
        let half = store.write(|c| {
            reject(c, 1)?;
            c.execute_batch("RELEASE change")?;
            Err::<(), _>(StoreError::NotFound("the other half".into()))
        });
        assert!(matches!(half.await, Err(StoreError::NotFound(_))));
        assert_eq!(count(&database, "SELECT count(*) FROM rejections"), 0);
    }

    #[tokio::test]
    async fn a_failing_change_undoes_only_itself_and_waiting_changes_share_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let (store, database) = store_in(folder.path());
        let writes = (0..200).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                if n % 10 == 0 {
                    let wrong =
                        store.write(|c| Ok(c.execute("INSERT INTO jobs (kind) VALUES ('nonsense')", [])?)).await;
                    assert!(wrong.is_err());
                } else {
                    neighbour(&store).await.unwrap();
                }
            })
        });
        for write in writes.collect::<Vec<_>>() {
            write.await.unwrap();
        }
        assert_eq!(count(&database, "SELECT count(*) FROM rejections"), 180);
        assert!(store.changes_so_far() < 180, "each had a commit of its own");
        assert!(verify_audit(&database).unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_full_or_busy_database_is_nobodys_fault() {
        let folder = tempfile::tempdir().unwrap();
        let (store, database) = store_in(folder.path());
        store.write(|c| Ok(c.busy_timeout(Duration::ZERO)?)).await.unwrap();
        let other = open_existing(&database).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let busy = neighbour(&store).await.unwrap_err();
        assert!(busy.may_heal() && !busy.concerns_one() && matches!(busy, StoreError::Commit(_)), "{busy}");
        other.execute_batch("ROLLBACK").unwrap();
        neighbour(&store).await.unwrap();
        let none: i64 = count(&database, "SELECT count(*) FROM conditions");
        assert_eq!(none, 0, "nothing is set aside for it");
    }
}
