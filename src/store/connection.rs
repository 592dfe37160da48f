//! Opening the database, for the daemon and for the commands of other processes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite_migration::{M, Migrations};

use super::aside::Aside;
use super::clock::ServiceClock;
use super::error::StoreError;
use super::integrity::{self, Looked};
use super::readers::{Readers, open_read_only};
use super::stray_log;
use super::wakes::{Changes, Topic, Wakes};
use super::wal::{self, bytes_of, log_of};
use super::writer::Writer;

/// This version's schema: the number of migrations, which a database keeps as its `user_version`.
const SCHEMA: i64 = 7;
const MIGRATIONS: [M<'_>; SCHEMA as usize] = [
    M::up(include_str!("../../migrations/0001_queue_and_audit.sql")),
    M::up(include_str!("../../migrations/0002_findings_say_how_levels_are_known.sql")),
    M::up(include_str!("../../migrations/0003_reports_of_several_objects.sql")),
    M::up(include_str!("../../migrations/0004_deliveries_of_images_and_commitment.sql")),
    M::up(include_str!("../../migrations/0005_studies_of_one_patient.sql")).foreign_key_check(),
    M::up(include_str!("../../migrations/0006_what_is_due_at_a_glance.sql")),
    M::up(include_str!("../../migrations/0007_the_result_of_a_study.sql")),
];

/// The database. Clones share the writer; it ends when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    // Before the writer: it closes the database as the last one.
    readers: Readers,
    pub(super) writer: Writer,
    pub(super) path: Arc<Path>,
    pub(super) clock: ServiceClock,
    pub(super) aside: Aside,
    wakes: Wakes,
}

impl Store {
    /// Opens the database, makes it if need be, and brings its schema up to date. One that is there
    /// already is looked at first: a damaged one, a newer version's, or one with another's log beside it is left as
    /// it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::examine(path)?;
        Self::open_examined(path)
    }

    /// Whether the database, if there is one, can be opened. Nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::StrayLog`], [`StoreError::NewerSchema`], [`StoreError::Damaged`] and those of the system.
    pub fn examine(path: &Path) -> Result<(), StoreError> {
        if !path.exists() {
            return Ok(());
        }
        stray_log::refuse(path)?;
        let (connection, found) = connect(path)?;
        if found > 0 && integrity::look_at_start(&connection, path)? == Looked::InPart {
            tracing::info!(
                database = %path.display(),
                "The database is too large to be looked at whole at each start: let `spinetriage check` do it now and then"
            );
        }
        Ok(())
    }

    /// [`Self::open`] after [`Self::examine`].
    pub fn open_examined(path: &Path) -> Result<Self, StoreError> {
        let (mut connection, found) = connect(path)?;
        prepare(&connection).map_err(|e| cannot_open(path, &e))?;
        if found < SCHEMA {
            migrate(&mut connection).map_err(|e| match e {
                rusqlite_migration::Error::RusqliteError { err, .. } => cannot_open(path, &err),
                other => StoreError::Open { path: path.to_owned(), reason: other.to_string() },
            })?;
        }
        moves_log(&connection, true).map_err(|e| cannot_open(path, &e))?;
        let clock = ServiceClock::resume(&connection).map_err(|e| cannot_open(path, &e))?;
        let (path, wakes): (Arc<Path>, _) = (path.into(), Wakes::default());
        wakes.follow(&connection).map_err(|e| cannot_open(&path, &e))?;
        let writer = Writer::start(connection, wakes.clone())
            .map_err(|e| StoreError::Open { path: path.to_path_buf(), reason: e.to_string() })?;
        let readers = Readers::new(path.clone(), clock);
        Ok(Self { readers, writer, path, clock, aside: Aside::default(), wakes })
    }

    /// Closes the database, where this is the last clone: its log is then moved into it, and nothing lies beside it
    /// that could be taken for the log of another.
    pub async fn close(self) {
        self.readers.close();
        self.writer.close().await;
    }

    /// Runs `change` with the next group and answers after the group is durable. An error of `change`
    /// undoes only what it did itself.
    ///
    /// # Errors
    /// That of `change`; [`StoreError::Commit`] when its group was undone; [`StoreError::Closed`]. After
    /// any of them nothing of `change` is kept.
    pub(crate) async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(change).await
    }

    /// Runs `look` beside the writer on a snapshot of what is committed.
    ///
    /// # Errors
    /// That of `look`; [`StoreError::Closed`].
    pub(super) async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(look).await
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns once the writer has committed something: the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.write(|c| Ok(c.query_row("SELECT 1", [], |_| Ok(()))?)).await
    }

    /// A number that grows with each durable change, but not with [`Self::keep_time`].
    pub fn changes_so_far(&self) -> u64 {
        self.wakes.groups()
    }

    /// Changes of what may make a job due.
    pub fn job_changes(&self) -> Changes {
        self.changes(Topic::Jobs)
    }

    /// Changes of what may make a delivery due.
    pub fn delivery_changes(&self) -> Changes {
        self.changes(Topic::Deliveries)
    }

    /// Changes of what may make a report due.
    pub fn study_changes(&self) -> Changes {
        self.changes(Topic::Studies)
    }

    pub(super) fn changes(&self, topic: Topic) -> Changes {
        self.wakes.changes(topic)
    }
}

