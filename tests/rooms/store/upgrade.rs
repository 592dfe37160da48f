//! A database that the version before has written, on which it could not even start any more.

use std::path::Path;
use std::time::Duration;

use spinetriage::store::{self, Store, Work};

use super::builders::*;

const MIGRATIONS: [&str; 4] = [
    include_str!("../../../migrations/0001_queue_and_audit.sql"),
    include_str!("../../../migrations/0002_findings_say_how_levels_are_known.sql"),
    include_str!("../../../migrations/0003_reports_of_several_objects.sql"),
    include_str!("../../../migrations/0004_deliveries_of_images_and_commitment.sql"),
];

fn of_the_version_before(database: &Path) {
    let old = rusqlite::Connection::open(database).unwrap();
    MIGRATIONS.iter().for_each(|migration| old.execute_batch(migration).unwrap());
    old.execute_batch(include_str!("../../data/upgrade/schema_4.sql")).unwrap();
    old.execute_batch("PRAGMA user_version = 4; PRAGMA journal_mode = WAL").unwrap();
}

#[tokio::test]
async fn a_database_that_the_version_before_could_not_start_on_goes_on_and_says_what_it_put_right() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    of_the_version_before(&database);
    let store = Store::open(&database).unwrap();
    let told = store.tell_what_was_put_right().await.unwrap();
    let about = |words: &str| told.iter().filter(|sentence| sentence.contains(words)).count();
    assert_eq!(about("of another patient"), 1, "{told:#?}");
    assert_eq!(about("as what it is"), 2, "{told:#?}");
    assert_eq!(about("to be sent to nobody"), 1, "{told:#?}");
    assert_eq!(about("row 8, which was refused, is closed"), 1, "{told:#?}");
    assert_eq!(told.len(), 5);
    assert!(store.tell_what_was_put_right().await.unwrap().is_empty(), "once");
    assert_eq!(count(&database, "SELECT count(*) FROM audit WHERE event = 'upgrade' AND outcome = 'put right'"), 5);
    store.recover_after_restart(MANY).await.unwrap();

    // Patient A again without B's film, B by herself; study C with its film again; F and G at last.
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 5);
    let mut told = Vec::new();
    while let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() {
        let Work::Report { report } = job.work else { panic!("{job:?}") };
        let input = store.report_input(report).await.unwrap();
        store.finish_report(&job, vec![], vec![]).await.unwrap();
        let patient =
            format!("SELECT patient_number FROM studies s JOIN reports r ON r.study_id = s.id WHERE r.id = {report}");
        told.push((count(&database, &patient), input.plan.version, input.images.len()));
    }
    told.sort_unstable();
    assert_eq!(told, [(1, 1, 1), (1, 1, 1), (1, 2, 1), (1, 3, 2), (2, 1, 1)]);
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state NOT IN ('reported', 'skipped')"), 0);
    let closed = "SELECT count(*) FROM instances WHERE state = 'skipped' AND reason LIKE '%kept as row 10'";
    assert_eq!(count(&database, closed), 1);
    assert_eq!(count(&database, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert!(store::verify_audit(&database).unwrap().is_ok());
    store::check_integrity(&database).unwrap();
}
