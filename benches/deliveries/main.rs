//! How long one look for due deliveries takes with thousands that wait, and what an idle look costs.
//!
//! `cargo bench --bench deliveries -- WAITING` prints one JSON object: milliseconds a look when all of them are due, and
//! when all of them wait for their next attempt.

use std::time::{Duration, Instant};

use spinetriage::store::{Share, Store, open_existing};

const LOOKS: u32 = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let waiting: u32 = arguments.first().map_or(20_000, |number| number.parse().expect("a number of deliveries"));
    let folder = tempfile::tempdir().expect("a folder for the database");
    let database = folder.path().join("db.sqlite");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let store = runtime.block_on(async { Store::open(&database) }).expect("a database");
    let change = |statements: &str| {
        open_existing(&database).and_then(|c| Ok(c.execute_batch(statements)?)).expect("rows that the schema takes");
    };
    change(&format!(
        "BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {waiting})
         INSERT INTO instances (id, sop_instance_uid, sop_class_uid, revision, study_instance_uid, series_instance_uid,
             patient_id, accession_number, modality, body_part, study_description, series_description, transfer_syntax, bytes,
             file, sender_ae_title, sender_address, received_at, received_service_ms, state)
         SELECT i, '1.2.' || i, '1.3', 1, '1.4', '1.5', '', '', 'DX', '', '', '', '1.6', 1, 'f', 'DX1', '', '', 0, 'skipped' FROM n;
         INSERT INTO deliveries (instance_id, destination, state, attempts, next_attempt_at, deadline)
         SELECT id, 'pacs', 'pending', id % 7, 0, 9000000000 FROM instances;
         COMMIT;"
    ));
    let look = || {
        let all = Share { part: 0, of: 1 };
        let begun = Instant::now();
        let mut found = 0;
        for _ in 0..LOOKS {
            found = runtime.block_on(store.due_deliveries("pacs", all, 50)).expect("a look").len();
        }
        (found, begun.elapsed() / LOOKS)
    };
    let (due, all_due) = look();
    change("UPDATE deliveries SET next_attempt_at = 8000000000");
    let (none, all_wait) = look();
    assert_eq!((due, none), (50, 0));
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{}",
        serde_json::json!({"waiting": waiting, "ms_all_due": milliseconds(all_due), "ms_all_wait": milliseconds(all_wait)})
    );
}