/// A connection of another process that only reads: one that can change nothing, while a daemon has the database open;
/// else one that leaves no file beside it when it is closed, which only a writer can do.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    if !shared_index_of(path).exists() {
        return open_existing(path);
    }
    stray_log::refuse_beside_a_copy(path)?;
    let connection = open_read_only(path).map_err(|e| cannot_open(path, &e))?;
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    let found: i64 = found.map_err(|e| cannot_open(path, &e))?;
    is_of_this_version(path, found)?;
    ServiceClock::resume(&connection).map_err(|e| cannot_open(path, &e))?;
    Ok(connection)
}

/// The file beside the database by which the connections of several processes find their way through its log.
fn shared_index_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-shm");
    name.into()
}

fn is_of_this_version(path: &Path, found: i64) -> Result<(), StoreError> {
    match found {
        SCHEMA => Ok(()),
        older if older < SCHEMA => Err(StoreError::OlderSchema { path: path.to_owned(), found: older, needed: SCHEMA }),
        newer => Err(StoreError::NewerSchema { path: path.to_owned(), found: newer, known: SCHEMA }),
    }
}

/// A connection of another process (a command a person runs) to a database that exists and has this
/// version's schema.
pub fn open_existing(path: &Path) -> Result<Connection, StoreError> {
    let (connection, found) = open_to_copy(path)?;
    is_of_this_version(path, found)?;
    ServiceClock::resume(&connection).map_err(|e| cannot_open(path, &e))?;
    Ok(connection)
}

/// As [`open_existing`], and with it the number of the schema, which may be an older version's: enough to copy
/// the database.
pub(super) fn open_to_copy(path: &Path) -> Result<(Connection, i64), StoreError> {
    if !path.exists() {
        let reason = "there is no such file; the daemon makes it at its first start".into();
        return Err(StoreError::Open { path: path.to_owned(), reason });
    }
    let has_log = has_log(path);
    let (connection, found) = connect(path)?;
    prepare(&connection).map_err(|e| cannot_open(path, &e))?;
    if has_log {
        connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(|e| cannot_open(path, &e))?;
    }
    Ok((connection, found))
}

fn has_log(path: &Path) -> bool {
    bytes_of(&log_of(path)) > 0
}

/// Whether a connection moves the log into the database when it is closed and nobody else uses it.
fn moves_log(connection: &Connection, moves: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !moves).map(drop)
}

/// A connection that has changed nothing yet, and the number of the schema: 0 in a new database. A log that is there
/// is the daemon's, or what a crash left, or another database's: the connection leaves it where it is.
fn connect(path: &Path) -> Result<(Connection, i64), StoreError> {
    stray_log::refuse_beside_a_copy(path)?;
    let look = || {
        let has_log = has_log(path);
        let connection = Connection::open(path)?;
        moves_log(&connection, !has_log)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((connection, found))
    };
    let (connection, found) = look().map_err(|e| cannot_open(path, &e))?;
    if found > SCHEMA {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, known: SCHEMA });
    }
    Ok((connection, found))
}

/// Brings the schema up to date. Tables that others refer to are made anew, which SQLite allows only while it does not
/// look at the references (<https://sqlite.org/lang_altertable.html>, "Making Other Kinds Of Table Schema Changes");
/// they are looked at afterwards, before anything is kept.
fn migrate(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    connection.pragma_update(None, "foreign_keys", false)?;
    Migrations::from_slice(&MIGRATIONS).to_latest(connection)?;
    Ok(connection.pragma_update(None, "foreign_keys", true)?)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    stray_log::take_mark_off(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    wal::bound(connection)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Why a database cannot be opened; that it is damaged has a remedy of its own.
fn cannot_open(path: &Path, error: &rusqlite::Error) -> StoreError {
    integrity::damage(path, error)
        .unwrap_or_else(|| StoreError::Open { path: path.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests;
