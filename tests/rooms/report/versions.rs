//! A later version of a report: all that was found, and of its companions what is new; of films that are gone too.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::open_file;
use spinetriage::findings::{FailedImage, Language, ObjectKind, Predecessor, ReportImage, ReportRequest, SopClass};
use spinetriage::identifiers::Uid;
use spinetriage::report::{ReportObject, write};

use crate::report::requests::*;

const LEVELS: [&str; 6] = ["T11", "T12", "L1", "L2", "L3", "L4"];

/// A study of normal films, each with a body of its own.
fn films(folder: &Path, count: usize) -> Vec<ReportImage> {
    let film = |number: usize| {
        let file = varied(folder, &format!("{number}.dcm"), "intact", |_| ());
        image(&file, findings(&file, vec![vertebra(1, Some(LEVELS[number]), 0)]))
    };
    (0..count).map(film).collect()
}

/// The version after one that told of all images but the last.
fn next_version(mut images: Vec<ReportImage>) -> ReportRequest {
    let told = images.len() - 1;
    images[..told].iter_mut().for_each(|image| image.told = true);
    let mut asked = request(images);
    asked.companions = EVERYTHING;
    asked.version = 2;
    let report = (Uid::new(SopClass::Comprehensive3dSr.uid()).unwrap(), uid(90));
    asked.predecessor = Some(Predecessor { series_uid: uid(91), reports: vec![report], images: told as u32 });
    asked
}

/// Films of which there is an object of this kind, by Instance Number.
fn numbers(objects: &[ReportObject], kind: ObjectKind) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let of_kind = objects.iter().filter(|object| object.kind == kind);
    of_kind.map(|object| text(&open_file(saved(folder.path(), object)).unwrap(), tags::INSTANCE_NUMBER)).collect()
}

/// Instance Numbers of pictures and of presentation states.
fn sent(asked: &ReportRequest) -> [Vec<String>; 2] {
    let objects = write(asked).unwrap();
    [ObjectKind::Overlay, ObjectKind::PresentationState].map(|kind| numbers(&objects, kind))
}

#[test]
fn a_study_that_grows_by_a_normal_film_sends_that_films_objects_and_no_others_again() {
    let folder = tempfile::tempdir().unwrap();
    let asked = next_version(films(folder.path(), 6));
    assert_eq!(sent(&asked), [["6"], ["6"]]);
    let (_folder, objects) = judged_all(&asked, &all_files(&asked));
    let library = named(&objects[0], "126200");
    assert_eq!(items(library[0], tags::CONTENT_SEQUENCE).len(), 6, "the report tells of all");
}

#[test]
fn a_film_that_changes_the_headline_has_all_pictures_drawn_again_and_no_states() {
    let folder = tempfile::tempdir().unwrap();
    let mut images = films(folder.path(), 4);
    images[3].findings.vertebrae[0] = vertebra(1, Some("L2"), 2);
    let asked = next_version(images);
    assert_eq!(sent(&asked), [vec!["1", "2", "3", "4"], vec!["4"]]);
    let uids: HashSet<_> = write(&asked).unwrap().into_iter().map(|object| object.sop_instance_uid).collect();
    assert_eq!(uids.len(), 1 + 4 + 1 + 1, "report, pictures, state, key object");
}

#[test]
fn a_second_film_makes_the_first_ones_picture_speak_of_a_study_once() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(sent(&next_version(films(folder.path(), 2))), [vec!["1", "2"], vec!["2"]]);
    assert_eq!(sent(&next_version(films(folder.path(), 3))), [["3"], ["3"]]);
}

#[test]
fn pictures_that_may_name_a_fracture_no_version_knows_of_any_more_are_drawn_again() {
    let folder = tempfile::tempdir().unwrap();
    // The last film came again and is normal now; or the predecessor told of a film that is not here.
    let images = films(folder.path(), 3);
    let mut asked = next_version(images);
    asked.predecessor.as_mut().unwrap().images = 3;
    assert_eq!(sent(&asked), [vec!["1", "2", "3"], vec!["3"]]);
    asked.predecessor = None;
    assert_eq!(sent(&asked)[0].len(), 3, "of a predecessor nobody knows");
}

