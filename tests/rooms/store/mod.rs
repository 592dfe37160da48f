//! The store's promises, whatever happens in whatever order.

mod builders;
mod deliveries;
mod identity;
mod lasting;
mod refusals;
mod upgrade;

use std::time::Duration;

use proptest::prelude::*;
use spinetriage::findings::ObjectKind;
use spinetriage::store::{self, Addressee, DeliveryOutcome, NewObject, ObjectFile, Recorded, Store, StoreError, Work};

use crate::support::change;
use builders::*;

#[derive(Debug, Clone)]
enum Step {
    Receive(usize),
    Finish,
    Fail(bool),
    Lose,
    Crash,
    Plan,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0usize..6).prop_map(Step::Receive),
        4 => Just(Step::Finish),
        2 => any::<bool>().prop_map(Step::Fail),
        1 => Just(Step::Lose),
        1 => Just(Step::Crash),
        2 => Just(Step::Plan),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Received, failed, crashed and retried in any order: every image that was received ends, none
    /// has two jobs, each version of a report exists once, and the audit stays whole.
    #[test]
    fn nothing_vanishes(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db.sqlite");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut store = Store::open(&database).unwrap();
            let mut received = std::collections::BTreeSet::new();
            for step in steps {
                match step {
                    Step::Receive(n) => {
                        // The same content again is a duplicate; where it had failed its row is taken up again.
                        let held = format!("SELECT count(*) FROM instances WHERE sop_instance_uid = '{}'", uid(1, n));
                        let known = count(&database, &held) > 0;
                        let recorded = store.record_instance(instance(n, "a")).await.unwrap();
                        assert_eq!(recorded == Recorded::Duplicate, known);
                        received.insert(n);
                    }
                    Step::Finish => if let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() { finish(&store, &job, 1).await },
                    Step::Fail(permanent) => if let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() {
                        store.fail_attempt(&job, "because", permanent, ATTEMPTS, false).await.unwrap();
                    },
                    // A worker that never answers: its lease runs out at once.
                    Step::Lose => { store.lease_job("w", Duration::ZERO, MANY).await.unwrap(); }
                    Step::Crash => {
                        drop(store);
                        store = Store::open(&database).unwrap();
                        store.recover_after_restart(MANY).await.unwrap();
                    }
                    Step::Plan => { store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(); }
                }
            }
            // Now everything works: pauses before a next attempt are skipped as time would.
            store.recover_after_restart(MANY).await.unwrap();
            for _ in 0..40 {
                change(&store, "UPDATE jobs SET not_before = 0; UPDATE studies SET next_report_at = 0");
                store.plan_reports(settling(Duration::ZERO, Duration::ZERO, true)).await.unwrap();
                while let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() { finish(&store, &job, 1).await }
                for delivery in what_is_due(&store, "pacs0").await {
                    store.record_delivery(delivery.id, DeliveryOutcome::Delivered { status: "0000".into() }, TERMS).await.unwrap();
                }
            }
            drop(store);
            assert_eq!(count(&database, "SELECT count(DISTINCT sop_instance_uid) FROM instances"), received.len() as i64);
            assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state NOT IN ('reported', 'failed')"), 0, "every image ends");
            assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'failed' AND reason = ''"), 0, "with its reason");
            assert_eq!(count(&database, "SELECT count(*) FROM jobs WHERE state NOT IN ('done', 'failed')"), 0);
            assert_eq!(count(&database, "SELECT count(*) - count(DISTINCT instance_id) FROM jobs WHERE kind = 'analyse'"), 0, "one job an image");
            assert_eq!(count(&database, "SELECT count(*) FROM reports r WHERE NOT EXISTS (SELECT 1 FROM report_images m WHERE m.report_id = r.id)"), 0);
            assert!(store::verify_audit(&database).unwrap().is_ok());
        });
    }
}

#[tokio::test]
async fn the_same_uid_is_a_duplicate_or_a_conflict_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    assert!(matches!(store.record_instance(instance(1, "a")).await.unwrap(), Recorded::Kept { revision: 1, .. }));
    assert_eq!(store.record_instance(instance(1, "a")).await.unwrap(), Recorded::Duplicate);
    assert!(matches!(store.record_instance(instance(1, "b")).await.unwrap(), Recorded::Kept { revision: 2, .. }));
    assert_eq!(count(&database, "SELECT count(*) FROM jobs"), 2);
    let outcomes = "SELECT count(*) FROM audit WHERE outcome IN ('duplicate', 'conflict')";
    assert_eq!(count(&database, outcomes), 2);
}

