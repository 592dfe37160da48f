//! What must not wait for ever, and what must not depend on the system's clock.

use std::time::Duration;

use spinetriage::store::{self, DeliveryOutcome, GivenUp, JobId, NewInstance, Recipient, Store, Work};

use super::builders::*;
use crate::support::change;

fn open() -> (tempfile::TempDir, std::path::PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    (folder, database, store)
}

async fn receive_and_report(store: &Store, n: usize, destinations: usize) {
    store.record_instance(instance(n, "a")).await.unwrap();
    for _ in 0..2 {
        while let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() {
            finish(store, &job, destinations).await;
        }
        store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap();
    }
    while let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() {
        finish(store, &job, destinations).await;
    }
}

/// With `[report] send_to = []` an image stayed `analysed` for ever, and so did its file.
#[tokio::test]
async fn a_report_for_nobody_was_never_done() {
    let (_folder, database, store) = open();
    receive_and_report(&store, 2, 0).await;
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'reported' AND reported_at <> ''"), 1);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(store.expired(Duration::ZERO).await.unwrap().len(), 2, "image and report");
}

/// A delivery that had failed for good kept its files for ever, and an operator could not say that it was over.
#[tokio::test]
async fn a_failed_delivery_kept_its_files_until_the_disk_was_full() {
    let (_folder, database, store) = open();
    receive_and_report(&store, 2, 2).await;
    for (pacs, outcome) in [("pacs0", DeliveryOutcome::Delivered { status: "0000".into() }), ("pacs1", failed())] {
        let due = what_is_due(&store, pacs).await;
        store.record_delivery(due[0].id, outcome, TERMS).await.unwrap();
    }
    assert_eq!(store.expired(Duration::ZERO).await.unwrap(), [], "a retry may need them");
    let [stranded] = &store::stranded(&database).unwrap()[..] else { panic!("one destination") };
    assert_eq!((stranded.destination.as_str(), stranded.deliveries), ("pacs1", 1));
    assert_eq!(store::give_up(&database, GivenUp::At("pacs0")).unwrap(), 0, "nothing has failed there");
    assert_eq!(store::give_up(&database, GivenUp::At("pacs1")).unwrap(), 1);
    let [entry] = &store::queue::list(&database, None, 10).unwrap()[..] else { panic!("one image") };
    assert_eq!(entry.state, "reported", "the other destination has it");
    assert!(entry.reason.contains("gave its report up for pacs1"), "{}", entry.reason);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(store.expired(Duration::ZERO).await.unwrap().len(), 2);
    assert_eq!(
        count(&database, "SELECT count(*) FROM audit WHERE outcome = 'given up'"),
        3,
        "the delivery, and each word"
    );
    assert_eq!(store::queue::retry(&database, None).unwrap(), 0, "it does not come back by itself");
    assert_eq!(store::queue::retry(&database, Some(uid(1, 2).as_str())).unwrap(), 1, "by its name it does");
    assert_eq!(what_is_due(&store, "pacs1").await.len(), 1);
}

fn failed() -> DeliveryOutcome {
    DeliveryOutcome::Failed { status: "A900".into(), error: "no".into() }
}

#[tokio::test]
async fn what_nobody_got_has_failed_once_it_is_given_up_and_is_told_again_with_a_later_image() {
    let (_folder, database, store) = open();
    receive_and_report(&store, 2, 1).await;
    assert_eq!(store::give_up(&database, GivenUp::Of(uid(1, 2).as_str())).unwrap(), 1, "though it has not failed yet");
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'failed'"), 1);
    assert!(what_is_due(&store, "pacs0").await.is_empty());
    store.record_instance(instance(3, "a")).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    finish(&store, &job, 1).await;
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 1);
    assert_eq!(count(&database, "SELECT count(*) FROM report_images WHERE report_id = 2"), 2);
}

#[tokio::test]
async fn a_commitment_that_failed_can_be_given_up() {
    let (_folder, database, store) = open();
    let forward_to = vec![Recipient { name: "pacs0".into(), give_up_after: LONG }];
    let skipped = Some("chest".to_owned());
    store.record_instance(NewInstance { forward_to, skipped, ..instance(2, "a") }).await.unwrap();
    change(&store, "UPDATE deliveries SET state = 'delivered', commitment = 'failed'");
    assert_eq!(store.expired(Duration::ZERO).await.unwrap(), []);
    assert_eq!(store::give_up(&database, GivenUp::Failed).unwrap(), 1);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(store.expired(Duration::ZERO).await.unwrap().len(), 1);
    assert_eq!(count(&database, "SELECT count(*) FROM deliveries WHERE state = 'delivered'"), 1, "it took it");
}

/// What was written for a destination just as it left the configuration waited for ever: nobody sends there.
#[tokio::test]
async fn a_delivery_to_a_destination_that_is_gone_waited_for_ever() {
    let (_folder, database, store) = open();
    receive_and_report(&store, 2, 1).await;
    store.settle_with_destinations(vec!["other".into()], vec![]).await.unwrap();
    let told = "SELECT count(*) FROM deliveries WHERE state = 'failed' AND last_error LIKE '%give-up%'";
    assert_eq!(count(&database, told), 1);
}

