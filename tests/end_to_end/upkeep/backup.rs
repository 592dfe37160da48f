//! `spinetriage backup`, and that what it makes can take the database's place.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spinetriage::store::{self, Break, Store, StoreError};

use super::site::{Site, fill_audit, image, run};
use crate::support::count;
use crate::support::programs::text;

/// Names in the folder of the backups.
fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Images and their jobs are written in one transaction each: a copy that has one without the other was
/// not taken at one moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_beside_a_daemon_that_writes_is_of_one_moment_and_can_take_its_place() {
    let site = Site::new();
    let store = site.open();
    let (enough, database) = (Arc::new(AtomicBool::new(false)), site.database());
    let writer = tokio::spawn({
        let (store, enough) = (store.clone(), enough.clone());
        async move {
            let mut id = 0;
            while !enough.load(Ordering::Relaxed) {
                id += 1;
                let job = format!(
                    "INSERT INTO jobs (kind, instance_id, state, not_before, created_at, first_image) VALUES ('analyse', {id}, 'queued', 0, '', {id});"
                );
                run(&store, image(id, 0, "queued") + &job).await;
                fill_audit(&store, 1).await;
            }
            id as i64
        }
    });
    let folder = site.path("backups");
    fs::create_dir(&folder).unwrap();
    let mut seen = Vec::new();
    for n in 0..5 {
        let before = count(&database, "SELECT count(*) FROM instances");
        let (from, to) = (database.clone(), folder.join(format!("{n}.sqlite")));
        let made = tokio::task::spawn_blocking(move || store::backup(&from, &to)).await.unwrap().unwrap();
        let after = count(&database, "SELECT count(*) FROM instances");
        let (images, audit) = (made.rows["instances"], made.audit.clone().unwrap());
        assert!((before..=after).contains(&images), "{before} {images} {after}");
        assert_eq!(made.rows["jobs"], images);
        assert_eq!(made.rows["audit"], audit as i64);
        assert_eq!(made.file.metadata().unwrap().len(), made.bytes);
        assert_eq!(made.file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "it holds patients' data");
        seen.push(images);
    }
    enough.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > seen[0], "the daemon went on writing");
    assert_eq!(names(&folder), ["0.sqlite", "1.sqlite", "2.sqlite", "3.sqlite", "4.sqlite"], "and nothing else");

    let other = Site::new();
    fs::copy(folder.join("4.sqlite"), other.database()).unwrap();
    let restored = other.open();
    assert_eq!(count(&other.database(), "SELECT count(*) FROM instances"), seen[4]);
    fill_audit(&restored, 1).await;
    assert!(store::verify_audit(&other.database()).unwrap().is_ok(), "the chain goes on");
    let refused = store::open_existing(restored.path()).unwrap().execute("DELETE FROM audit", []);
    assert!(refused.is_err(), "the copy has the triggers too");
}

#[tokio::test]
async fn the_command_tells_what_is_in_the_backup_and_replaces_no_file() {
    let site = Site::new();
    let store = site.open();
    fill_audit(&store, 3).await;
    let (file, other) = (site.path("a.sqlite"), site.path("b.sqlite"));
    let output = site.command(&["backup", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output));
    let said = text(&output);
    let hash = "SELECT hash FROM audit WHERE id = 3";
    let last: String = store::open_existing(store.path()).unwrap().query_row(hash, [], |row| row.get(0)).unwrap();
    for part in ["a.sqlite", "sound", "audit 3", "the audit of 3 rows is unbroken", &last, "MiB"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }

    let before = fs::read(&file).unwrap();
    let again = site.command(&["backup", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again).contains("already") && text(&again).contains("a.sqlite"), "{}", text(&again));
    assert_eq!(fs::read(&file).unwrap(), before);

    let output = site.command(&["backup", other.to_str().unwrap(), "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["rows"]["audit"], 3);
    assert_eq!(told["last_hash"], last);
    assert_eq!(told["bytes"], other.metadata().unwrap().len());
    assert_eq!(told["audit_unbroken"], true);
}

#[tokio::test]
async fn what_cannot_be_backed_up_leaves_nothing_behind() {
    let site = Site::new();
    site.close({
        let store = site.open();
        fill_audit(&store, 1000).await;
        store
    });
    let folder = site.path("backups");
    let missing = store::backup(&site.database(), &folder.join("a.sqlite")).unwrap_err();
    assert!(matches!(&missing, StoreError::Backup { .. }) && missing.to_string().contains("a.sqlite"), "{missing}");

    fs::create_dir(&folder).unwrap();
    let mut bytes = fs::read(site.database()).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    fs::write(site.database(), bytes).unwrap();
    let damaged = store::backup(&site.database(), &folder.join("a.sqlite")).unwrap_err();
    assert!(matches!(&damaged, StoreError::Damaged { path, .. } if *path == site.database()), "{damaged}");
    assert!(names(&folder).is_empty());
}

/// Somebody changed a row of the audit: that is copied as it is, and told.
#[tokio::test]
async fn a_broken_audit_is_in_the_backup_and_told() {
    let site = Site::new();
    let store = site.open();
    fill_audit(&store, 3).await;
    run(&store, "DROP TRIGGER audit_is_append_only_update; UPDATE audit SET actor = 'nobody' WHERE id = 2".into())
        .await;
    let made = store::backup(&site.database(), &site.path("a.sqlite")).unwrap();
    assert_eq!(made.audit, Err(Break::Changed(2)));
    let output = site.command(&["backup", site.path("b.sqlite").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("row 2"), "{}", text(&output));
    assert!(Store::open(&site.path("b.sqlite")).is_ok());
}

/// A backup of an older version has no mark: beside the lost database's log, each command wrote that log's pages over it.
#[tokio::test]
async fn a_command_moved_a_lost_database_s_log_into_the_backup() {
    let site = Site::new();
    let store = site.open();
    fill_audit(&store, 300).await;
    site.close(store);
    let backup = site.path("backup.sqlite");
    store::backup(&site.database(), &backup).unwrap();
    rusqlite::Connection::open(&backup).unwrap().pragma_update(None, "application_id", 0).unwrap();
    let store = site.open();
    fill_audit(&store, 30).await;
    let log = site.path("state/spinetriage.sqlite-wal");
    let stray = fs::read(&log).unwrap();
    site.close(store);
    fs::copy(&backup, site.database()).unwrap();
    fs::write(&log, &stray).unwrap();
    let before = fs::read(site.database()).unwrap();
    let commands: [&[&str]; 4] = [&["check"], &["queue", "list"], &["audit", "verify"], &["serve"]];
    for command in commands {
        let output = site.command(command);
        assert!(!output.status.success(), "{command:?}: {}", text(&output));
        assert!(fs::read(site.database()).unwrap() == before, "{command:?} has changed the backup");
        assert!(fs::read(&log).unwrap() == stray, "{command:?} has changed the log");
    }
    assert!(text(&site.command(&["check"])).contains("not its own"));
    fs::remove_file(&log).unwrap();
    let _ = fs::remove_file(site.path("state/spinetriage.sqlite-shm"));
    assert!(site.command(&["audit", "verify"]).status.success(), "the backup is whole");
}