#[tokio::test]
async fn an_undelivered_report_waits_until_its_deadline_and_can_be_retried() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    store.record_instance(instance(1, "a")).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    finish(&store, &job, 1).await;
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 1);
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 0, "one report job a study");
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    finish(&store, &job, 2).await;
    let [delivery] = &what_is_due(&store, "pacs0").await[..] else { panic!("one object is due") };
    let refused = || DeliveryOutcome::Later { status: "A700".into(), error: "out of resources".into() };
    store.record_delivery(delivery.id, refused(), TERMS).await.unwrap();
    assert!(what_is_due(&store, "pacs0").await.is_empty(), "it waits");
    change(&store, "UPDATE deliveries SET deadline = -1 WHERE destination = 'pacs0'");
    store.record_delivery(delivery.id, refused(), TERMS).await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM deliveries WHERE state = 'failed'"), 1);
    assert!(store::queue::list(&database, None, 10).unwrap()[0].delivery.contains("out of resources"));

    assert_eq!(store::queue::retry(&database, None).unwrap(), 1);
    for pacs in ["pacs0", "pacs1"] {
        assert_eq!(
            count(&database, "SELECT count(*) FROM instances WHERE state = 'reported'"),
            0,
            "not before everybody has it"
        );
        let due = what_is_due(&store, pacs).await;
        store.record_delivery(due[0].id, DeliveryOutcome::Delivered { status: "B000".into() }, TERMS).await.unwrap();
    }
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'reported'"), 1);
}

/// `queue retry --failed` also queued what an operator had cancelled.
#[tokio::test]
async fn a_retry_of_everything_that_failed_revived_what_was_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    store.record_instance(instance(1, "a")).await.unwrap();
    store.record_instance(instance(2, "a")).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    store.fail_attempt(&job, "because", true, ATTEMPTS, false).await.unwrap();
    assert_eq!(store::queue::cancel(&database, uid(1, 2).as_str()).unwrap(), 1);
    assert_eq!(store::queue::retry(&database, None).unwrap(), 1);
    let states = || -> Vec<String> {
        store::queue::list(&database, None, 10).unwrap().into_iter().map(|entry| entry.state).collect()
    };
    assert_eq!(states(), ["queued", "skipped"]);
    assert_eq!(store::queue::retry(&database, Some(uid(1, 2).as_str())).unwrap(), 1, "by its name it can be");
    assert_eq!(states(), ["queued", "queued"]);
}

/// One queued job whose file is gone made every lease fail: the whole queue stood still.
#[tokio::test]
async fn a_job_without_a_file_stopped_the_whole_queue() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    store.record_instance(instance(1, "a")).await.unwrap();
    store.record_instance(instance(2, "a")).await.unwrap();
    change(&store, "UPDATE instances SET file = NULL WHERE id = 1");
    let job = store.lease_job("w", LONG, MANY).await.unwrap().expect("the job behind it");
    assert!(matches!(&job.work, Work::Analyse { image, .. } if image == uid(1, 2).as_str()));
    let [failed] = &store::queue::list(&database, Some("failed"), 10).unwrap()[..] else { panic!("one has failed") };
    assert_eq!(failed.image, uid(1, 1).as_str());
    assert!(failed.reason.contains("send the image again"), "{}", failed.reason);
    let trail = store::trail(&database, Some(uid(1, 1).as_str())).unwrap();
    assert!(trail.iter().any(|row| row.what == "attempt" && row.outcome == "failed"), "{trail:?}");
    assert!(
        matches!(store.record_instance(instance(1, "a")).await.unwrap(), Recorded::Kept { .. }),
        "it is sent again"
    );
}

