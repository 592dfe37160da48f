//! Images passed on as a router does: unchanged, whatever they show and whatever becomes of their analysis.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use spinetriage::dicom::Status;
use spinetriage::dicom::part10::FileHeader;

use crate::daemon::{AE_TITLE, Options, SENDER, Site, destination, forward, sender, signal};
use crate::films::{chest, dataset_of, film, film_with};
use crate::modality::Modality;
use crate::orthanc::Orthanc;
use crate::recording_archive::RecordingArchive;
use crate::scripted_pacs::{Script, ScriptedPacs};
use crate::support::ports::free_port;
use crate::support::root;
use crate::tools::{storescu, wait_for};

/// One image in each transfer syntax; the last is one that the analysis cannot decode.
const ENCODINGS: [&str; 13] = [
    "explicit_le",
    "implicit_le",
    "explicit_be",
    "deflated",
    "rle",
    "jpeg_baseline_50",
    "jpeg_lossless_57",
    "jpeg_lossless_70",
    "jpegls_80",
    "jpegls_81",
    "jpeg2000_90",
    "jpeg2000_91",
    "jpeg_extended_51_12_bit",
];

/// A copy of a file of `tests/data/imaging`. Some have one SOP Instance UID, as the tool that compressed them left
/// it: its last digits are replaced in place. A deflated data set shows none, and has its own.
fn with_a_uid_of_its_own(folder: &Path, name: &str, number: usize) -> PathBuf {
    let mut bytes = fs::read(root().join(format!("tests/data/imaging/{name}.dcm"))).unwrap();
    let uid = FileHeader::parse(&bytes).unwrap().sop_instance_uid.unwrap();
    let places: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i..].starts_with(uid.as_bytes())).collect();
    if places.len() > 1 {
        for place in places {
            let end = place + uid.len();
            bytes[end - 2..end].copy_from_slice(format!("{number:02}").as_bytes());
        }
    }
    let file = folder.join(format!("{name}.dcm"));
    fs::write(&file, bytes).unwrap();
    file
}

fn options(pacs_port: u16, archive: &ScriptedPacs) -> Options {
    let destinations = destination("archive", archive.port, "retry_after_seconds = 0.2\nretry_at_most_seconds = 1\n");
    // Images alone: no report goes anywhere.
    Options { pacs_port, destinations, report: "send_to = []\n", ..Options::default() }
}

fn configure(site: &Site, names: &[&str]) {
    site.write_configuration(&(sender(SENDER, "127.0.0.0/8") + &sender("CR_ROOM2", "127.0.0.0/8") + &forward(names)));
}

#[test]
fn every_image_is_passed_on_as_it_came() {
    let pacs = Orthanc::start(free_port(), false);
    let archive = ScriptedPacs::start(Script::default());
    let mut site = Site::new(&options(pacs.dicom_port, &archive));
    configure(&site, &["pacs", "archive"]);
    site.start();
    let folder = site.folder.path();
    let mut files: Vec<PathBuf> =
        ENCODINGS.iter().enumerate().map(|(number, name)| with_a_uid_of_its_own(folder, name, number)).collect();
    files.extend([chest(), film(folder, "burst").file]);
    for file in &files {
        assert_eq!(Modality::new(SENDER, site.port).send(file).unwrap(), Status::SUCCESS, "{}", file.display());
    }
    let forwarded = "SELECT destination, count(*), count(DISTINCT object), group_concat(DISTINCT kind), group_concat(DISTINCT state)
                     FROM audit_deliveries GROUP BY destination ORDER BY destination";
    let number = files.len();
    site.wait_sql(
        60,
        forwarded,
        &format!("archive|{number}|{number}|image|delivered\npacs|{number}|{number}|image|delivered"),
    );
    // The same image once more is no other image, and goes once more: the PACS may have lost it.
    assert_eq!(Modality::new(SENDER, site.port).send(&files[0]).unwrap(), Status::SUCCESS);
    let without_rule = film(folder, "intact");
    assert!(storescu("CR_ROOM2", AE_TITLE, site.port, &[&without_rule.file]).0);
    site.wait_sql(120, "SELECT count(*) FROM instances WHERE state = 'queued'", "0");
    site.wait_sql(
        10,
        forwarded,
        &format!("archive|{number}|{number}|image|delivered\npacs|{number}|{number}|image|delivered"),
    );

    wait_for(20, "the first is passed on again", || (archive.attempts().len() > number).then_some(()));
    assert_eq!(archive.attempts().len(), number + 1, "each once, and the first again");
    let straight = Modality::of(SENDER, "ORTHANC", pacs.dicom_port);
    for file in &files {
        let bytes = fs::read(file).unwrap();
        let (header, dataset) = dataset_of(&bytes);
        let uid = header.sop_instance_uid.unwrap();
        let sent = archive.attempts_of(&uid);
        assert_eq!(sent.len(), if file == &files[0] { 2 } else { 1 }, "{}", file.display());
        for sent in sent {
            assert_eq!(sent.transfer_syntax, header.transfer_syntax, "{}", file.display());
            assert!(sent.dataset == dataset, "the data set of {} was changed", file.display());
        }
        // Orthanc may write a data set in its own way: as it does when it gets the file from the modality.
        let passed_on = pacs.kept(&uid);
        pacs.delete(&uid);
        assert_eq!(straight.send(file).unwrap(), Status::SUCCESS);
        assert!(dataset_of(&passed_on).1 == dataset_of(&pacs.kept(&uid)).1, "{} at Orthanc", file.display());
    }
    let extended = "SELECT state, reason LIKE '%1.2.840.10008.1.2.4.51%' FROM instances WHERE transfer_syntax = '1.2.840.10008.1.2.4.51'";
    let state = site.sql(extended);
    assert!(["failed|1", "skipped|1"].contains(&state.as_str()), "passed on, and why it is not analysed: {state}");
    println!("{number} images in {} transfer syntaxes, to two destinations", ENCODINGS.len());
}

