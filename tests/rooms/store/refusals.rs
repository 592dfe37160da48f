//! What the database refuses of one study, job or delivery costs that one and nothing else.

use std::path::Path;
use std::time::Duration;

use spinetriage::store::{self, ConditionKind, DeliveryId, JobId, NewInstance, Recipient, Store};

use super::builders::*;
use crate::support::change;

/// A trigger by which the database refuses a change of one row.
async fn refuse(store: &Store, change: &str, when: &str) {
    let name = format!("refuses_{}", change.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase());
    let trigger = format!("CREATE TRIGGER {name} BEFORE {change} WHEN {when} BEGIN SELECT RAISE(ABORT, 'no'); END");
    crate::support::change(store, &trigger);
}

fn subjects(database: &Path) -> Vec<String> {
    let lasting = store::lasting_conditions(database).unwrap();
    lasting.into_iter().filter(|c| c.what == ConditionKind::Refused).map(|c| c.subject).collect()
}

async fn analyse(store: &Store, n: usize) {
    store.record_instance(instance(n, "a")).await.unwrap();
    let job = store.lease_job("w", LONG, MANY).await.unwrap().unwrap();
    finish(store, &job, 1).await;
}

/// One study whose report could not be planned ended the planner, and with it the daemon, at every start.
#[tokio::test]
async fn a_study_that_the_database_refused_ended_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    for n in [2, 4, 6] {
        analyse(&store, n).await;
    }
    refuse(&store, "INSERT ON reports", "NEW.study_id = 2").await;
    let plan = || store.plan_reports(settling(Duration::ZERO, LONG, true));
    assert_eq!(plan().await.unwrap(), 2, "the two others");
    assert_eq!(plan().await.unwrap(), 0, "and it is not tried again at once");
    assert_eq!(subjects(&database), ["report of study 2"]);
    assert_eq!(count(&database, "SELECT count(*) FROM audit WHERE event = 'refused' AND outcome = 'begun'"), 1);
    change(&store, "DROP TRIGGER refuses_insert_on_reports");
    drop(store);
    let store = Store::open(&database).unwrap();
    store.recover_after_restart(MANY).await.unwrap();
    assert_eq!(store.plan_reports(settling(Duration::ZERO, LONG, true)).await.unwrap(), 1, "a start tries it again");
    assert!(subjects(&database).is_empty());
}

#[tokio::test]
async fn a_job_that_the_database_refused_kept_all_others_from_being_leased() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    for n in [2, 4] {
        store.record_instance(instance(n, "a")).await.unwrap();
    }
    refuse(&store, "UPDATE ON jobs", "NEW.id = 1").await;
    let job = store.lease_job("w", LONG, MANY).await.unwrap().expect("the second");
    assert_eq!(job.id, JobId(2));
    assert_eq!(subjects(&database), ["job 1"]);
    // Its end is refused too: that is an error about this job, and no attempt of it can be written down.
    refuse(&store, "UPDATE OF findings ON instances", "NEW.id = 2").await;
    let refused = store.finish_analysis(&job, &findings(4)).await.unwrap_err();
    assert!(refused.concerns_one() && !refused.may_heal(), "{refused}");
    store.fail_attempt(&job, &refused.to_string(), false, MANY, false).await.expect("this can");
    store.recover_after_restart(MANY).await.expect("a start goes on beside it");
}

#[tokio::test]
async fn a_delivery_that_the_database_refused_ended_its_lane() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    for n in [2, 4, 6] {
        let forward_to = vec![Recipient { name: "pacs0".into(), give_up_after: LONG }];
        store.record_instance(NewInstance { forward_to, ..instance(n, "a") }).await.unwrap();
    }
    // One whose row cannot even be read, and one that cannot be written.
    change(&store, "UPDATE instances SET sop_class_uid = 'no UID' WHERE id = 1");
    refuse(&store, "UPDATE ON deliveries", "NEW.id = 2").await;
    let due: Vec<DeliveryId> = what_is_due(&store, "pacs0").await.iter().map(|d| d.id).collect();
    assert_eq!(due, [DeliveryId(2), DeliveryId(3)]);
    for id in due {
        let taken = store::DeliveryOutcome::Delivered { status: "0000".into() };
        store.record_delivery(id, taken, TERMS).await.expect("costs the lane nothing");
    }
    assert!(what_is_due(&store, "pacs0").await.is_empty());
    assert_eq!(count(&database, "SELECT count(*) FROM deliveries WHERE state = 'delivered'"), 1);
    assert_eq!(subjects(&database), ["delivery 1", "delivery 2"]);
    store.record_outage("pacs0", vec![DeliveryId(1), DeliveryId(2)], "gone", LONG, TERMS).await.unwrap();
    store.settle_with_destinations(vec![], vec![]).await.unwrap();
    store.hurry_deliveries().await.unwrap();
    store.recover_after_restart(MANY).await.unwrap();
}

/// The housekeeper ended its round at the first row that could not be changed, hour after hour: the disk ran full.
#[tokio::test]
async fn a_row_that_could_not_be_changed_kept_all_files_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    let store = Store::open(&database).unwrap();
    for n in [2, 4] {
        let skipped = Some("no spine".to_owned());
        store.record_instance(NewInstance { skipped, ..instance(n, "a") }).await.unwrap();
    }
    refuse(&store, "UPDATE OF file ON instances", "NEW.id = 1").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let expired = store.expired(Duration::ZERO).await.unwrap();
    assert_eq!(expired.len(), 2);
    let mut forgotten = Vec::new();
    for expired in expired {
        forgotten.push(store.forget_files(expired.row).await.unwrap());
    }
    assert_eq!(forgotten, [false, true]);
    assert!(store.expired(Duration::ZERO).await.unwrap().is_empty(), "it is not looked at again and again");
    assert_eq!(subjects(&database), ["file of image 1"]);
}
