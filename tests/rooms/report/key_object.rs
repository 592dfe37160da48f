//! The key object: it names the films with a fracture, and is not written without one.

use dicom_dictionary_std::tags;
use dicom_object::open_file;
use spinetriage::RESEARCH_USE_ONLY;
use spinetriage::findings::{Language, ObjectKind, ReportRequest};
use spinetriage::report::write;
use tempfile::TempDir;

use crate::report::requests::*;

/// A study of an intact film and one whose bodies are of these classes.
fn two_films(classes: &[usize]) -> (TempDir, ReportRequest) {
    let folder = tempfile::tempdir().unwrap();
    let image = |(name, classes): (&str, Vec<usize>)| {
        let file = varied(folder.path(), name, "compression", |_| ());
        let bodies = (1..).zip(&classes).map(|(n, class)| vertebra(n, Some(["L1", "L2"][n as usize - 1]), *class));
        image(&file, findings(&file, bodies.collect()))
    };
    let mut asked = request([("intact.dcm", vec![0]), ("fractured.dcm", classes.to_vec())].map(image).to_vec());
    asked.companions.pictures = false;
    asked.companions.key_object = true;
    (folder, asked)
}

fn key_objects(asked: &ReportRequest) -> usize {
    write(asked).unwrap().iter().filter(|o| o.kind == ObjectKind::KeyObject).count()
}

#[test]
fn a_selection_names_the_film_with_a_fracture_and_says_what_was_found() {
    let (_films, asked) = two_films(&[0, 2]);
    let (_folder, objects) = judged(&asked);
    assert_eq!(objects.len(), 2, "report and key object");
    let selection = &objects[1];
    let source = open_file(files(&asked)[1]).unwrap();
    assert_eq!(text(selection, tags::SOP_CLASS_UID), "1.2.840.10008.5.1.4.1.1.88.59");
    assert_eq!((text(selection, tags::MODALITY), text(selection, tags::SERIES_NUMBER)), ("KO".into(), "904".into()));
    let title = &items(selection, tags::CONCEPT_NAME_CODE_SEQUENCE)[0];
    assert_eq!(
        (text(title, tags::CODE_VALUE), text(title, tags::CODE_MEANING)),
        ("113000".into(), "Of Interest".into())
    );
    let template = &items(selection, tags::CONTENT_TEMPLATE_SEQUENCE)[0];
    assert_eq!(text(template, tags::TEMPLATE_IDENTIFIER), "2010");

    let images: Vec<_> = walk(selection).into_iter().filter(|i| text(i, tags::VALUE_TYPE) == "IMAGE").collect();
    assert_eq!(images.len(), 1);
    let named_image = &items(images[0], tags::REFERENCED_SOP_SEQUENCE)[0];
    assert_eq!(text(named_image, tags::REFERENCED_SOP_INSTANCE_UID), text(&source, tags::SOP_INSTANCE_UID));
    let study = &items(selection, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    let series = items(study, tags::REFERENCED_SERIES_SEQUENCE);
    assert_eq!(series.len(), 1);
    assert_eq!(text(&series[0], tags::SERIES_INSTANCE_UID), text(&source, tags::SERIES_INSTANCE_UID));

    let said = text(named(selection, "113012")[0], tags::TEXT_VALUE);
    assert!(said.contains("L2, image 2: burst fracture (probability 0.90)"), "{said}");
    assert!(!said.contains("L1") && said.contains(RESEARCH_USE_ONLY), "{said}");
    assert_eq!(text(named(selection, "121012")[0], tags::UID), uid(4).as_str());
}

#[test]
fn a_study_without_fracture_has_no_selection() {
    let count = |classes: &[usize]| {
        let (_films, asked) = two_films(classes);
        key_objects(&asked)
    };
    assert_eq!((count(&[0, 0]), count(&[])), (0, 0));
    let (_films, mut not_asked) = two_films(&[1]);
    assert_eq!(key_objects(&not_asked), 1);
    not_asked.companions.key_object = false;
    assert_eq!(key_objects(&not_asked), 0);
}

#[test]
fn in_other_class_systems_every_class_but_the_first_is_selected() {
    let (_films, mut asked) = two_films(&[0, 1]);
    for image in &mut asked.images {
        for (class, code) in image.findings.bundle.classes.iter_mut().zip(["NORMAL", "OTHER", "THIRD"]) {
            class.code = code.into();
        }
    }
    assert_eq!(key_objects(&asked), 1);
    asked.images[1].findings.vertebrae.remove(1);
    assert_eq!(key_objects(&asked), 0);
}

#[test]
fn the_same_request_gives_the_same_selection() {
    let (_films, asked) = two_films(&[1, 2]);
    assert_eq!(write(&asked).unwrap(), write(&asked).unwrap());
}

#[test]
fn a_selection_speaks_the_report_s_language() {
    let (_films, mut asked) = two_films(&[1]);
    asked.language = Language::Chinese;
    let (_folder, objects) = judged(&asked);
    let said = text(named(&objects[1], "113012")[0], tags::TEXT_VALUE);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        ["自动分析：可疑骨折。", "L1，图像 2：压缩性骨折（概率 0.90）", "仅供研究使用，不得用于诊断。"]
    );
}
