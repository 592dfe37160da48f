//! The write-ahead log stays small, and grows only while a reader holds it.

use std::time::{Duration, Instant};

use spinetriage::store::{self, Store};

use super::site::Site;

const MIB: u64 = 1 << 20;

fn log_bytes(site: &Site) -> u64 {
    site.path("state/spinetriage.sqlite-wal").metadata().map_or(0, |file| file.len())
}

/// Changes of this size in all, half a mebibyte each.
async fn change(store: &Store, mebibytes: u64) {
    for _ in 0..mebibytes * 2 {
        // It stands in two rows, its own and the audit's.
        let nobody = String::new;
        store.record_rejection(nobody(), nobody(), nobody(), "x".repeat(1 << 18)).await.unwrap();
    }
}

/// An auditor who leaves a transaction open.
fn reader(site: &Site) -> rusqlite::Connection {
    let reader = store::open_existing(&site.database()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM audit").unwrap();
    reader
}

#[tokio::test]
async fn without_a_reader_the_log_stays_small_by_itself() {
    let site = Site::new();
    let store = site.open();
    change(&store, 50).await;
    assert!(log_bytes(&site) <= 8 * MIB, "{}", log_bytes(&site));
}

#[tokio::test]
async fn after_a_long_reader_the_housekeeper_empties_the_log() {
    let site = Site::new();
    let store = site.open();
    let reader = reader(&site);
    change(&store, 50).await;
    let begun = Instant::now();
    let left = store.shrink_wal().await.unwrap();
    assert!(left > 50 * MIB, "the reader holds it: {left}");
    change(&store, 1).await;
    assert!(begun.elapsed() < Duration::from_secs(9), "nobody waits for the reader: {:?}", begun.elapsed());

    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(store.shrink_wal().await.unwrap(), 0);
    assert_eq!(log_bytes(&site), 0);
    assert_eq!(reader.query_row("SELECT count(*) FROM rejections", [], |row| row.get::<_, i64>(0)).unwrap(), 102);
}

#[tokio::test]
async fn after_a_long_reader_commits_cut_the_log_too() {
    let site = Site::new();
    let store = site.open();
    let reader = reader(&site);
    change(&store, 50).await;
    assert!(log_bytes(&site) > 50 * MIB, "{}", log_bytes(&site));
    reader.execute_batch("COMMIT").unwrap();
    // The first moves everything into the database, the second begins the log anew.
    change(&store, 1).await;
    assert!(log_bytes(&site) <= 8 * MIB, "{}", log_bytes(&site));
}
