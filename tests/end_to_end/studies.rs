//! From images to the reports of their study: one report, however many images, versions and destinations.

use std::thread::sleep;
use std::time::Duration;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, open_file};

use crate::daemon::{AE_TITLE, Options, SENDER, Site};
use crate::films::{Film, film, film_with};
use crate::objects::{predecessors, read, value};
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::tools::storescu;

fn send(site: &Site, images: &[&Film]) {
    let files: Vec<_> = images.iter().map(|image| &image.file).collect();
    let (sent, said) = storescu(SENDER, AE_TITLE, site.port, &files);
    assert!(sent, "{said}");
}

/// All text values below an object.
fn texts(object: &InMemDicomObject) -> Vec<String> {
    let below = object.get(tags::CONTENT_SEQUENCE).and_then(|e| e.items()).unwrap_or_default();
    std::iter::once(value(object, tags::TEXT_VALUE)).chain(below.iter().flat_map(texts)).collect()
}

/// Another image of `first`'s study and patient.
fn in_the_study_of(site: &Site, first: &Film, sample: &str) -> Film {
    let film = film_with(site.folder.path(), sample, |object| {
        object.put(DataElement::new(tags::STUDY_INSTANCE_UID, VR::UI, first.study.as_str()));
        let known = open_file(&first.file).unwrap();
        for tag in [tags::PATIENT_ID, tags::ISSUER_OF_PATIENT_ID, tags::PATIENT_NAME, tags::PATIENT_BIRTH_DATE] {
            object.remove_element(tag);
            if let Some(element) = known.get(tag) {
                object.put(element.clone());
            }
        }
    });
    Film { study: first.study.clone(), ..film }
}

#[test]
fn a_late_image_gives_a_second_report_that_names_the_first() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, ..Options::default() });
    site.start();
    let early = film(site.folder.path(), "compression");
    send(&site, &[&early]);
    let first = read(&pacs.report(&early.study, 60));
    sleep(Duration::from_secs(3));
    let late = in_the_study_of(&site, &early, "intact");
    send(&site, &[&late]);
    let mut reports: Vec<_> = pacs.wait_files(&early.study, "SR", 2).iter().map(|file| read(file)).collect();
    reports.sort_by_key(|report| value(report, tags::INSTANCE_NUMBER));
    let first_uid = value(&first, tags::SOP_INSTANCE_UID);
    assert_eq!(value(&reports[0], tags::SOP_INSTANCE_UID), first_uid, "the PACS keeps the first");
    let second = &reports[1];
    assert_eq!(predecessors(second), [first_uid.as_str()]);

    let of_study = format!("study = '{}'", early.study);
    let second_uid = value(second, tags::SOP_INSTANCE_UID);
    site.wait_sql(30, "SELECT group_concat(DISTINCT state) FROM instances", "reported");
    assert_eq!(
        site.sql(&format!(
            "SELECT DISTINCT report_version, report, current FROM audit_findings WHERE {of_study} ORDER BY image"
        )),
        format!("2|{second_uid}|1"),
        "what was found on both images is in the second report, which is the current one"
    );
    let images = format!("SELECT count(DISTINCT image) FROM audit_findings WHERE {of_study}");
    assert_eq!(site.sql(&images), "2");
    assert_eq!(
        site.sql(&format!(
            "SELECT version, report, coalesce(predecessor, '-'), current, images FROM audit_reports WHERE {of_study} ORDER BY version"
        )),
        format!("1|{first_uid}|-|0|1\n2|{second_uid}|{first_uid}|1|2")
    );
}

#[test]
fn the_views_of_a_study_share_a_report_and_each_destination_gets_its_own_sop_class() {
    let pacs = Orthanc::start(free_port(), false);
    let older = format!(
        "[[destination]]\nname = \"older\"\nae_title = \"ORTHANC\"\naddress = \"127.0.0.1:{}\"\nsop_class = \"comprehensive-sr\"\n",
        pacs.dicom_port
    );
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, destinations: older, ..Options::default() });
    site.start();
    let lateral = film(site.folder.path(), "study/lateral");
    let frontal = in_the_study_of(&site, &lateral, "study/frontal");
    send(&site, &[&lateral, &frontal]);
    let mut reports: Vec<_> = pacs.wait_files(&lateral.study, "SR", 2).iter().map(|file| read(file)).collect();
    reports.sort_by_key(|report| value(report, tags::SOP_CLASS_UID));
    let classes: Vec<_> = reports.iter().map(|report| value(report, tags::SOP_CLASS_UID)).collect();
    assert_eq!(classes, ["1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.88.34"]);
    site.wait_sql(30, "SELECT group_concat(DISTINCT state) FROM instances", "reported");
    assert_eq!(
        site.sql(
            "SELECT destination, count(*), count(DISTINCT report_version) FROM audit_deliveries GROUP BY destination"
        ),
        "older|1|1\npacs|1|1",
        "one report, once for each"
    );
    for report in &reports {
        let said = texts(report);
        assert!(said.iter().any(|text| text.starts_with("Also seen on image")), "{said:?}");
        let mut labels: Vec<_> = said.iter().filter(|text| text.starts_with("vertebra L")).collect();
        let all = labels.len();
        labels.dedup();
        assert!(all > 3 && labels.len() == all, "each level once: {labels:?}");
    }
}