#[test]
fn a_film_whose_file_is_gone_is_told_of_and_has_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let mut images = films(folder.path(), 4);
    images[3].findings.vertebrae[0] = vertebra(1, Some("L2"), 2);
    let mut asked = next_version(images);
    let failed = varied(folder.path(), "failed.dcm", "intact", |_| ());
    let identity = findings(&failed, vec![]).image;
    asked.failed = vec![FailedImage { file: Some(failed), image: identity, reason: "too dark".into() }];
    let received = all_files(&asked);
    asked.images[0].file = None;
    asked.images[2].file = None;
    asked.failed[0].file = None;
    assert_eq!(sent(&asked), [vec!["2", "4"], vec!["4"]]);
    let (_folder, objects) = judged_all(&asked, &received);
    let library = named(&objects[0], "126200");
    assert_eq!(items(library[0], tags::CONTENT_SEQUENCE).len(), 5);
    assert_eq!(measurement_groups(&objects[0]).len(), 4 + 1);
}

#[test]
fn patient_and_study_are_those_of_a_failed_film_when_no_other_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut asked = next_version(films(folder.path(), 2));
    let failed = sample("intact");
    let identity = findings(&failed, vec![]).image;
    asked.failed = vec![FailedImage { file: Some(failed), image: identity, reason: "too dark".into() }];
    let received = all_files(&asked);
    asked.images.iter_mut().for_each(|image| image.file = None);
    assert_eq!(judged_all(&asked, &received).1.len(), 1, "the report");
    asked.failed[0].file = None;
    let error = write(&asked).unwrap_err().to_string();
    assert!(error.contains("all 3 images") && error.contains("send one of them again"), "{error}");
}

#[test]
fn a_file_that_nothing_is_copied_from_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut asked = next_version(films(folder.path(), 3));
    asked.images[1].file = Some(folder.path().join("unreadable.dcm"));
    assert_eq!(sent(&asked), [["3"], ["3"]]);
    asked.images[0].file = Some(folder.path().join("unreadable.dcm"));
    assert_eq!(sent(&asked), [["3"], ["3"]], "patient and study are in the next that can be read");
    asked.images[2].file = Some(folder.path().join("unreadable.dcm"));
    let error = write(&asked).unwrap_err().to_string();
    assert!(error.contains("unreadable.dcm"), "{error}");
}

/// A film whose patient's name is in no set that it declares: it declares none.
fn wrongly_declared(folder: &Path, name: &str) -> PathBuf {
    varied(folder, name, "intact", |film| {
        film.remove_element(tags::SPECIFIC_CHARACTER_SET);
        film.put(DataElement::new(tags::PATIENT_NAME, VR::PN, PrimitiveValue::U8(b"M\xfcller".as_slice().into())));
    })
}

#[test]
fn a_name_that_no_object_copies_does_not_make_a_version_english() {
    let folder = tempfile::tempdir().unwrap();
    let language = |asked: &ReportRequest| {
        let folder = tempfile::tempdir().unwrap();
        let said = |object: &ReportObject| {
            let series = text(&open_file(saved(folder.path(), object)).unwrap(), tags::SERIES_DESCRIPTION);
            if series.is_ascii() { Language::English } else { Language::Chinese }
        };
        let said: Vec<Language> = write(asked).unwrap().iter().map(said).collect();
        assert!(said.iter().all(|one| *one == said[0]), "all objects of a version speak one language: {said:?}");
        said[0]
    };
    let mut images = films(folder.path(), 3);
    images[1].file = Some(wrongly_declared(folder.path(), "wrong.dcm"));
    let mut asked = next_version(images);
    asked.language = Language::Chinese;
    assert_eq!(language(&asked), Language::Chinese, "its picture was sent before");
    asked.predecessor.as_mut().unwrap().images = 3;
    assert_eq!(language(&asked), Language::English, "its picture is drawn again");
    asked.companions.pictures = false;
    assert_eq!(language(&asked), Language::Chinese, "there are no pictures");
    asked.images[0].file = None;
    assert_eq!(language(&asked), Language::English, "the report has its patient");
}
