//! What may be deleted after `keep_days`, and what is still needed.

use std::time::Duration;

use spinetriage::store::{ExpiredRow, InstanceId, ObjectId, Store};

use super::site::{Site, delivery, image, object, report, run};
use crate::support::count;

/// Two days before the service clock began.
const OLD: i64 = -2 * 86_400_000;
const NEW: i64 = 0;
const KEEP: Duration = Duration::from_secs(86_400);

async fn expired(store: &Store) -> Vec<ExpiredRow> {
    store.expired(KEEP).await.unwrap().into_iter().map(|expired| expired.row).collect()
}

#[tokio::test]
async fn an_image_is_kept_until_it_is_done_and_passed_on() {
    let site = Site::new();
    let store = site.open();
    let images = [
        (image(1, OLD, "reported"), true, "reported"),
        (image(2, OLD, "skipped"), true, "skipped"),
        (image(3, OLD, "failed"), true, "failed"),
        (image(4, NEW, "reported"), false, "young"),
        (image(5, OLD, "queued"), false, "waits for its analysis"),
        (image(6, OLD, "analysed"), false, "waits for its report"),
        (image(7, OLD, "skipped") + &delivery("instance_id", 7, "pending", ""), false, "to be passed on"),
        (image(8, OLD, "skipped") + &delivery("instance_id", 8, "failed", ""), false, "to be passed on after a retry"),
        (image(9, OLD, "reported") + &delivery("instance_id", 9, "delivered", ""), true, "passed on"),
        (
            image(10, OLD, "failed") + &delivery("instance_id", 10, "delivered", "due"),
            false,
            "commitment to be asked for",
        ),
        (
            image(11, OLD, "reported") + &delivery("instance_id", 11, "delivered", "requested"),
            false,
            "commitment asked for",
        ),
        (image(12, OLD, "reported") + &delivery("instance_id", 12, "delivered", "failed"), false, "commitment refused"),
        (image(13, OLD, "reported") + &delivery("instance_id", 13, "delivered", "committed"), true, "committed"),
        (image(14, OLD, "skipped") + &delivery("instance_id", 14, "given-up", ""), true, "given up"),
        (
            image(15, OLD, "reported") + &delivery("instance_id", 15, "delivered", "given-up"),
            true,
            "commitment given up",
        ),
    ];
    run(&store, images.iter().map(|(rows, ..)| rows.as_str()).collect()).await;
    let found = expired(&store).await;
    for (n, (_, may_go, why)) in images.iter().enumerate() {
        assert_eq!(found.contains(&ExpiredRow::Image(InstanceId(n as i64 + 1))), *may_go, "{why}");
    }
}

#[tokio::test]
async fn the_files_of_a_report_are_kept_until_everybody_has_all_of_it() {
    let site = Site::new();
    let store = site.open();
    let reports = [
        (report(1, OLD) + &object(1, 1) + &delivery("object_id", 1, "delivered", ""), true, "delivered"),
        (report(2, NEW) + &object(2, 2) + &delivery("object_id", 2, "delivered", ""), false, "young"),
        (report(3, OLD) + &object(3, 3) + &delivery("object_id", 3, "pending", ""), false, "to be sent"),
        (report(4, OLD) + &object(4, 4) + &delivery("object_id", 4, "failed", ""), false, "to be sent after a retry"),
        (
            report(5, OLD) + &object(5, 5) + &delivery("object_id", 5, "delivered", "due"),
            false,
            "commitment to be asked for",
        ),
        (
            report(6, OLD) + &object(6, 6) + &delivery("object_id", 6, "delivered", "requested"),
            false,
            "commitment asked for",
        ),
        (report(7, OLD) + &object(7, 7) + &delivery("object_id", 7, "delivered", "committed"), true, "committed"),
        (report(8, OLD) + &object(8, 8), true, "for nobody"),
        (
            report(9, OLD) + &object(9, 9) + &object(90, 9) + &delivery("object_id", 90, "pending", ""),
            false,
            "may be sent instead of the one that is to be sent",
        ),
        (report(10, OLD) + &object(10, 10) + &delivery("object_id", 10, "given-up", ""), true, "given up"),
    ];
    run(&store, reports.iter().map(|(rows, ..)| rows.as_str()).collect()).await;
    let found = expired(&store).await;
    for (n, (_, may_go, why)) in reports.iter().enumerate() {
        assert_eq!(found.contains(&ExpiredRow::Object(ObjectId(n as i64 + 1))), *may_go, "{why}");
    }
}

/// More than one look finds at once.
#[tokio::test]
async fn what_was_forgotten_makes_place_for_the_rest() {
    let site = Site::new();
    let store = site.open();
    run(&store, (1..=1500).map(|id| image(id, OLD, "skipped")).collect()).await;
    let mut forgotten = 0;
    loop {
        let found = expired(&store).await;
        if found.is_empty() {
            break;
        }
        for row in found {
            assert!(store.forget_files(row).await.unwrap());
            forgotten += 1;
        }
    }
    assert_eq!(forgotten, 1500);
}

/// Between the look and the deletion an operator retried what had failed: its file was deleted all the same.
#[tokio::test]
async fn what_is_needed_again_after_the_look_is_kept() {
    let site = Site::new();
    let store = site.open();
    let rows = image(1, OLD, "failed") + &report(1, OLD) + &object(1, 1) + &delivery("object_id", 1, "delivered", "");
    run(&store, rows).await;
    let found = expired(&store).await;
    assert_eq!(found, [ExpiredRow::Image(InstanceId(1)), ExpiredRow::Object(ObjectId(1))]);
    run(&store, "UPDATE instances SET state = 'queued'; UPDATE deliveries SET state = 'pending'".into()).await;
    for row in found {
        assert!(!store.forget_files(row).await.unwrap());
    }
    let kept = "SELECT (SELECT count(file) FROM instances) + (SELECT count(*) FROM objects WHERE removed_at IS NULL)";
    assert_eq!(count(&site.database(), kept), 2);
    assert_eq!(count(&site.database(), "SELECT count(*) FROM audit"), 0);
}
