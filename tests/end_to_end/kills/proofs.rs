//! What must hold when the queue is empty after the last kill.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use sha2::{Digest, Sha256};
use spinetriage::dicom::part10::FileHeader;

use super::sender::Sent;
use crate::daemon::Site;
use crate::objects::{images_of, predecessors, read, value};
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
                  + (SELECT count(*) FROM studies WHERE report_due)
                  + (SELECT count(*) FROM instances WHERE state = 'queued')";
    site.wait_sql(seconds, open, "0");
}

/// What is to be tried came about.
pub fn everything_was_met(sent: &Sent) {
    println!("{} films of another patient or study under a UID, {} left out first", sent.of_others, sent.left_out);
    assert!(sent.of_others > 0 && sent.left_out > 0, "a run of a few kills may be too short: take more");
}

/// What was written for a destination that never answered has failed since it left the configuration, and an
/// operator's word ends it.
pub fn what_waited_for_the_lost_one_is_given_up(site: &Site, name: &str) {
    let failed =
        site.sql(&format!("SELECT count(*) FROM audit_deliveries WHERE destination = '{name}' AND state = 'failed'"));
    let all = site.sql(&format!("SELECT count(*) FROM audit_deliveries WHERE destination = '{name}'"));
    assert_eq!(failed, all, "deliveries to a destination that is gone");
    let given_up = site.command(&["queue", "give-up", "--destination", name]);
    assert!(given_up.status.success(), "{}", crate::support::programs::text(&given_up));
    println!("{failed} deliveries to a destination that left are given up");
    let open = "SELECT count(*) FROM instances WHERE state IN ('queued', 'analysed')";
    site.wait_sql(10, open, "0");
}

/// Each film that was answered Success is here once and reported. So is what arrived although its sender never heard.
pub fn every_film_is_reported(site: &Site, sent: &Sent) {
    let kept = rows::<3>(site, "SELECT study_instance_uid, sop_instance_uid, state FROM instances");
    let states: HashMap<_, _> = kept.iter().map(|[study, image, state]| ((study, image), state.as_str())).collect();
    assert_eq!(states.len(), kept.len(), "an image was recorded twice");
    for (study, image) in &sent.answered {
        assert_eq!(
            states.get(&(study, image)),
            Some(&"reported"),
            "film {image} of study {study} was answered Success"
        );
    }
    let others: BTreeSet<_> = states.iter().filter(|(_, state)| **state != "reported").collect();
    assert!(others.is_empty(), "{others:?}");
    println!("{} films are reported, {} of them without an answer", kept.len(), kept.len() - sent.answered.len());
    println!("{} attempts of jobs failed", site.sql("SELECT count(*) FROM audit_trail WHERE what = 'attempt'"));
}

/// Orthanc's structured reports are the versions in SQLite: each names the one before it, the last is current.
pub fn the_pacs_holds_each_version_once(site: &Site, pacs: &Orthanc) {
    let query = "SELECT study, patient, version, report, coalesce(predecessor, ''), current FROM audit_reports
                 WHERE written IS NOT NULL ORDER BY study, patient, version";
    let mut studies: BTreeMap<(String, String), Vec<[String; 4]>> = BTreeMap::new();
    for [study, patient, version, report, predecessor, current] in rows::<6>(site, query) {
        studies.entry((study, patient)).or_default().push([version, report, predecessor, current]);
    }
    let reports: usize = studies.values().map(Vec::len).sum();
    assert_eq!(site.sql("SELECT count(*) FROM reports"), reports.to_string(), "every report was written");
    let all = "SELECT study_instance_uid, patient_id, sop_instance_uid FROM instances";
    let images: BTreeSet<[String; 3]> = rows::<3>(site, all).into_iter().collect();
    let mut held: HashMap<String, Vec<DefaultDicomObject>> = HashMap::new();
    for (study, _) in studies.keys().filter(|(study, _)| !held.contains_key(study)).collect::<Vec<_>>() {
        let number = studies.iter().filter(|((of, _), _)| of == study).map(|(_, versions)| versions.len()).sum();
        let files = pacs.wait_files(study, "SR", number);
        held.insert(study.clone(), files.iter().map(|file| read(file)).collect());
    }
    for ((study, patient), versions) in &studies {
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
        let own = || held[study].iter().filter(|report| value(report, tags::PATIENT_ID) == *patient);
        let named = own().map(|r| (value(r, tags::SOP_INSTANCE_UID), predecessors(r)));
        assert_eq!(named.collect::<BTreeMap<_, _>>(), expected, "reports of study {study}");
        for image in own().flat_map(|report| images_of(report)) {
            let of = [study.clone(), patient.clone(), image];
            assert!(images.contains(&of), "a report tells of an image of another study or patient: {of:?}");
        }
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
    assert!(audit.status.success(), "{}", crate::support::programs::text(&audit));
    println!("{} files have their rows; database and audit are whole", on_disk.len());
}
