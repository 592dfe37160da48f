//! Opening the database, for the daemon and for the commands of other processes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use tokio::sync::Notify;

use super::error::StoreError;
use super::integrity::{self, Looked};
use super::wal;
use super::writer::Writer;

/// This version's schema: the number of migrations, which a database keeps as its `user_version`.
const SCHEMA: i64 = 4;
const MIGRATIONS: [M<'_>; SCHEMA as usize] = [
    M::up(include_str!("../../migrations/0001_queue_and_audit.sql")),
    M::up(include_str!("../../migrations/0002_findings_say_how_levels_are_known.sql")),
    M::up(include_str!("../../migrations/0003_reports_of_several_objects.sql")),
    M::up(include_str!("../../migrations/0004_deliveries_of_images_and_commitment.sql")),
];

/// The database. Clones share the writer; it ends when the last one is dropped.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    pub(super) path: Arc<Path>,
    pub(super) jobs: Arc<Notify>,
    pub(super) deliveries: Arc<Notify>,
}

impl Store {
    /// Opens the database, makes it if need be, and brings its schema up to date. One that is there
    /// already is looked at first: a damaged one, or a newer version's, is left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (mut connection, found) = connect(path)?;
        if found > 0 && integrity::look_at_start(&connection, path)? == Looked::InPart {
            tracing::info!(
                database = %path.display(),
                "The database is too large to be looked at whole at each start: let `spinetriage check` do it now and then"
            );
        }
        prepare(&connection).map_err(|e| cannot_open(path, &e))?;
        Migrations::from_slice(&MIGRATIONS).to_latest(&mut connection).map_err(|e| match e {
            rusqlite_migration::Error::RusqliteError { err, .. } => cannot_open(path, &err),
            other => StoreError::Open { path: path.to_owned(), reason: other.to_string() },
        })?;
        let writer =
            Writer::start(connection).map_err(|e| StoreError::Open { path: path.to_owned(), reason: e.to_string() })?;
        Ok(Self { writer, path: path.into(), jobs: Arc::default(), deliveries: Arc::default() })
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

/// A connection of another process (a command a person runs) to a database that exists and has this
/// version's schema.
pub fn open_existing(path: &Path) -> Result<Connection, StoreError> {
    let (connection, found) = open_to_copy(path)?;
    if found < SCHEMA {
        return Err(StoreError::OlderSchema { path: path.to_owned(), found, needed: SCHEMA });
    }
    Ok(connection)
}

/// As [`open_existing`], and with it the number of the schema, which may be an older version's: enough to copy
/// the database.
pub(super) fn open_to_copy(path: &Path) -> Result<(Connection, i64), StoreError> {
    if !path.exists() {
        let reason = "there is no such file; the daemon makes it at its first start".into();
        return Err(StoreError::Open { path: path.to_owned(), reason });
    }
    let (connection, found) = connect(path)?;
    prepare(&connection).map_err(|e| cannot_open(path, &e))?;
    Ok((connection, found))
}

/// A connection that has changed nothing yet, and the number of the schema: 0 in a new database.
fn connect(path: &Path) -> Result<(Connection, i64), StoreError> {
    let look = || {
        let connection = Connection::open(path)?;
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

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
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
mod tests {
    use super::*;

    /// An image whose second vertebra has a counted level and heights, as of later findings.
    const IMAGE: &str = r#"INSERT INTO instances (sop_instance_uid, sop_class_uid, revision, study_instance_uid,
        series_instance_uid, patient_id, accession_number, modality, body_part, study_description, series_description,
        transfer_syntax, bytes, sender_ae_title, sender_address, received_at, state, findings)
        VALUES ('1.2', '1.3', 1, '1.4', '1.5', '', '', 'DX', '', '', '', '1.6', 1, 'CR1', '', '', 'analysed',
        '{"notice": "n", "bundle": {"name": "demo", "version": "0.1.0", "digest": "d", "classes": [{"code": "A", "name": "a"}]},
          "vertebrae": [
            {"ordinal": 1, "level": null, "class": 0, "bounding_box": {"x0": 1}, "probabilities": [1.0]},
            {"ordinal": 2, "level": "L3", "level_source": "counted-from-sacrum", "class": 0, "bounding_box": {"x0": 1},
             "probabilities": [1.0], "morphometry": {"genant_grade": 2, "deformity": "wedge", "height_loss_percent": 31.5}}]}')"#;

    #[test]
    fn a_database_of_the_first_schema_is_brought_up_to_date_with_its_findings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.sqlite");
        let mut old = Connection::open(&path).unwrap();
        Migrations::from_slice(&MIGRATIONS[..1]).to_latest(&mut old).unwrap();
        old.execute(IMAGE, []).unwrap();
        drop(old);
        let _store = Store::open(&path).unwrap();
        let rows: Vec<String> = open_existing(&path)
            .unwrap()
            .prepare(
                "SELECT concat_ws('|', ordinal, level, level_source, genant_grade, deformity, height_loss_percent, notice)
                 FROM audit_findings ORDER BY ordinal",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(rows, ["1||||n", "2|L3|counted-from-sacrum|2|wedge|31.5|n"]);
    }
}
