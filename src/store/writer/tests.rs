use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::store::{Store, open_existing, verify_audit};

fn store_in(folder: &Path) -> (Store, PathBuf) {
    let database = folder.join("db.sqlite");
    (Store::open(&database).unwrap(), database)
}

/// A table's number by the path of another process.
fn count(database: &Path, query: &str) -> i64 {
    open_existing(database).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
}

/// A change with two rows that does nothing wrong.
async fn neighbour(store: &Store) -> Result<(), StoreError> {
    store.record_rejection(String::new(), String::new(), String::new(), String::new()).await
}

/// A rejection of this size: a row that belongs to no other.
fn reject(c: &Connection, bytes: usize) -> Result<usize, StoreError> {
    let row = "INSERT INTO rejections (at, peer, calling, called, reason) VALUES ('', '', '', '', ?1)";
    Ok(c.execute(row, ["x".repeat(bytes)])?)
}

/// The writer was busy elsewhere (`queue retry` in another process), BEGIN failed, and the change ran
/// all the same: it committed by itself while its caller was told that nothing was kept.
#[tokio::test]
async fn a_change_whose_transaction_could_not_begin_was_kept_although_its_caller_was_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    store.write(|c| Ok(c.busy_timeout(Duration::ZERO)?)).await.unwrap();
    let other = open_existing(&database).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let change = store.write(move |c| {
        // The other process ends its transaction just now; here, as it is dropped, at the latest.
        other.execute_batch("ROLLBACK")?;
        reject(c, 1)
    });
    assert!(matches!(change.await, Err(StoreError::Commit(_))));
    assert_eq!(count(&database, "SELECT count(*) FROM rejections"), 0);
    store.write(|c| reject(c, 1)).await.expect("the next group has a transaction again");
}

/// A full disk makes SQLite end the transaction itself (lang_transaction.html, "automatic rollback").
/// What came after it in the group then committed one by one, and its callers, told that nothing was
/// kept, deleted the files of rows that stayed.
#[tokio::test]
async fn after_sqlite_ended_a_group_s_transaction_the_rest_of_it_was_kept_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    let most_pages = |pages: u32| store.write(move |c| Ok(c.pragma_update(None, "max_page_count", pages)?));
    // Less than there is means: not one page more.
    most_pages(1).await.unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (_, before, too_big, after, ()) = tokio::join!(
        biased;
        // Holds the writer until the others wait: they are one group.
        store.write(move |_| Ok(released.recv().is_ok())),
        neighbour(&store),
        store.write(|c| reject(c, 100_000)),
        neighbour(&store),
        async { release.send(()).unwrap() },
    );
    assert!(matches!(&too_big, Err(StoreError::Sqlite(e)) if e.to_string().contains("full")), "{too_big:?}");
    for told in [before, after] {
        assert!(matches!(told, Err(StoreError::Commit(_))), "{told:?}");
    }
    for table in ["rejections", "audit"] {
        assert_eq!(count(&database, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    most_pages(1_000_000).await.unwrap();
    neighbour(&store).await.expect("there is room again");
    assert!(verify_audit(&database).unwrap().is_ok());
}

#[tokio::test]
async fn a_commit_that_fails_keeps_nothing_and_everybody_of_its_group_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (_, before, uncommittable, after, ()) = tokio::join!(
        biased;
        store.write(move |_| Ok(released.recv().is_ok())),
        neighbour(&store),
        // A reference to nothing, looked at only by COMMIT.
        store.write(|c| {
            c.execute_batch("PRAGMA defer_foreign_keys = ON; INSERT INTO report_images (report_id, instance_id) VALUES (7, 7)")?;
            Ok(())
        }),
        neighbour(&store),
        async { release.send(()).unwrap() },
    );
    for told in [before, uncommittable, after] {
        assert!(matches!(told, Err(StoreError::Commit(_))), "{told:?}");
    }
    for table in ["rejections", "report_images", "audit"] {
        assert_eq!(count(&database, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    store.write(|c| reject(c, 1)).await.expect("the next group has a transaction again");
}

/// A change that failed and could not be undone either was committed with its group, half done.
#[tokio::test]
async fn a_change_that_could_not_be_undone_alone_was_kept_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    // Without its savepoint there is nothing to return to.
    let half = store.write(|c| {
        reject(c, 1)?;
        c.execute_batch("RELEASE change")?;
        Err::<(), _>(StoreError::NotFound("the other half".into()))
    });
    assert!(matches!(half.await, Err(StoreError::NotFound(_))));
    assert_eq!(count(&database, "SELECT count(*) FROM rejections"), 0);
}

#[tokio::test]
async fn a_failing_change_undoes_only_itself_and_waiting_changes_share_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    let writes = (0..200).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            if n % 10 == 0 {
                let wrong = store.write(|c| Ok(c.execute("INSERT INTO jobs (kind) VALUES ('nonsense')", [])?)).await;
                assert!(wrong.is_err());
            } else {
                neighbour(&store).await.unwrap();
            }
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    assert_eq!(count(&database, "SELECT count(*) FROM rejections"), 180);
    assert!(store.changes_so_far() < 180, "each had a commit of its own");
    assert!(verify_audit(&database).unwrap().is_ok());
}

#[tokio::test]
async fn a_full_or_busy_database_is_nobodys_fault() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    store.write(|c| Ok(c.busy_timeout(Duration::ZERO)?)).await.unwrap();
    let other = open_existing(&database).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = neighbour(&store).await.unwrap_err();
    assert!(busy.may_heal() && !busy.concerns_one() && matches!(busy, StoreError::Commit(_)), "{busy}");
    other.execute_batch("ROLLBACK").unwrap();
    neighbour(&store).await.unwrap();
    let none: i64 = count(&database, "SELECT count(*) FROM conditions");
    assert_eq!(none, 0, "nothing is set aside for it");
}