#[test]
fn images_are_passed_on_while_the_analysis_hangs() {
    let archive = ScriptedPacs::start(Script::default());
    let mut site = Site::new(&options(9, &archive));
    configure(&site, &["archive"]);
    site.start();
    let ready = |pid: &u32| site.log().contains(&format!("A worker is ready slot=worker-1 pid={pid} "));
    let worker = wait_for(60, "the worker is ready", || site.workers().into_iter().find(|pid| ready(pid)));
    signal(worker, "STOP");
    let film = film(site.folder.path(), "intact");
    assert_eq!(Modality::new(SENDER, site.port).send(&film.file).unwrap(), Status::SUCCESS);
    site.wait_sql(20, "SELECT kind, state FROM audit_deliveries", "image|delivered");
    assert_eq!(site.sql("SELECT state FROM instances"), "queued");
    assert!(archive.attempts()[0].dataset == dataset_of(&fs::read(&film.file).unwrap()).1);
    signal(worker, "CONT");
    site.wait_sql(60, "SELECT group_concat(DISTINCT state) FROM jobs", "done");
    assert_eq!(archive.attempts().len(), 1);
}

#[test]
fn an_image_is_kept_until_it_is_passed_on() {
    let port = free_port();
    let destinations = destination("archive", port, "retry_after_seconds = 0.2\nretry_at_most_seconds = 1\n");
    let mut site = Site::new(&Options { destinations, report: "send_to = []\n", ..Options::default() });
    configure(&site, &["archive"]);
    site.start();
    assert_eq!(Modality::new(SENDER, site.port).send(&chest()).unwrap(), Status::SUCCESS);
    site.wait_sql(20, "SELECT state, attempts > 0 FROM audit_deliveries", "pending|1");
    // Past keep_days, and the housekeeper looks when the daemon starts.
    let restart_years_later = |site: &mut Site| {
        site.stop();
        site.sql("UPDATE instances SET received_service_ms = received_service_ms - 700000000000");
        site.start();
    };
    restart_years_later(&mut site);
    let attempts: u32 = site.sql("SELECT attempts FROM audit_deliveries").parse().unwrap();
    wait_for(20, "another attempt", || {
        (site.sql("SELECT attempts FROM audit_deliveries") != attempts.to_string()).then_some(())
    });
    assert_eq!(site.sql("SELECT state, file IS NOT NULL FROM instances"), "skipped|1", "kept");

    let archive = ScriptedPacs::at(port, Script::default());
    site.wait_sql(20, "SELECT state FROM audit_deliveries", "delivered");
    let [sent] = &archive.attempts()[..] else { panic!("sent once") };
    assert!(sent.dataset == dataset_of(&fs::read(chest()).unwrap()).1);
    restart_years_later(&mut site);
    site.wait_sql(20, "SELECT file IS NULL FROM instances", "1");
    let kept = fs::read_dir(site.folder.path().join("state/spool/images")).unwrap().count();
    assert_eq!(kept, 0, "files without a purpose");
}

#[test]
fn a_destination_that_answers_slowly_is_sent_to_on_several_associations() {
    for (associations, most) in [(1, 1), (3, 3)] {
        let archive = RecordingArchive::start(Duration::from_millis(300));
        let destinations = archive.destination(&format!("associations = {associations}\n"));
        let mut site = Site::new(&Options { destinations, ..Options::default() });
        site.write_configuration(&format!("{}{}", sender(SENDER, "127.0.0.0/8"), forward(&["recorder"])));
        site.start();
        let chest = |_| {
            film_with(site.folder.path(), "intact", |object| {
                object.put(DataElement::new(tags::BODY_PART_EXAMINED, VR::CS, "CHEST"));
            })
        };
        let films: Vec<_> = (0..12).map(chest).collect();
        site.send(&films.iter().collect::<Vec<_>>());
        site.wait_sql(60, "SELECT count(*) FROM audit_deliveries WHERE state = 'delivered'", "12");
        assert!(archive.objects().values().all(|object| object.times == 1), "each of them once");
        assert_eq!(archive.most_at_once(), most);
    }
}
