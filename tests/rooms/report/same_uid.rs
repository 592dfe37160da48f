//! UIDs that were used twice: one study of two patients, one SOP Instance UID of two films.

use std::collections::HashSet;
use std::path::Path;

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, open_file};
use spinetriage::findings::ReportRequest;
use spinetriage::identifiers::Uid;
use spinetriage::report::write;

use crate::report::requests::*;

fn tracking_uids(asked: &ReportRequest) -> HashSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let report = open_file(saved(folder.path(), &write(asked).unwrap()[0])).unwrap();
    named(&report, "112040").into_iter().map(|item| text(item, tags::UID)).collect()
}

#[test]
fn two_patients_under_one_study_share_no_tracking_uid() {
    let file = sample("compression");
    let bodies = || vec![vertebra(1, Some("L1"), 0), vertebra(2, None, 1), vertebra(3, Some("L2"), 0)];
    let of_patient = |number: u32| {
        let mut asked = request(vec![image(&file, findings(&file, bodies()))]);
        asked.companions.pictures = false;
        asked.patient_number = number;
        tracking_uids(&asked)
    };
    let all: Vec<HashSet<String>> = (1..=3).map(of_patient).collect();
    let distinct: HashSet<&String> = all.iter().flatten().collect();
    assert_eq!((all[0].len(), distinct.len()), (4, 12));
}

#[test]
fn the_first_patients_levels_keep_the_tracking_uids_that_earlier_programs_gave_them() {
    let file = sample("compression");
    let mut asked = request(vec![image(&file, findings(&file, vec![vertebra(1, Some("L1"), 0)]))]);
    asked.companions.pictures = false;
    let study = asked.images[0].findings.image.study_instance_uid.as_str();
    let expected = [Uid::derived(&["tracking", study, "L1"]), Uid::derived(&["tracking", study])];
    assert_eq!(tracking_uids(&asked), expected.map(|uid| uid.to_string()).into());
}

/// Two films in two series to which a modality gave one SOP Instance UID, each with a body of a level, one without,
/// and a fracture.
fn twins(folder: &Path) -> ReportRequest {
    let film = |(name, level): (&str, &str)| {
        let file = varied(folder, name, "burst", |film| {
            film.put(DataElement::new(tags::SOP_INSTANCE_UID, VR::UI, uid(500).as_str()));
        });
        image(&file, findings(&file, vec![vertebra(1, Some(level), 2), vertebra(2, None, 1)]))
    };
    let mut asked = request([("a.dcm", "L1"), ("b.dcm", "L2")].map(film).to_vec());
    asked.companions = EVERYTHING;
    asked
}

#[test]
fn one_sop_instance_uid_in_two_series_gives_valid_and_distinct_objects() {
    let folder = tempfile::tempdir().unwrap();
    let asked = twins(folder.path());
    let (_folder, objects) = judged_all(&asked, &all_files(&asked));
    let uids: HashSet<_> = objects.iter().map(|object| text(object, tags::SOP_INSTANCE_UID)).collect();
    assert_eq!((objects.len(), uids.len()), (6, 6), "report, two pictures, two states, key object");
    let series: HashSet<String> =
        asked.images.iter().map(|image| image.findings.image.series_instance_uid.to_string()).collect();
    let of_picture = |picture: &InMemDicomObject| {
        text(&items(picture, tags::REFERENCED_SERIES_SEQUENCE)[0], tags::SERIES_INSTANCE_UID)
    };
    assert_eq!(objects[1..3].iter().map(of_picture).collect::<HashSet<_>>(), series, "each picture says of which");
    for document in [&objects[0], &objects[5]] {
        let evidence = &items(document, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
        let listed = items(evidence, tags::REFERENCED_SERIES_SEQUENCE);
        assert_eq!(listed.iter().map(|s| text(s, tags::SERIES_INSTANCE_UID)).collect::<HashSet<_>>(), series);
    }
    let report = &objects[0];
    let in_library: HashSet<_> = named(report, "112002").into_iter().map(|item| text(item, tags::UID)).collect();
    assert_eq!(in_library, series, "the image library tells the two apart");
    let labels: Vec<_> = named(report, "112039").into_iter().map(|item| text(item, tags::TEXT_VALUE)).collect();
    assert_eq!(labels.iter().filter(|label| label.ends_with("image 1")).count(), 2, "{labels:?}");
    assert_eq!(labels.iter().filter(|label| label.ends_with("image 2")).count(), 2, "{labels:?}");
}

#[test]
fn a_body_without_level_on_another_film_with_the_same_uid_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(tracking_uids(&twins(folder.path())).len(), 2 + 2 + 1);
}
