//! Databases that another version has written.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use spinetriage::store::{self, Store, StoreError};

use super::site::{Site, fill_audit};
use crate::support::programs::text;

/// A database as the version of the second schema left it.
fn older(database: &Path) {
    let old = Connection::open(database).unwrap();
    old.execute_batch(include_str!("../../../migrations/0001_queue_and_audit.sql")).unwrap();
    old.execute_batch(include_str!("../../../migrations/0002_findings_say_how_levels_are_known.sql")).unwrap();
    old.execute_batch("PRAGMA user_version = 2").unwrap();
}

fn schema(database: &Path) -> i64 {
    let connection = Connection::open(database).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_newer_version_s_database_is_refused_by_everything_and_not_changed() {
    let site = Site::new();
    let store = site.open();
    fill_audit(&store, 1).await;
    site.close(store);
    let known = schema(&site.database());
    let newer = Connection::open(site.database()).unwrap();
    newer.execute_batch("PRAGMA user_version = 99; ALTER TABLE audit RENAME TO what_the_newer_one_calls_it").unwrap();
    drop(newer);
    let bytes = fs::read(site.database()).unwrap();

    let Err(refused) = Store::open(&site.database()) else { panic!("it was opened") };
    assert!(matches!(refused, StoreError::NewerSchema { found: 99, known: k, .. } if k == known), "{refused}");
    let backup = site.path("backup.sqlite");
    let commands: [&[&str]; 6] = [
        &["serve"],
        &["queue", "list"],
        &["queue", "retry", "--failed"],
        &["audit", "verify"],
        &["backup", backup.to_str().unwrap()],
        &["check"],
    ];
    for command in commands {
        let output = site.command(command);
        assert_eq!(output.status.code(), Some(if command == ["check"] { 1 } else { 2 }), "{command:?}");
        let text = text(&output);
        for part in
            [site.database().to_str().unwrap(), "schema 99", &format!("above {known}"), "Install that version again"]
        {
            assert!(text.contains(part), "{command:?}: {part} is not in: {text}");
        }
    }
    assert!(!backup.exists());
    assert_eq!(fs::read(site.database()).unwrap(), bytes);
}

/// A command of the new version beside a daemon that still is the old one.
#[tokio::test]
async fn an_older_version_s_database_is_told_by_commands_and_brought_up_to_date_by_the_daemon() {
    let site = Site::new();
    older(&site.database());
    for command in [&["queue", "list"][..], &["audit", "trail"], &["check"]] {
        let text = text(&site.command(command));
        for part in [site.database().to_str().unwrap(), "schema 2", "restart the daemon"] {
            assert!(text.contains(part), "{command:?}: {part} is not in: {text}");
        }
    }
    assert_eq!(schema(&site.database()), 2, "a command migrates nothing");

    let made = store::backup(&site.database(), &site.path("before.sqlite")).unwrap();
    assert_eq!((made.schema, made.audit, made.last_hash), (2, Ok(0), None), "the backup before the upgrade");
    let _daemon = site.open();
    assert!(site.command(&["queue", "list"]).status.success());
    assert_eq!(schema(&site.path("before.sqlite")), 2, "which the version before can read");
}
