//! A damaged database is refused before anything of it is changed.

use std::fs;

use spinetriage::store::{self, Store, StoreError};

use super::site::{Site, fill_audit};
use crate::support::programs::text;

const PAGE: usize = 4096;

/// A database of a thousand rows that nobody has open, and its bytes.
async fn closed_database(site: &Site) -> Vec<u8> {
    let store = site.open();
    fill_audit(&store, 1000).await;
    site.close(store);
    fs::read(site.database()).unwrap()
}

#[tokio::test]
async fn a_database_with_damaged_pages_is_refused_and_left_as_it_is() {
    let site = Site::new();
    let sound = closed_database(&site).await;
    let middle = sound.len() / 2 / PAGE * PAGE;
    type Damage = fn(&mut Vec<u8>, usize);
    let damages: [(&str, Damage); 5] = [
        ("noise in a page", |bytes, middle| bytes[middle..middle + PAGE].fill(0xA5)),
        ("zeros in a page", |bytes, middle| bytes[middle..middle + PAGE].fill(0)),
        ("a page in another's place", |bytes, middle| bytes.copy_within(middle - PAGE..middle, middle)),
        ("the second half is missing", Vec::truncate),
        ("no header", |bytes, _| bytes[..100].fill(0)),
    ];
    for (name, damage) in damages {
        let mut bytes = sound.clone();
        damage(&mut bytes, middle);
        fs::write(site.database(), &bytes).unwrap();
        let Err(refused) = Store::open(&site.database()) else { panic!("{name}: it was opened") };
        assert!(matches!(&refused, StoreError::Damaged { path, .. } if *path == site.database()), "{name}: {refused}");
        let text = refused.to_string();
        for part in [site.database().to_str().unwrap(), "stop the daemon", "-wal", "backup", "docs/operation.md"] {
            assert!(text.contains(part), "{name}: {part} is not in: {text}");
        }
        assert_eq!(fs::read(site.database()).unwrap(), bytes, "{name}");
    }
    fs::write(site.database(), &sound).unwrap();
    assert!(Store::open(&site.database()).is_ok());
}

#[tokio::test]
async fn the_daemon_does_not_start_on_a_damaged_database_and_check_tells_it() {
    let site = Site::new();
    let mut bytes = closed_database(&site).await;
    let output = site.command(&["check"]);
    assert!(text(&output).contains("database: sound, and the audit of 1000 rows is unbroken"), "{}", text(&output));

    let middle = bytes.len() / 2 / PAGE * PAGE;
    bytes[middle..middle + PAGE].fill(0xA5);
    fs::write(site.database(), bytes).unwrap();
    let output = site.command(&["serve"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("is damaged") && text(&output).contains("Restore"), "{}", text(&output));
    let output = site.command(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("database: PROBLEM: ") && text(&output).contains("is damaged"), "{}", text(&output));
}

/// One letter of a UID in an index: every page is well formed, and an image is not found by its UID. `check`
/// compares each index with its table.
#[tokio::test]
async fn a_changed_letter_in_an_index_is_found_by_the_full_check() {
    let site = Site::new();
    let mut bytes = closed_database(&site).await;
    // A leaf of an index begins with 0x0A (https://sqlite.org/fileformat.html, 1.6).
    let leaf = bytes
        .chunks(PAGE)
        .enumerate()
        .find_map(|(n, page)| (page[0] == 0x0A).then(|| Some(n * PAGE + find(page, b"2.25.1500")?)).flatten())
        .expect("the image is in a leaf of an index");
    bytes[leaf + 8] = b'!';
    fs::write(site.database(), bytes).unwrap();
    let found = store::check_integrity(&site.database()).unwrap_err();
    assert!(matches!(&found, StoreError::Damaged { problem, .. } if problem.contains("audit_by_instance")), "{found}");
}

fn find(page: &[u8], text: &[u8]) -> Option<usize> {
    page.windows(text.len()).position(|window| window == text)
}