/// A worker that had been given up could still end its job: it failed, or overwrote, what a newer attempt
/// was doing or had done.
#[tokio::test]
async fn a_worker_that_was_given_up_overwrote_the_newer_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    let run_out = || change(&store, "UPDATE jobs SET lease_until = 0");
    let too_late = |told: Result<(), StoreError>| assert!(matches!(told, Err(StoreError::TooLate { .. })), "{told:?}");
    store.record_instance(instance(1, "a")).await.unwrap();
    let given_up = store.lease_job("a", LONG, MANY).await.unwrap().unwrap();
    run_out();
    let by_another = store.lease_job("b", LONG, MANY).await.unwrap().unwrap();
    run_out();
    let newest = store.lease_job("a", LONG, MANY).await.unwrap().unwrap();
    assert_eq!((newest.id, newest.attempt), (given_up.id, 3));
    for old in [&given_up, &by_another] {
        too_late(store.fail_attempt(old, "because", true, ATTEMPTS, false).await);
        too_late(store.finish_analysis(old, &findings(1)).await);
    }
    let quiet = "SELECT count(*) FROM instances WHERE state = 'queued' AND findings IS NULL";
    assert_eq!(count(&database, quiet), 1, "nothing of theirs is kept");
    run_out();
    store.finish_analysis(&newest, &findings(1)).await.expect("run out, but nobody else has it");
    too_late(store.finish_analysis(&newest, &findings(1)).await);

    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 1);
    let given_up = store.lease_job("a", LONG, MANY).await.unwrap().unwrap();
    run_out();
    let newest = store.lease_job("b", LONG, MANY).await.unwrap().unwrap();
    too_late(store.finish_report(&given_up, vec![], vec![]).await.map(drop));
    finish(&store, &newest, 1).await;
    assert_eq!(count(&database, "SELECT count(*) FROM audit WHERE outcome = 'written' AND actor = 'b'"), 1);
    assert_eq!(count(&database, "SELECT count(*) FROM audit WHERE event = 'attempt'"), 0);
}

/// Leases the job that is due and does it.
async fn work(store: &Store) {
    let job = store.lease_job("w", LONG, MANY).await.unwrap().expect("a job is due");
    finish(store, &job, 1).await;
}

/// Leases the job that is due; it fails for good.
async fn fail(store: &Store, report_failure: bool) {
    let job = store.lease_job("w", LONG, MANY).await.unwrap().expect("a job is due");
    store.fail_attempt(&job, "no pixels", true, ATTEMPTS, report_failure).await.unwrap();
}

#[tokio::test]
async fn a_failed_analysis_is_reported_where_that_is_asked_for_and_again_when_it_is_retried() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    let plan = || store.plan_reports(settling(Duration::ZERO, LONG, true));
    for n in [2, 4] {
        store.record_instance(instance(n, "a")).await.unwrap();
    }
    fail(&store, false).await;
    fail(&store, true).await;
    assert_eq!(plan().await.unwrap(), 1, "the second study alone");
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    let Work::Report { report } = job.work else { panic!("{job:?}") };
    let input = store.report_input(report).await.unwrap();
    let [failed] = &input.failed[..] else { panic!("{input:?}") };
    assert_eq!((failed.image.sop_instance_uid.clone(), failed.reason.as_str()), (uid(1, 4), "no pixels"));
    assert!(input.images.is_empty());
    let object = |input: &store::ReportInput| NewObject {
        kind: ObjectKind::StructuredReport,
        sop_class_uid: uid(2, 2),
        sop_instance_uid: input.plan.sop_instance_uid.clone(),
        file: ObjectFile { file: "spool/reports/r.dcm".into(), sha256: "x".into() },
        compressed: None,
    };
    store.finish_report(&job, vec![object(&input)], vec![addressee("pacs")]).await.unwrap();
    assert_eq!(plan().await.unwrap(), 0, "once");
    let due = what_is_due(&store, "pacs").await;
    store.record_delivery(due[0].id, DeliveryOutcome::Delivered { status: "0000".into() }, TERMS).await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'failed'"), 2, "it waits for a person");

    store::queue::retry(&database, Some(uid(1, 4).as_str())).unwrap();
    work(&store).await;
    assert_eq!(plan().await.unwrap(), 1, "now there are findings to report");
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    let Work::Report { report } = job.work else { panic!("{job:?}") };
    let later = store.report_input(report).await.unwrap();
    assert_eq!((later.images.len(), later.failed.len(), later.plan.version), (1, 0, 2));
    let before = later.plan.predecessor.expect("the version that told of the failure");
    assert_eq!(before.reports, [(uid(2, 2), input.plan.sop_instance_uid)]);
}

#[tokio::test]
async fn a_study_without_a_vertebra_is_skipped_where_nobody_wants_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    store.record_instance(instance(1, "a")).await.unwrap();
    work(&store).await;
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, false)).await.unwrap(), 0);
    let [entry] = &store::queue::list(&database, Some("skipped"), 10).unwrap()[..] else { panic!("one is skipped") };
    assert!(entry.reason.contains("no vertebra was found"), "{}", entry.reason);
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 0, "it has ended");
    assert_eq!(count(&database, "SELECT count(*) FROM audit WHERE event = 'report' AND outcome = 'skipped'"), 1);
}

