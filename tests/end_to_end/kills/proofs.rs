//! What must hold when the queue is empty after the last kill.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use dicom_dictionary_std::tags;
use sha2::{Digest, Sha256};
use spinetriage::dimse::part10::FileHeader;

use super::sender::Sent;
use crate::daemon::Site;
use crate::objects::{predecessors, read, value};
use crate::orthanc::Orthanc;
use crate::recording_archive::RecordingArchive;

/// The rows of a query, each with this many columns.
fn rows<const N: usize>(site: &Site, query: &str) -> Vec<[String; N]> {
    let columns = |line: &str| line.split('|').map(str::to_owned).collect::<Vec<_>>();
    let lines = site.sql(query);
    lines.lines().map(|line| columns(line).try_into().unwrap_or_else(|row| panic!("{query}: {row:?}"))).collect()
}

fn of_one_column(site: &Site, query: &str) -> BTreeSet<String> {
    rows::<1>(site, query).into_iter().flatten().collect()
}

/// Waits until nothing is left to do.
pub fn drained(site: &Site, seconds: u64) {
    let open = "SELECT (SELECT count(*) FROM jobs WHERE state IN ('queued', 'running'))
                  + (SELECT count(*) FROM deliveries WHERE state = 'pending')
                  + (SELECT count(*) FROM instances WHERE state IN ('queued', 'analysed'))";
    site.wait_sql(seconds, open, "0");
}

/// Each film that was answered Success is here once and reported. So is what arrived although its sender never heard.
pub fn every_film_is_reported(site: &Site, sent: &Sent) {
    let kept = rows::<2>(site, "SELECT sop_instance_uid, state || ' ' || reason FROM instances");
    let states: HashMap<_, _> = kept.iter().map(|[image, state]| (image, state.trim())).collect();
    assert_eq!(states.len(), kept.len(), "an image was recorded twice");
    for image in &sent.answered {
        assert_eq!(states.get(image), Some(&"reported"), "film {image} was answered Success");
    }
    let others: BTreeSet<_> = states.iter().filter(|(_, state)| **state != "reported").collect();
    assert!(others.is_empty(), "{others:?}");
    println!("{} films are reported, {} of them without an answer", kept.len(), kept.len() - sent.answered.len());
    println!("{} attempts of jobs failed", site.sql("SELECT count(*) FROM audit_trail WHERE what = 'attempt'"));
}

/// Orthanc's structured reports are the versions in SQLite: each names the one before it, the last is current.
pub fn the_pacs_holds_each_version_once(site: &Site, pacs: &Orthanc) {
    let query = "SELECT study, version, report, coalesce(predecessor, ''), current FROM audit_reports
                 WHERE written IS NOT NULL ORDER BY study, version";
    let mut studies: BTreeMap<String, Vec<[String; 4]>> = BTreeMap::new();
    for [study, version, report, predecessor, current] in rows::<5>(site, query) {
        studies.entry(study).or_default().push([version, report, predecessor, current]);
    }
    let reports: usize = studies.values().map(Vec::len).sum();
    assert_eq!(site.sql("SELECT count(*) FROM reports"), reports.to_string(), "every report was written");
    for (study, versions) in &studies {
        let mut expected = BTreeMap::new();
        let mut before = String::new();
        for (number, [version, report, predecessor, current]) in versions.iter().enumerate() {
            let is_last = number + 1 == versions.len();
            assert_eq!(version, &(number + 1).to_string(), "versions of study {study}");
            assert_eq!(predecessor, &before, "predecessor of version {version} of study {study}");
            assert_eq!(current == "1", is_last, "whether version {version} of study {study} is the current one");
            let named = if before.is_empty() { vec![] } else { vec![before] };
            expected.insert(report.clone(), named);
            before = report.clone();
        }
        let held = pacs.wait_files(study, "SR", versions.len());
        let held = held.iter().map(|file| read(file)).map(|r| (value(&r, tags::SOP_INSTANCE_UID), predecessors(&r)));
        assert_eq!(held.collect::<BTreeMap<_, _>>(), expected, "reports of study {study}");
    }
    // No study named means all of them.
    assert_eq!(pacs.instances("", "SR").len(), reports, "reports of all studies");
    let pictures = site.sql("SELECT count(*) FROM objects WHERE kind = 'overlay'");
    assert_eq!(pacs.instances("", "OT").len().to_string(), pictures, "pictures of all studies");
    let later = reports - studies.len();
    println!("{reports} reports of {} studies, {later} of them later versions; {pictures} pictures", studies.len());
}

/// The archive was sent each object, and never two contents under one SOP Instance UID.
pub fn the_archive_saw_one_content_of_each(site: &Site, archive: &RecordingArchive) {
    let seen = archive.objects();
    let made = rows::<3>(site, "SELECT sop_instance_uid, file, coalesce(compressed_file, '') FROM objects");
    assert_eq!(seen.keys().collect::<BTreeSet<_>>(), made.iter().map(|[uid, ..]| uid).collect(), "objects sent");
    for [uid, file, compressed] in &made {
        let digests = &seen[uid].digests;
        assert_eq!(digests.len(), 1, "object {uid} was sent with different contents");
        let files = [file, compressed].into_iter().filter(|file| !file.is_empty());
        let kept: Vec<String> = files.map(|file| digest_of_dataset(site, file)).collect();
        assert!(kept.iter().any(|digest| digests.contains(digest)), "object {uid} is not what the spool holds");
    }
    let again = seen.values().filter(|object| object.times > 1).count();
    let times: usize = seen.values().map(|object| object.times).sum();
    println!("{} objects were sent {times} times in full: {again} of them more than once", seen.len());
}

/// SHA-256 of a file's data set, as it goes over the network.
fn digest_of_dataset(site: &Site, file: &str) -> String {
    let bytes = fs::read(site.state().join(file)).unwrap();
    let header = FileHeader::parse(&bytes).unwrap();
    format!("{:x}", Sha256::digest(&bytes[header.dataset_offset as usize..]))
}

/// After a stop: every file has its row and every row its file, and neither the database nor the audit is damaged.
pub fn the_state_folder_is_whole(site: &Site) {
    let in_folder = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(site.state().join(folder)).unwrap();
        entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap())).collect()
    };
    assert_eq!(in_folder("spool/incoming"), [""; 0], "files still arriving");
    let on_disk: BTreeSet<String> = ["spool/images", "spool/reports"].into_iter().flat_map(in_folder).collect();
    let in_rows = of_one_column(
        site,
        "SELECT file FROM instances WHERE file IS NOT NULL UNION ALL SELECT file FROM objects
         UNION ALL SELECT compressed_file FROM objects WHERE compressed_file IS NOT NULL",
    );
    let difference: Vec<_> = on_disk.symmetric_difference(&in_rows).collect();
    assert!(difference.is_empty(), "files without a row, or rows without their file: {difference:?}");
    assert_eq!(site.sql("PRAGMA integrity_check"), "ok");
    assert_eq!(site.sql("PRAGMA foreign_key_check"), "");
    let audit = site.command(&["audit", "verify"]);
    assert!(audit.status.success(), "{}", crate::tools::text(&audit));
    println!("{} files have their rows; database and audit are whole", on_disk.len());
}
