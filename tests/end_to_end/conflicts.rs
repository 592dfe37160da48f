//! Films that contradict each other: one UID for two, one study for two patients.

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;

use crate::daemon::{Options, Site};
use crate::films::{Film, film, film_with};
use crate::objects::{images_of, read, value};
use crate::orthanc::Orthanc;
use crate::support::ports::free_port;
use crate::tools::wait_for;

/// A film of `patient` with what else is changed.
fn of_patient(site: &Site, sample: &str, patient: &str, change: &[(dicom_core::Tag, &str)]) -> Film {
    film_with(site.folder.path(), sample, |object| {
        object.put(DataElement::new(tags::PATIENT_ID, VR::LO, patient));
        object.put(DataElement::new(tags::PATIENT_NAME, VR::PN, format!("{patient}^Name")));
        for (tag, uid) in change {
            object.put(DataElement::new(*tag, VR::UI, *uid));
        }
        if let Some((_, uid)) = change.iter().find(|(tag, _)| *tag == tags::SOP_INSTANCE_UID) {
            object.meta_mut().media_storage_sop_instance_uid = (*uid).to_owned();
        }
    })
}

/// Patient ID and images of each report that the PACS holds of a study.
fn told(pacs: &Orthanc, study: &str, reports: usize) -> Vec<(String, Vec<String>)> {
    let files = pacs.wait_files(study, "SR", reports);
    let mut told: Vec<_> = files
        .iter()
        .map(|file| read(file))
        .map(|report| (value(&report, tags::PATIENT_ID), images_of(&report)))
        .collect();
    told.sort();
    told
}

/// Two films with one SOP Instance UID in two studies, both analysed before the first was reported: the daemon ended,
/// and at every start.
#[test]
fn one_uid_in_two_studies_ended_the_daemon_for_good() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, workers: 2, ..Options::default() });
    site.start();
    wait_for(60, "both workers are ready", || (site.log().matches("A worker is ready").count() == 2).then_some(()));
    let first = of_patient(&site, "no_spine/hand", "P-A", &[]);
    let second = of_patient(&site, "no_spine/hip", "P-B", &[(tags::SOP_INSTANCE_UID, &first.image)]);
    site.send(&[&first]);
    site.send(&[&second]);
    site.wait_sql(60, "SELECT count(*) FROM instances WHERE state = 'reported'", "2");
    assert_eq!(told(&pacs, &first.study, 1), [("P-A".to_owned(), vec![first.image.clone()])]);
    assert_eq!(told(&pacs, &second.study, 1), [("P-B".to_owned(), vec![first.image.clone()])]);
    assert_eq!(site.sql("SELECT count(*) FROM audit_trail WHERE outcome = 'conflict'"), "1");
    site.stop();
    site.start();
    site.stop();
}

/// The second patient's films stood in the first one's report.
#[test]
fn two_patients_under_one_study_stood_in_one_report() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site = Site::new(&Options { pacs_port: pacs.dicom_port, overlay: "both", ..Options::default() });
    site.start();
    let first = of_patient(&site, "study/lateral", "P-A", &[]);
    let other = of_patient(&site, "study/frontal", "P-B", &[(tags::STUDY_INSTANCE_UID, &first.study)]);
    let late = of_patient(&site, "study/frontal", "P-A", &[(tags::STUDY_INSTANCE_UID, &first.study)]);
    site.send(&[&first, &other]);
    site.wait_sql(90, "SELECT count(*) FROM instances WHERE state = 'reported'", "2");
    let [of_first, of_other] =
        [("P-A".to_owned(), vec![first.image.clone()]), ("P-B".to_owned(), vec![other.image.clone()])];
    assert_eq!(told(&pacs, &first.study, 2), [of_first.clone(), of_other.clone()]);
    // A later film of the first patient: the second version is that patient's alone.
    site.send(&[&late]);
    site.wait_sql(90, "SELECT count(*) FROM instances WHERE state = 'reported'", "3");
    let mut images = told(&pacs, &first.study, 3);
    assert_eq!(images.pop(), Some(of_other));
    assert!(images.iter().all(|(patient, _)| patient == "P-A"));
    let last = images.iter().map(|(_, images)| images.len()).collect::<Vec<_>>();
    assert_eq!((last.len(), last.iter().sum::<usize>()), (2, 3), "{images:?}");
    let shown = "SELECT patient, version, current FROM audit_reports ORDER BY patient, version";
    assert_eq!(site.sql(shown), "P-A|1|0\nP-A|2|1\nP-B|1|1");
    assert_eq!(
        site.sql("SELECT count(*) FROM audit_trail WHERE outcome = 'conflict' AND detail LIKE '%another patient%'"),
        "1"
    );
    assert!(!site.log().contains("P-B"), "no patient in the log");
    site.stop();
}

/// 160 films under one Study Instance UID gave 19 versions of the report and 1712 objects.
#[test]
fn a_study_that_goes_on_sent_every_picture_with_every_version() {
    let pacs = Orthanc::start(free_port(), false);
    let mut site =
        Site::new(&Options { pacs_port: pacs.dicom_port, overlay: "both", workers: 2, ..Options::default() });
    site.start();
    let mut hand = film(site.folder.path(), "no_spine/hand");
    const FILMS: usize = 40;
    for number in 0..FILMS {
        hand.renumber(number);
        site.send(&[&hand]);
        std::thread::sleep(std::time::Duration::from_millis(150));
    }
    site.wait_sql(120, "SELECT count(*) FROM instances WHERE state = 'queued'", "0");
    site.wait_sql(180, "SELECT (SELECT count(*) FROM studies WHERE report_due) + (SELECT count(*) FROM instances WHERE state <> 'reported')", "0");
    let versions: usize = site.sql("SELECT max(version) FROM audit_reports").parse().unwrap();
    assert!((1..=3).contains(&versions), "{versions} versions");
    let sent: usize = site.sql("SELECT count(*) FROM objects").parse().unwrap();
    assert_eq!(sent, versions + 2 * FILMS, "a report a version, a picture and a presentation state a film");
    assert_eq!(pacs.instances(&hand.study, "OT").len(), FILMS);
    site.stop();
}