#[tokio::test]
async fn each_destination_gets_the_report_in_its_own_sop_class_and_all_companions() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("db.sqlite")).unwrap();
    store.record_instance(instance(1, "a")).await.unwrap();
    work(&store).await;
    store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    let object = |kind, class, n: usize| NewObject {
        kind,
        sop_class_uid: uid(2, class),
        sop_instance_uid: uid(6, n),
        file: ObjectFile { file: format!("spool/reports/{n}.dcm"), sha256: "x".into() },
        compressed: (kind == ObjectKind::Overlay)
            .then(|| ObjectFile { file: "spool/reports/c.dcm".into(), sha256: "y".into() }),
    };
    let objects = vec![
        object(ObjectKind::StructuredReport, 2, 1),
        object(ObjectKind::StructuredReport, 3, 2),
        object(ObjectKind::Overlay, 4, 3),
    ];
    let wants = |name: &str, class| Addressee { report_class: uid(2, class).to_string(), ..addressee(name) };
    store.finish_report(&job, objects, vec![wants("new", 2), wants("old", 3), wants("odd", 9)]).await.unwrap();
    for (name, expected) in [("new", [1, 3]), ("old", [2, 3]), ("odd", [1, 3])] {
        let due = what_is_due(&store, name).await;
        let objects: Vec<_> = due.iter().map(|d| d.sop_instance_uid.clone()).collect();
        assert_eq!(objects, expected.map(|n| uid(6, n)), "{name}");
        assert_eq!(due[1].compressed_file.as_deref(), Some("spool/reports/c.dcm"));
    }
}

/// A database that an earlier version left keeps every row, and what its rows refer to.
#[tokio::test]
async fn reports_and_deliveries_of_an_earlier_version_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let old = rusqlite::Connection::open(&database).unwrap();
    old.execute_batch(include_str!("../../../migrations/0001_queue_and_audit.sql")).unwrap();
    old.execute_batch(include_str!("../../../migrations/0002_findings_say_how_levels_are_known.sql")).unwrap();
    old.execute_batch(&format!(
        "PRAGMA user_version = 2;
         INSERT INTO instances (sop_instance_uid, sop_class_uid, revision, study_instance_uid, series_instance_uid, patient_id,
             accession_number, modality, body_part, study_description, series_description, transfer_syntax, bytes, file,
             sender_ae_title, sender_address, received_at, state, findings)
         VALUES ('{image}', '2.25.1', 1, '{study}', '2.25.4', '', '', 'DX', '', '', '', '', 1, 'i.dcm', '', '', '2026', 'analysed', '{findings}');
         INSERT INTO reports VALUES (1, '{study}', 1, '2.25.7', '2.25.8', '2.25.9', '2026', '2026');
         INSERT INTO report_images VALUES (1, 1);
         INSERT INTO objects VALUES (1, 1, 'structured-report', '2.25.2', '2.25.7', 'r.dcm', 'x');
         INSERT INTO objects VALUES (2, 1, 'overlay', '2.25.3', '2.25.10', 'o.dcm', 'y');
         INSERT INTO deliveries VALUES (1, 1, 'pacs', 'delivered', 1, '2026', '2027', '0000', '', '2026');
         INSERT INTO deliveries VALUES (2, 2, 'pacs', 'pending', 4, '2026-01-01T00:00:00.000Z', '2999', 'A700', 'full', NULL);",
        image = uid(1, 1),
        study = uid(3, 0),
        findings = serde_json::to_string(&findings(1)).unwrap(),
    ))
    .unwrap();
    drop(old);
    let store = Store::open(&database).unwrap();
    let [due] = &what_is_due(&store, "pacs").await[..] else { panic!("one is pending") };
    assert_eq!((due.file.as_deref(), due.compressed_file.as_deref()), (Some("o.dcm"), None));
    store.record_delivery(due.id, DeliveryOutcome::Delivered { status: "0000".into() }, TERMS).await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM audit_deliveries WHERE state = 'delivered'"), 2);
    assert_eq!(
        count(&database, "SELECT count(*) FROM audit_reports WHERE current AND images = 1 AND failed_images = 0"),
        1
    );
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'reported' AND NOT report_failure"), 1);
    assert_eq!(count(&database, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 0, "it is reported");
}
