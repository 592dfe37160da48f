//! Deliveries of images and reports, storage commitment, pause and recovery.

use std::path::PathBuf;
use std::time::Duration;

use spinetriage::identifiers::Uid;
use spinetriage::store::ConditionKind;
use spinetriage::store::{
    self, DeliveryOutcome, NewObject, ObjectFile, Owner, Recipient, Share, Store, Terms, Verdict, Work,
};

use super::builders::*;
use crate::support::change;
use spinetriage::dicom::FailureReason;

const COMMITTING: Terms = Terms { commitment: true, ..TERMS };

fn open() -> (tempfile::TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    (folder, database, store)
}

fn delivered() -> DeliveryOutcome {
    DeliveryOutcome::Delivered { status: "0000".into() }
}

/// An image that is passed on to each of these.
async fn forward(store: &Store, n: usize, to: &[&str]) {
    let recipient = |name: &&str| Recipient { name: (*name).to_owned(), give_up_after: LONG };
    let mut image = instance(n, "a");
    image.forward_to = to.iter().map(recipient).collect();
    store.record_instance(image).await.unwrap();
}

/// Has an image of `n` analysed and reported to `pacs0`.
async fn report(store: &Store, n: usize) {
    store.record_instance(instance(n, "a")).await.unwrap();
    for _ in 0..2 {
        let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
        finish(store, &job, 1).await;
        store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap();
    }
}