#[test]
fn a_film_that_cannot_be_analysed_is_reported_where_that_is_asked_for() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site =
        Site::new(&Options { pacs_port: pacs.dicom_port, report: "analysis_failed = true\n", ..Options::default() });
    site.start();
    let broken = film_with(site.folder.path(), "intact", |object| {
        object.remove_element(tags::PIXEL_DATA);
    });
    send(&site, &[&broken]);
    let report = read(&pacs.report(&broken.study, 60));
    let said = texts(&report);
    assert!(said.iter().any(|text| text.starts_with("The analysis of image 1 failed:")), "{said:?}");
    assert!(said.iter().any(|text| text.contains(spinetriage::RESEARCH_USE_ONLY)), "{said:?}");
    assert_eq!(site.sql("SELECT state FROM instances"), "failed", "it still waits for a person");
    assert_eq!(site.sql("SELECT failed_images, images, current FROM audit_reports"), "1|0|1");
}

/// The bytes of the first element of a file with this tag and VR (PS3.5 7.1.2, explicit, little endian).
fn raw<'a>(file: &'a [u8], tag: dicom_core::Tag, vr: &str) -> &'a [u8] {
    let head = [tag.group().to_le_bytes(), tag.element().to_le_bytes()].concat();
    let head = [&head, vr.as_bytes()].concat();
    let at = file.windows(head.len()).position(|window| window == head).unwrap_or_else(|| panic!("no {tag}"));
    let length = usize::from(u16::from_le_bytes([file[at + 6], file[at + 7]]));
    &file[at + 8..at + 8 + length]
}

#[test]
fn names_in_any_character_set_arrive_unharmed_in_the_patients_own_study() {
    let pacs = Orthanc::start(free_port(), false);
    let options =
        Options { pacs_port: pacs.dicom_port, overlay: "both", report: "key_object = true\n", ..Options::default() };
    let mut site = Site::new(&options);
    site.start();
    let names: [(&str, &[u8]); 5] = [
        ("GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab"),
        ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
        ("\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"),
        ("ISO_IR 100", b"M\xfcller^J\xf6rg"),
        ("ISO_IR 192", "Łukasz^Ångström".as_bytes()),
    ];
    let films: Vec<Film> = names
        .iter()
        .map(|(set, name)| {
            film_with(site.folder.path(), "compression", |object| {
                let padded = [*name, &b" "[..name.len() % 2]].concat();
                object.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, *set));
                object.put(DataElement::new(tags::PATIENT_NAME, VR::PN, PrimitiveValue::U8(padded.into())));
            })
        })
        .collect();
    send(&site, &films.iter().collect::<Vec<_>>());
    for (film, (set, _)) in films.iter().zip(names) {
        let source = std::fs::read(&film.file).unwrap();
        for modality in ["SR", "OT", "PR", "KO"] {
            let [file] = &pacs.wait_files(&film.study, modality, 1)[..] else { unreachable!() };
            for (tag, vr) in [
                (tags::SPECIFIC_CHARACTER_SET, "CS"),
                (tags::PATIENT_NAME, "PN"),
                (tags::PATIENT_ID, "LO"),
                (tags::PATIENT_BIRTH_DATE, "DA"),
                (tags::ACCESSION_NUMBER, "SH"),
                (tags::STUDY_INSTANCE_UID, "UI"),
            ] {
                assert_eq!(raw(file, tag, vr), raw(&source, tag, vr), "{tag} of the {modality}, {set}");
            }
        }
        let [picture] = &pacs.wait_files(&film.study, "OT", 1)[..] else { unreachable!() };
        assert_eq!(read(picture).meta().transfer_syntax(), "1.2.840.10008.1.2.4.80", "Orthanc takes JPEG-LS");
    }
}
