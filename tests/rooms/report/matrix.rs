//! The kinds of study that come, each with everything that can be written of it, before every judge.

use std::fs;
use std::path::{Path, PathBuf};

use dicom_core::header::Header;
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use spinetriage::findings::{
    Call, Language, NotAssessed, ObjectKind, Predecessor, ReportImage, ReportRequest, SopClass, Vertebra, View,
};
use spinetriage::identifiers::Uid;
use spinetriage::report::write;

use crate::report::judges::{judge, judge_template, programs};
use crate::report::requests::*;

/// Writes all of it, the report in both SOP classes, and holds all of it to all judges.
fn passes(mut asked: ReportRequest, has_key_object: bool) -> Vec<DefaultDicomObject> {
    asked.companions = EVERYTHING;
    asked.sop_classes = vec![SopClass::Comprehensive3dSr, SopClass::ComprehensiveSr];
    let folder = tempfile::tempdir().unwrap();
    let objects = write(&asked).unwrap();
    let count = |kind| objects.iter().filter(|o| o.kind == kind).count();
    let films = asked.images.len();
    let kinds =
        [ObjectKind::StructuredReport, ObjectKind::Overlay, ObjectKind::PresentationState, ObjectKind::KeyObject];
    assert_eq!(kinds.map(count), [2, films, films, usize::from(has_key_object)]);
    let sources: Vec<&Path> = files(&asked);
    let judged = objects.iter().map(|object| {
        let path = saved(folder.path(), object);
        judge_template(object, &path);
        judge(object, &path, &sources)
    });
    judged.collect()
}

/// One film with bodies of these classes.
fn film(file: PathBuf, classes: &[usize]) -> ReportImage {
    let bodies = (1..).zip(classes).map(|(n, class)| vertebra(n, Some(["T12", "L1", "L2"][n as usize - 1]), *class));
    image(&file, findings(&file, bodies.collect()))
}

#[test]
fn an_intact_spine() {
    passes(request(vec![film(sample("intact"), &[0, 0])]), false);
}

#[test]
fn a_compression_fracture_with_points() {
    let mut asked = with_points();
    let wedged = &mut asked.images[0].findings.vertebrae[1];
    (wedged.class, wedged.called) = (1, Some(Call::Sensitive));
    passes(asked, true);
}

#[test]
fn bodies_that_are_not_assessed_for_each_reason() {
    let mut asked = with_points();
    let film = &mut asked.images[0].findings;
    let body = film.vertebrae[0].clone();
    let not_assessed = |(ordinal, why): (u32, &NotAssessed)| {
        let level = Some(format!("T{ordinal}"));
        Vertebra { ordinal, level, not_assessed: Some(*why), called: None, ..body.clone() }
    };
    film.vertebrae.extend((4..).zip(&NotAssessed::ALL).map(not_assessed));
    film.missed = 1;
    for language in [Language::English, Language::Chinese] {
        asked.language = language;
        passes(asked.clone(), false);
    }
}

#[test]
fn a_film_from_a_view_that_the_bundle_does_not_cover() {
    let mut asked = one_image();
    let film = &mut asked.images[0].findings;
    (film.view, film.not_assessed) = (Some(View::Frontal), Some(NotAssessed::View));
    for vertebra in &mut film.vertebrae {
        (vertebra.not_assessed, vertebra.called) = (Some(NotAssessed::View), None);
    }
    passes(asked, false);
}

#[test]
fn a_bundle_without_operating_points() {
    let mut asked = one_image();
    asked.images[0].findings.bundle.triage = None;
    asked.images[0].findings.vertebrae.iter_mut().for_each(|vertebra| vertebra.called = None);
    passes(asked, false);
}

#[test]
fn a_burst_fracture() {
    passes(request(vec![film(sample("burst"), &[0, 2])]), true);
}

#[test]
fn no_vertebra() {
    passes(request(vec![film(sample("intact"), &[])]), false);
}

#[test]
fn a_film_of_which_low_values_are_white() {
    let folder = tempfile::tempdir().unwrap();
    let file = varied(folder.path(), "film.dcm", "compression", |film| {
        film.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1"));
        film.put(DataElement::new(tags::PRESENTATION_LUT_SHAPE, VR::CS, "INVERSE"));
    });
    let objects = passes(request(vec![film(file, &[1])]), true);
    assert_eq!(text(&objects[3], tags::PRESENTATION_LUT_SHAPE), "INVERSE");
}

#[test]
fn two_views_of_a_study() {
    let folder = tempfile::tempdir().unwrap();
    let view = |name: &str, position: &str, orientation: &str| {
        varied(folder.path(), name, "burst", |film| {
            film.put(DataElement::new(tags::VIEW_POSITION, VR::CS, position));
            film.put(DataElement::new(tags::PATIENT_ORIENTATION, VR::CS, orientation));
        })
    };
    let views = [view("frontal.dcm", "AP", "L\\F"), view("lateral.dcm", "LL", "P\\F")];
    let objects = passes(request(views.map(|file| film(file, &[0, 2])).to_vec()), true);
    let selected = walk(&objects[6]).into_iter().filter(|i| text(i, tags::VALUE_TYPE) == "IMAGE").count();
    assert_eq!(selected, 2);
}