async fn text(store: &Store, query: &'static str) -> String {
    store::open_existing(store.path()).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn an_image_is_passed_on_once_to_each_destination_as_it_was_received() {
    let (_folder, database, store) = open();
    forward(&store, 1, &["pacs", "archive"]).await;
    forward(&store, 1, &["pacs", "archive"]).await;
    for name in ["pacs", "archive"] {
        let [due] = &what_is_due(&store, name).await[..] else { panic!("one image is due at {name}") };
        assert_eq!((due.file.as_deref(), &due.sop_instance_uid), (Some("spool/images/1a.dcm"), &uid(1, 1)));
        store.record_delivery(due.id, delivered(), TERMS).await.unwrap();
        assert!(what_is_due(&store, name).await.is_empty());
    }
    assert_eq!(
        count(&database, "SELECT count(*) FROM audit_deliveries WHERE kind = 'image' AND state = 'delivered'"),
        2
    );
    // Its own job goes on meanwhile.
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'queued'"), 1);
}

#[tokio::test]
async fn each_association_of_a_destination_has_a_share_of_its_own() {
    let (_folder, _database, store) = open();
    for n in 0..7 {
        forward(&store, n, &["pacs"]).await;
    }
    let mut seen = Vec::new();
    for part in 0..3 {
        let due = store.due_deliveries("pacs", Share { part, of: 3 }, 100).await.unwrap();
        seen.extend(due.into_iter().map(|delivery| delivery.id));
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 7);
}

#[tokio::test]
async fn what_a_destination_will_never_take_fails_at_once_and_an_outage_fails_what_is_overdue() {
    let (_folder, database, store) = open();
    for n in 0..3 {
        forward(&store, n, &["pacs"]).await;
    }
    let due = what_is_due(&store, "pacs").await;
    let refused = DeliveryOutcome::Failed { status: "C001".into(), error: "cannot understand".into() };
    store.record_delivery(due[0].id, refused, TERMS).await.unwrap();
    assert_eq!(count(&database, "SELECT attempts FROM deliveries WHERE state = 'failed' AND last_status = 'C001'"), 1);

    // Only one of the two was tried; both are past their deadline.
    let late = "UPDATE deliveries SET deadline = -1 WHERE state = 'pending'";
    change(&store, late);
    store.record_outage("pacs", vec![due[1].id], "nobody answers", Duration::ZERO, TERMS).await.unwrap();
    let given_up = "SELECT count(*) FROM deliveries WHERE state = 'failed' AND last_error LIKE '%give_up_after_hours%nobody answers'";
    assert_eq!(count(&database, given_up), 2);

    // A retry gives each a new time, which begins with the next attempt.
    assert_eq!(store::queue::retry(&database, None).unwrap(), 3);
    let due = what_is_due(&store, "pacs").await;
    assert_eq!(due.len(), 3);
    store.record_outage("pacs", vec![due[1].id], "nobody answers", Duration::ZERO, TERMS).await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM deliveries WHERE state = 'pending'"), 3);
}

#[tokio::test]
async fn a_destination_that_is_gone_leaves_nothing_waiting() {
    let (_folder, database, store) = open();
    forward(&store, 1, &["pacs", "old"]).await;
    store.settle_with_destinations(vec!["pacs".into()], vec![]).await.unwrap();
    assert_eq!(what_is_due(&store, "pacs").await.len(), 1);
    let told = "SELECT count(*) FROM deliveries WHERE destination = 'old' AND state = 'failed' AND last_error LIKE '%\"old\"%queue retry%'";
    assert_eq!(count(&database, told), 1);
}

#[tokio::test]
async fn a_destination_that_refuses_the_class_of_a_report_gets_the_other_one() {
    let (_folder, database, store) = open();
    store.record_instance(instance(1, "a")).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    finish(&store, &job, 0).await;
    store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    let object = |class: usize| NewObject {
        kind: spinetriage::findings::ObjectKind::StructuredReport,
        sop_class_uid: uid(2, class),
        sop_instance_uid: uid(5, class),
        file: ObjectFile { file: format!("spool/reports/{class}.dcm"), sha256: "x".into() },
        compressed: None,
    };
    let destinations = vec![addressee("old"), addressee("older")];
    store.finish_report(&job, vec![object(2), object(3)], destinations).await.unwrap();
    let refusal = |fallback: Option<Uid>| DeliveryOutcome::ClassRefused {
        status: String::new(),
        error: "class 2 is not taken".into(),
        fallback: fallback.map(|uid| uid.to_string()),
    };
    let [due] = &what_is_due(&store, "old").await[..] else { panic!("one report is due") };
    store.record_delivery(due.id, refusal(Some(uid(2, 3))), TERMS).await.unwrap();
    let [due] = &what_is_due(&store, "old").await[..] else { panic!("the other report is due") };
    assert_eq!((&due.sop_class_uid, &due.sop_instance_uid), (&uid(2, 3), &uid(5, 3)));
    // It is no stand-in for itself.
    store.record_delivery(due.id, refusal(Some(uid(2, 3))), TERMS).await.unwrap();
    let [due] = &what_is_due(&store, "older").await[..] else { panic!("one report is due") };
    store.record_delivery(due.id, refusal(None), TERMS).await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM deliveries WHERE state = 'failed'"), 2);
}

/// Delivered, asked for, and answered in every way.
#[tokio::test]
async fn commitment_is_asked_for_until_there_is_an_answer_and_what_was_lost_is_sent_again() {
    let (_folder, database, store) = open();
    for n in 0..4 {
        forward(&store, n, &["pacs"]).await;
    }
    for due in what_is_due(&store, "pacs").await {
        store.record_delivery(due.id, delivered(), COMMITTING).await.unwrap();
    }
    let at_once = "UPDATE deliveries SET commitment_at = 0";
    change(&store, at_once);
    let first = store.begin_commitment("pacs", 10, Duration::ZERO).await.unwrap().expect("four are due");
    assert_eq!(first.objects.len(), 4);
    // No answer within no time at all: asked again, in a transaction of its own.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let second = store.begin_commitment("pacs", 10, LONG).await.unwrap().expect("there was no answer");
    assert_ne!(first.transaction_uid, second.transaction_uid);
    assert!(store.begin_commitment("pacs", 10, LONG).await.unwrap().is_none(), "the answer is waited for");

    let terms = |_: &str| Some(COMMITTING);
    let said = vec![
        (uid(1, 0), Verdict::Committed),
        (uid(1, 1), Verdict::Missing),
        (uid(1, 2), Verdict::Refused { reason: FailureReason(0x0131) }),
        (uid(1, 3), Verdict::Later { reason: FailureReason(0x0110) }),
    ];
    // The late answer to the first question counts too.
    assert!(store.record_commitment(&first.transaction_uid, said, terms).await.unwrap());
    let states = "SELECT group_concat(state || ' ' || commitment, ', ') FROM (SELECT * FROM deliveries ORDER BY id)";
    let expected = "delivered committed, pending , delivered failed, delivered due";
    assert_eq!(text(&store, states).await, expected);
    assert_eq!(count(&database, "SELECT count(*) FROM audit_deliveries WHERE committed <> ''"), 1);
    assert!(text(&store, "SELECT last_error FROM deliveries WHERE commitment = 'failed'").await.contains("0131"));
    // What was answered once is not changed by the answer to the second question.
    let all = (0..4).map(|n| (uid(1, n), Verdict::Refused { reason: FailureReason(0x0122) })).collect();
    assert!(store.record_commitment(&second.transaction_uid, all, terms).await.unwrap());
    assert_eq!(text(&store, states).await, "delivered committed, pending , delivered failed, delivered failed");
    assert!(!store.record_commitment(&uid(9, 9), vec![], terms).await.unwrap(), "a transaction nobody began");

    // Lost when it was asked for twice already: after a pause.
    assert!(what_is_due(&store, "pacs").await.is_empty());
    change(&store, "UPDATE deliveries SET next_attempt_at = 0");
    let [again] = &what_is_due(&store, "pacs").await[..] else { panic!("what was lost is due again") };
    assert_eq!(again.sop_instance_uid, uid(1, 1));
    // An operator asks again for what failed.
    assert_eq!(store::queue::retry(&database, None).unwrap(), 2);
    assert!(store.begin_commitment("pacs", 10, LONG).await.unwrap().is_some_and(|c| c.objects.len() == 2));
}

#[tokio::test]
async fn a_transaction_that_was_not_taken_is_due_again_until_the_deadline() {
    let (_folder, _database, store) = open();
    report(&store, 1).await;
    let due = what_is_due(&store, "pacs0").await;
    store.record_delivery(due[0].id, delivered(), COMMITTING).await.unwrap();
    change(&store, "UPDATE deliveries SET commitment_at = 0");
    let begun = store.begin_commitment("pacs0", 10, LONG).await.unwrap().unwrap();
    store.commitment_not_taken(&begun.transaction_uid, "no association", COMMITTING).await.unwrap();
    assert_eq!(text(&store, "SELECT commitment FROM deliveries").await, "due");
    let impatient = Terms { give_up_after: Duration::ZERO, ..COMMITTING };
    change(&store, "UPDATE deliveries SET commitment_at = 0, deadline = -1");
    let begun = store.begin_commitment("pacs0", 10, LONG).await.unwrap().unwrap();
    store.commitment_not_taken(&begun.transaction_uid, "no association", impatient).await.unwrap();
    assert_eq!(text(&store, "SELECT commitment || ': ' || last_error FROM deliveries").await, "failed: no association");
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_away_and_a_pause_outlasts_a_restart() {
    let (_folder, database, store) = open();
    forward(&store, 1, &["pacs"]).await;
    assert!(store::queue::pause(&database).unwrap());
    assert!(!store::queue::pause(&database).unwrap(), "it is paused already");
    store.recover_after_restart(MANY).await.unwrap();
    assert!(store.lease_job("w", LONG, MANY).await.unwrap().is_none());
    assert!(what_is_due(&store, "pacs").await.is_empty());
    assert_eq!(store::lasting_conditions(&database).unwrap().len(), 1);
    assert!(store::queue::resume(&database).unwrap());
    assert!(!store::queue::resume(&database).unwrap());
    assert!(store.lease_job("w", LONG, MANY).await.unwrap().is_some());
    assert_eq!(what_is_due(&store, "pacs").await.len(), 1);
    assert!(store::lasting_conditions(&database).unwrap().is_empty());
}

#[tokio::test]
async fn a_condition_lasts_once_and_a_restart_ends_what_it_cannot_know() {
    let (_folder, database, store) = open();
    for _ in 0..3 {
        store.begin_condition(ConditionKind::Destination, "pacs", "nobody answers").await.unwrap();
    }
    store.begin_condition(ConditionKind::Destination, "archive", "nobody answers").await.unwrap();
    store.end_condition(ConditionKind::Destination, "pacs", "it answers").await.unwrap();
    store.end_condition(ConditionKind::Destination, "pacs", "it answers").await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM audit WHERE event = 'destination'"), 3);
    let [lasting] = &store::lasting_conditions(&database).unwrap()[..] else { panic!("one lasts") };
    assert_eq!(lasting.subject, "archive");
    store.recover_after_restart(MANY).await.unwrap();
    assert!(store::lasting_conditions(&database).unwrap().is_empty());
}

#[tokio::test]
async fn the_oldest_images_go_first_and_a_report_goes_with_its_images() {
    let (_folder, _database, store) = open();
    store.record_instance(instance(0, "a")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(3)).await;
    store.record_instance(instance(2, "a")).await.unwrap();
    let first = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    assert!(matches!(&first.work, Work::Analyse { image, .. } if *image == uid(1, 0).to_string()));
    finish(&store, &first, 1).await;
    store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap();
    let second = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    assert!(matches!(second.work, Work::Report { .. }), "{second:?}");
}

#[tokio::test]
async fn rows_whose_file_is_gone_end_with_a_reason_or_are_made_anew() {
    let (_folder, database, store) = open();
    forward(&store, 8, &["pacs"]).await;
    let lost = |file: &'static str| {
        let store = store.clone();
        async move {
            let known = store.known_files().await.unwrap();
            let known = known.into_iter().find(|known| known.file == file).expect("a row names it");
            let owner = known.owner;
            store.file_is_gone(known).await.unwrap();
            owner
        }
    };
    assert!(matches!(lost("spool/images/8a.dcm").await, Owner::Image(_)));
    assert_eq!(
        count(
            &database,
            "SELECT count(*) FROM instances WHERE state = 'failed' AND reason LIKE '%send the image again'"
        ),
        1
    );
    assert_eq!(
        count(
            &database,
            "SELECT count(*) FROM deliveries WHERE state = 'failed' AND last_error LIKE '%send the image again'"
        ),
        1
    );

    report(&store, 2).await;
    assert!(matches!(lost("spool/reports/r.dcm").await, Owner::Object(_)));
    assert!(what_is_due(&store, "pacs0").await.is_empty(), "what is gone cannot be sent");
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 1, "a new version");
    assert_eq!(count(&database, "SELECT max(version) FROM reports"), 2);
    assert!(store::verify_audit(&database).unwrap().is_ok());
}

#[tokio::test]
async fn a_job_given_back_costs_nothing_and_waits() {
    let (_folder, database, store) = open();
    store.record_instance(instance(1, "a")).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    store.give_back(&job, LONG).await.unwrap();
    assert_eq!(count(&database, "SELECT attempts FROM jobs WHERE state = 'queued'"), 0);
    assert!(store.lease_job("w", LONG, MANY).await.unwrap().is_none());
    assert!(store.give_back(&job, LONG).await.is_err(), "it is not held any more");
}
