//! A state folder without a daemon, and rows to put into its database.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use spinetriage::store::{Event, EventKind, Outcome, Store};

use crate::support::programs::spinetriage;
use crate::support::{change, root};

/// A folder with a daemon's state folder and its configuration.
pub struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    pub fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let state = site.path("state");
        fs::create_dir(&state).unwrap();
        let text = format!(
            "[[destination]]\nname = \"pacs\"\nae_title = \"PACS\"\naddress = \"127.0.0.1:9\"\n\n\
             [server]\nlisten = [\"127.0.0.1:0\"]\n\n[analysis]\nbundle = {:?}\n\n[storage]\nstate_dir = {state:?}\nminimum_free_gib = 0\n",
            site.path("no-bundle"),
        );
        fs::write(site.path("spinetriage.toml"), text).unwrap();
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("state/spinetriage.sqlite")
    }

    pub fn open(&self) -> Store {
        Store::open(&self.database()).unwrap()
    }

    /// The `spinetriage` command with this site's configuration.
    pub fn command(&self, arguments: &[&str]) -> Output {
        let configuration = self.path("spinetriage.toml");
        let named = [OsStr::new("--config"), configuration.as_os_str()];
        spinetriage(root(), arguments.iter().map(OsStr::new).chain(named))
    }

    /// Ends the store; returns when the writer has closed the file, and its log is moved into it.
    pub fn close(&self, store: Store) {
        drop(store);
        let log = self.path("state/spinetriage.sqlite-wal");
        for _ in 0..1000 {
            if !log.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} is still there after ten seconds", log.display());
    }
}

/// This many audit rows about images `2.25.1000`, `2.25.1001`...
pub async fn fill_audit(store: &Store, rows: usize) {
    for n in 0..rows {
        let event = Event {
            image: format!("2.25.{}", 1000 + n),
            detail: "x".repeat(200),
            ..Event::of(EventKind::Received, Outcome::Success)
        };
        store.record_event(event).await.unwrap();
    }
}

/// An image that was received at `received_at` of the service clock and is in `state`; its row is `id`.
pub fn image(id: usize, received_at: i64, state: &str) -> String {
    format!(
        "INSERT INTO instances (id, sop_instance_uid, sop_class_uid, revision, study_instance_uid, series_instance_uid, patient_id,
             accession_number, modality, body_part, study_description, series_description, transfer_syntax, bytes, file,
             sender_ae_title, sender_address, received_at, received_service_ms, state)
         VALUES ({id}, '2.25.1{id}', '2.25.2', 1, '2.25.3{id}', '2.25.4', '', '', 'DX', '', '', '', '1.2.840.10008.1.2.1', 1,
             'spool/images/{id}.dcm', 'DX', '127.0.0.1', '', {received_at}, '{state}');"
    )
}

/// A report of version 1 about a study of its own.
pub fn report(id: usize, written_at: i64) -> String {
    format!(
        "INSERT INTO studies (id, study_instance_uid, patient_number, patient_id) VALUES ({id}, '2.25.5{id}', 1, '');
         INSERT INTO reports VALUES ({id}, {id}, 1, '2.25.6{id}', '2.25.7', '2.25.8', '', '2026', {written_at}, NULL);"
    )
}

/// An object of a report.
pub fn object(id: usize, report: usize) -> String {
    format!(
        "INSERT INTO objects (id, report_id, kind, sop_class_uid, sop_instance_uid, file, sha256)
         VALUES ({id}, {report}, 'structured-report', '2.25.9', '2.25.6{id}', 'spool/reports/{id}.dcm', '');"
    )
}

/// A delivery of `what`, `object_id` or `instance_id`, of this row.
pub fn delivery(what: &str, row: usize, state: &str, commitment: &str) -> String {
    format!(
        "INSERT INTO deliveries ({what}, destination, state, commitment)
         VALUES ({row}, 'pacs', '{state}', '{commitment}');"
    )
}

/// Runs statements as one change.
pub async fn run(store: &Store, statements: String) {
    change(store, &statements);
}