#[test]
fn an_image_that_came_late_beside_one_that_an_earlier_bundle_analysed() {
    let folder = tempfile::tempdir().unwrap();
    let mut images = ["first.dcm", "late.dcm"].map(|n| film(varied(folder.path(), n, "burst", |_| ()), &[2])).to_vec();
    images[0].findings.bundle.version = "0".into();
    let mut asked = request(images);
    asked.version = 2;
    let reports =
        [SopClass::Comprehensive3dSr, SopClass::ComprehensiveSr].map(|c| (Uid::new(c.uid()).unwrap(), uid(c as u32)));
    asked.predecessor = Some(Predecessor { series_uid: uid(91), reports: reports.to_vec(), images: 1 });
    let objects = passes(asked, true);
    for (object, number) in objects.iter().zip([0, 1]) {
        let study = &items(object, tags::PREDECESSOR_DOCUMENTS_SEQUENCE)[0];
        let before = &items(&items(study, tags::REFERENCED_SERIES_SEQUENCE)[0], tags::REFERENCED_SOP_SEQUENCE)[0];
        assert_eq!(text(before, tags::REFERENCED_SOP_INSTANCE_UID), uid(number).as_str());
    }
}

#[test]
fn a_film_without_anything_that_may_be_left_out() {
    const KEPT: [Tag; 15] = [
        tags::SOP_CLASS_UID,
        tags::SOP_INSTANCE_UID,
        tags::STUDY_INSTANCE_UID,
        tags::SERIES_INSTANCE_UID,
        tags::MODALITY,
        tags::SAMPLES_PER_PIXEL,
        tags::PHOTOMETRIC_INTERPRETATION,
        tags::ROWS,
        tags::COLUMNS,
        tags::BITS_ALLOCATED,
        tags::BITS_STORED,
        tags::HIGH_BIT,
        tags::PIXEL_REPRESENTATION,
        tags::PIXEL_DATA,
        tags::PATIENT_ID,
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = varied(folder.path(), "film.dcm", "compression", |film| {
        film.retain(|element| KEPT.contains(&element.tag()));
        film.put(DataElement::new(tags::MODALITY, VR::CS, "CR"));
        film.put(DataElement::new(tags::SOP_CLASS_UID, VR::UI, uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE));
    });
    passes(request(vec![film(file, &[0, 1])]), true);
}

/// A study of a patient whose name is encoded so. The bytes are put into the file as they are: what
/// an encoder of ours makes of a name would only show that it and the decoder agree.
fn of_patient(character_set: &str, name: &[u8], decoded: &str) {
    let folder = tempfile::tempdir().unwrap();
    let placeholder = "X".repeat(name.len().next_multiple_of(2));
    let file = varied(folder.path(), "film.dcm", "compression", |film| {
        film.put(DataElement::new(tags::PATIENT_NAME, VR::PN, placeholder.as_str()));
        film.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, character_set));
    });
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(placeholder.len()).position(|part| part == placeholder.as_bytes()).unwrap();
    bytes[at..at + placeholder.len()].fill(b' ');
    bytes[at..at + name.len()].copy_from_slice(name);
    fs::write(&file, bytes).unwrap();
    assert_eq!(programs::highdicom(&file)["patient_name"], decoded, "the film");
    passes(request(vec![film(file, &[1])]), true);
}

#[test]
fn a_chinese_name() {
    // PS3.5 J.3.
    of_patient("GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=\u{738b}^\u{5c0f}\u{4e1c}");
}

#[test]
fn a_japanese_name() {
    // PS3.5 H.3.1.
    let name = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
    let decoded = "Yamada^Tarou=\u{5c71}\u{7530}^\u{592a}\u{90ce}=\u{3084}\u{307e}\u{3060}^\u{305f}\u{308d}\u{3046}";
    of_patient("\\ISO 2022 IR 87", name, decoded);
}

#[test]
fn a_german_name() {
    of_patient("ISO_IR 100", b"M\xfcller^J\xf6rg", "M\u{fc}ller^J\u{f6}rg");
}

#[test]
fn private_attributes_in_the_film_and_in_what_is_copied() {
    let private = |item: &mut InMemDicomObject| {
        item.put(DataElement::new(Tag(0x0009, 0x0010), VR::LO, "SOMEBODY 1.0"));
        item.put(DataElement::new(Tag(0x0009, 0x1001), VR::UN, dicom_core::PrimitiveValue::from(vec![1u8, 2])));
    };
    let coded = |value: &str| {
        let mut code = InMemDicomObject::new_empty();
        for (tag, vr, value) in [
            (tags::CODE_VALUE, VR::SH, value),
            (tags::CODING_SCHEME_DESIGNATOR, VR::SH, "99LOCAL"),
            (tags::CODE_MEANING, VR::LO, "Lumbar spine, two views"),
        ] {
            code.put(DataElement::new(tag, vr, value));
        }
        private(&mut code);
        code
    };
    let folder = tempfile::tempdir().unwrap();
    let file = varied(folder.path(), "film.dcm", "burst", |film| {
        private(film);
        film.put(DataElement::new(tags::PROCEDURE_CODE_SEQUENCE, VR::SQ, DataSetSequence::from(vec![coded("LS2")])));
        let mut scheme = InMemDicomObject::new_empty();
        scheme.put(DataElement::new(tags::CODING_SCHEME_DESIGNATOR, VR::SH, "99LOCAL"));
        scheme.put(DataElement::new(tags::CODING_SCHEME_NAME, VR::ST, "Codes of this hospital"));
        put_items(film, tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, vec![scheme]);
        let mut asked_for = InMemDicomObject::new_empty();
        asked_for.put(DataElement::new(tags::REQUESTED_PROCEDURE_ID, VR::SH, "RP1"));
        private(&mut asked_for);
        film.put(DataElement::new(tags::REQUEST_ATTRIBUTES_SEQUENCE, VR::SQ, DataSetSequence::from(vec![asked_for])));
    });
    passes(request(vec![film(file, &[2])]), true);
}