/// A deadline written while the system's clock was wrong was over at the first failure after the next start.
#[tokio::test]
async fn a_start_with_a_wrong_clock_wrote_deadlines_of_that_time() {
    let (_folder, database, store) = open();
    receive_and_report(&store, 2, 1).await;
    store.keep_time().await.unwrap();
    let left = "SELECT deadline - (SELECT service_ms FROM service_clock) FROM deliveries";
    let before = count(&database, left);
    assert!((LONG.as_millis() as i64 - 5_000..=LONG.as_millis() as i64).contains(&before), "{before}");
    // The clock that the system had is nowhere in what is due: another start finds the same time left.
    change(&store, "UPDATE service_clock SET at = '1999-01-01T00:00:00.000Z'");
    store.close().await;
    let store = Store::open(&database).unwrap();
    store.recover_after_restart(MANY).await.unwrap();
    let after = count(&database, left);
    assert!((before - 10_000..=before).contains(&after), "{before} {after}");
    let due = what_is_due(&store, "pacs0").await;
    let later = DeliveryOutcome::Later { status: "A700".into(), error: "full".into() };
    store.record_delivery(due[0].id, later, TERMS).await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM deliveries WHERE state = 'pending'"), 1, "it is not given up");
    let shown = "SELECT round((julianday(deadline) - julianday('now')) * 86400) FROM audit_deliveries";
    let seconds: f64 = store::open_existing(&database).unwrap().query_row(shown, [], |row| row.get(0)).unwrap();
    assert!(
        (LONG.as_secs_f64() - 30.0..=LONG.as_secs_f64()).contains(&seconds),
        "an auditor reads the system's time: {seconds}"
    );
}

/// A film that takes worker and daemon down together was given back each time, and was first again for ever.
#[tokio::test]
async fn a_film_that_ended_the_daemon_was_first_again_for_ever() {
    let (_folder, database, mut store) = open();
    for n in [2, 4] {
        store.record_instance(instance(n, "a")).await.unwrap();
    }
    for round in 1..=3 {
        let job = store.lease_job("w", LONG, 3).await.unwrap().unwrap();
        assert_eq!((job.id, job.attempt), (JobId(1), round));
        drop(store);
        store = Store::open(&database).unwrap();
        assert_eq!(store.recover_after_restart(3).await.unwrap(), 1);
        if round == 1 {
            let other = store.lease_job("w", LONG, 3).await.unwrap().expect("the other one gets its turn first");
            assert_eq!(other.id, JobId(2));
            finish(&store, &other, 1).await;
        }
        change(&store, "UPDATE jobs SET not_before = 0");
    }
    let [entry] = &store::queue::list(&database, Some("failed"), 10).unwrap()[..] else { panic!("it has failed") };
    assert!(entry.reason.contains("begun 3 times and never ended"), "{}", entry.reason);
    assert!(store.lease_job("w", LONG, 3).await.unwrap().is_none());
}

/// An orderly stop costs no attempt.
#[tokio::test]
async fn a_job_that_was_given_back_at_a_stop_costs_no_attempt() {
    let (_folder, database, store) = open();
    store.record_instance(instance(2, "a")).await.unwrap();
    store.lease_job("w", LONG, 3).await.unwrap().unwrap();
    store.release_jobs_of("w").await.unwrap();
    store.recover_after_restart(3).await.unwrap();
    assert_eq!(count(&database, "SELECT attempts FROM jobs WHERE state = 'queued'"), 0);
}

/// A lease that ran out again and again was taken over without end.
#[tokio::test]
async fn a_job_whose_lease_ran_out_was_taken_over_without_end() {
    let (_folder, database, store) = open();
    store.record_instance(instance(2, "a")).await.unwrap();
    for attempt in 1..=3 {
        assert_eq!(store.lease_job("w", LONG, 3).await.unwrap().unwrap().attempt, attempt);
        change(&store, "UPDATE jobs SET lease_until = 0");
    }
    assert!(store.lease_job("w", LONG, 3).await.unwrap().is_none());
    assert_eq!(count(&database, "SELECT count(*) FROM instances WHERE state = 'failed'"), 1);
}

#[tokio::test]
async fn the_job_of_a_worker_that_does_not_end_stays_with_it() {
    let (_folder, database, store) = open();
    store.record_instance(instance(2, "a")).await.unwrap();
    let job = store.lease_job("w", Duration::ZERO, 3).await.unwrap().unwrap();
    let held = store.hold_job(&job, "w that does not end", LONG).await.unwrap();
    assert!(store.lease_job("other", LONG, 3).await.unwrap().is_none());
    store.release_jobs_of("w").await.unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM jobs WHERE state = 'running'"), 1, "its slot may go on");
    assert!(store.hold_job(&job, "w", LONG).await.is_err(), "it is not w's any more");
    store.fail_attempt(&held, "it ended at last", false, 3, false).await.unwrap();
    assert_eq!(count(&database, "SELECT attempts FROM jobs WHERE state = 'queued'"), 1);
}

/// A Study Instance UID that is used for everything made a version for each image, each with all of the images' pictures.
#[tokio::test]
async fn a_reused_study_made_a_version_for_each_image() {
    let (_folder, database, store) = open();
    let mut told = Vec::new();
    for n in 0..40 {
        store.record_instance(NewInstance { study_instance_uid: uid(3, 1), ..instance(n, "a") }).await.unwrap();
        while let Some(job) = store.lease_job("w", LONG, MANY).await.unwrap() {
            if let Work::Report { report } = job.work {
                let input = store.report_input(report).await.unwrap();
                told.push(input.images.iter().filter(|image| !image.told).count());
            }
            finish(&store, &job, 1).await;
            store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap();
        }
    }
    assert_eq!(told, [1, 1], "the first, and a late one");
    change(&store, "UPDATE studies SET next_report_at = 0");
    store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    let Work::Report { report } = job.work else { panic!("{job:?}") };
    let input = store.report_input(report).await.unwrap();
    assert_eq!((input.images.len(), input.images.iter().filter(|image| !image.told).count()), (40, 38));
    assert_eq!(count(&database, "SELECT count(*) FROM reports"), 3);
}
