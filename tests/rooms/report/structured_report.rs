//! The structured report: valid, complete, and the same bytes each time.

use std::collections::HashSet;

use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, open_file};
use spinetriage::RESEARCH_USE_ONLY;
use spinetriage::findings::{Language, LevelSource, NotAssessed, Predecessor, SopClass};
use spinetriage::identifiers::Uid;
use spinetriage::model::morphometry;
use spinetriage::report::write;

use crate::report::requests::*;

#[test]
fn a_report_is_valid_and_complete() {
    let (_folder, objects) = judged(&one_image());
    assert_eq!(objects.len(), 2, "report and overlay picture");
    let report = &objects[0];
    let source = open_file(sample("compression")).unwrap();
    for tag in [
        tags::STUDY_INSTANCE_UID,
        tags::PATIENT_NAME,
        tags::PATIENT_ID,
        tags::PATIENT_BIRTH_DATE,
        tags::ACCESSION_NUMBER,
        tags::STUDY_DATE,
    ] {
        assert_eq!(text(report, tag), text(&source, tag), "{tag}");
        assert_eq!(text(&objects[1], tag), text(&source, tag), "{tag} of the picture");
    }
    assert_eq!(named(report, "125007").len(), 4, "three vertebrae and the image");
    let tracking: HashSet<_> = named(report, "112040").into_iter().map(|i| text(i, tags::UID)).collect();
    assert_eq!(tracking.len(), 4, "no tracking UID is shared");
    let regions = named(report, "111030");
    assert_eq!(regions.len(), 3);
    for region in regions {
        let data = region.element(tags::GRAPHIC_DATA).unwrap().to_multi_float32().unwrap();
        assert_eq!(data.len(), 10);
        assert_eq!(data[..2], data[8..], "the polyline is closed");
        assert!(data.iter().all(|v| (0.0..=760.0).contains(v)));
    }
    assert_eq!(named(report, "122157").len(), 3 * 3 + 1, "one for each class; the study's fracture");
    let comments: Vec<_> = named(report, "121106").into_iter().map(|i| text(i, tags::TEXT_VALUE)).collect();
    assert!(comments.iter().any(|c| c.contains(RESEARCH_USE_ONLY)), "{comments:?}");
    let summary = "Triage result: suspected, probability of a fracture 0.95. \
                   Most suspicious: compression fracture 0.90 (L1). \
                   Flagged 2 of 3 assessed vertebrae: L1 compression fracture 0.90; 3rd from above burst fracture 0.90. \
                   Research use only, not for diagnosis.";
    assert_eq!(comments[0], summary, "the result stands first");
    let sites: Vec<_> = named(report, "363698007")
        .into_iter()
        .map(|i| text(&items(i, tags::CONCEPT_CODE_SEQUENCE)[0], tags::CODE_VALUE))
        .collect();
    assert_eq!(sites, ["23215003", "66794005", "51282000", "1217256009"], "T12, L1, a vertebra, thoracolumbar spine");
}

#[test]
fn what_is_not_assessed_has_a_coded_reason_and_no_class() {
    let mut asked = one_image();
    let film = &mut asked.images[0].findings;
    (film.vertebrae[1].not_assessed, film.vertebrae[1].called) = (Some(NotAssessed::Metal), None);
    (film.vertebrae[2].not_assessed, film.vertebrae[2].called) = (Some(NotAssessed::UncertainPoints), None);
    let (_folder, objects) = judged(&asked);
    let report = &objects[0];
    let values = |concept: &str| -> Vec<String> {
        let value = |item: &InMemDicomObject| text(&items(item, tags::CONCEPT_CODE_SEQUENCE)[0], tags::CODE_VALUE);
        named(report, concept).into_iter().map(value).collect()
    };
    assert_eq!(values("NOT-ASSESSED"), ["NA-METAL", "NA-POINTS"]);
    assert_eq!(values("CLASS"), ["ASTLOF-0"], "of the body that is assessed alone");
    assert_eq!((values("TRIAGE-RESULT"), values("111017")), (vec!["RESULT-NOTHING".into()], vec!["111243".into()]));
    assert_eq!(values("NO-PROBABILITY"), ["114007", "114011"]);
    let comment = text(named(report, "121106")[0], tags::TEXT_VALUE);
    let says = "Triage result: nothing suspected, probability of a fracture 0.10. Most suspicious: no fracture 0.90 (T12). \
                None of 1 assessed vertebrae flagged. \
                2 not assessed: L1 (metal or cement on it); 3rd from above (its outline is uncertain).";
    assert!(comment.starts_with(says), "{comment}");
}

#[test]
fn heights_grades_and_points_are_in_the_report() {
    let asked = with_points();
    let spacing = asked.images[0].findings.image.pixel_spacing.expect("the sample has one");
    let (_folder, objects) = judged(&asked);
    let report = &objects[0];
    let measured = |code: &str| -> Vec<(f64, String)> {
        let value = |item: &InMemDicomObject| {
            let value = items(item, tags::MEASURED_VALUE_SEQUENCE)[0].clone();
            let unit = text(&items(&value, tags::MEASUREMENT_UNITS_CODE_SEQUENCE)[0], tags::CODE_VALUE);
            (text(&value, tags::NUMERIC_VALUE).parse().unwrap(), unit)
        };
        named(report, code).into_iter().map(value).collect()
    };
    let coded = |code: &str| -> Vec<String> {
        let value = |item| text(&items(item, tags::CONCEPT_CODE_SEQUENCE)[0], tags::CODE_VALUE);
        named(report, code).into_iter().map(value).collect()
    };
    for (code, pixels) in
        [("HEIGHT-ANTERIOR", [50.0, 30.0]), ("HEIGHT-MIDDLE", [45.0, 45.0]), ("HEIGHT-POSTERIOR", [50.0, 50.0])]
    {
        let found = measured(code);
        assert_eq!(found.len(), 2, "{code}: the third body has none");
        for ((value, unit), pixels) in found.iter().zip(pixels) {
            assert!((value - pixels * spacing.row_mm).abs() < 1e-5 && unit == "mm", "{code}: {value} {unit}");
        }
    }
    let one = |values: [f64; 2], unit: &str| values.map(|v| (v, unit.to_owned()));
    assert_eq!(measured("RATIO-WEDGE"), one([1.0, 0.6], "1"));
    assert_eq!(measured("RATIO-BICONCAVE"), one([0.9, 0.9], "1"));
    assert_eq!(measured("RATIO-CRUSH"), one([1.0, 1.0], "1"));
    assert_eq!(measured("HEIGHT-LOSS"), one([10.0, 40.0], "%"));
    assert_eq!(
        (coded("GENANT"), coded("DEFORMITY")),
        (vec!["GENANT-0".into(), "GENANT-2".into()], vec!["WEDGE".into()])
    );
    assert_eq!(coded("LEVEL-SOURCE"), ["FROM-SACRUM"; 3]);
    let names: Vec<_> = named(report, "112039").into_iter().map(|i| text(i, tags::TEXT_VALUE)).collect();
    assert_eq!(names[0], "vertebra L3 (assumed, counted from the sacrum)");
    let points = named(report, "SIX-POINTS");
    assert_eq!(points.len(), 2);
    assert_eq!(text(points[0], tags::GRAPHIC_TYPE), "MULTIPOINT");
    let data = points[0].element(tags::GRAPHIC_DATA).unwrap().to_multi_float32().unwrap();
    assert_eq!((data.len(), &data[..2], &data[10..]), (12, &[100.5, 60.0][..], &[180.25, 110.0][..]));
    let comments: Vec<_> = named(report, "121106").into_iter().map(|i| text(i, tags::TEXT_VALUE)).collect();
    assert!(comments.iter().any(|c| c.contains("training mean: shape_WedgeRatio")), "{comments:?}");
    assert!(comments.iter().any(|c| c.contains(RESEARCH_USE_ONLY)), "{comments:?}");
}

#[test]
fn without_pixel_spacing_there_are_ratios_and_no_millimetres() {
    let mut asked = with_points();
    let findings = &mut asked.images[0].findings;
    findings.image.pixel_spacing = None;
    let points: Vec<_> = findings.vertebrae.iter().map(|v| v.points).collect();
    for (vertebra, measured) in findings.vertebrae.iter_mut().zip(morphometry::measure(&points, None)) {
        vertebra.morphometry = measured;
    }
    // A point beyond the film is a legal finding and no legal coordinate.
    findings.vertebrae[0].points.as_mut().unwrap().upper[0][0] = -5.0;
    let (_folder, objects) = judged(&asked);
    let found = |code: &str| named(&objects[0], code).len();
    assert_eq!((found("HEIGHT-ANTERIOR"), found("RATIO-WEDGE"), found("GENANT")), (0, 2, 2));
    let data = named(&objects[0], "SIX-POINTS")[0].element(tags::GRAPHIC_DATA).unwrap().to_multi_float32().unwrap();
    assert_eq!(data[0], 0.0);
}

#[test]
fn spacing_that_was_refused_is_among_the_parameters() {
    let mut asked = with_points();
    let image = &mut asked.images[0].findings.image;
    let says =
        "Pixel Spacing (0028,0030) of 396 x 396 mm is none that a film can have: lengths are not given in millimetres";
    (image.pixel_spacing, image.spacing_refused) = (None, Some(says.into()));
    let (_folder, objects) = judged(&asked);
    let parameters: Vec<_> = named(&objects[0], "111002").into_iter().map(|i| text(i, tags::TEXT_VALUE)).collect();
    let said = parameters.iter().filter(|p| p.contains(&format!("millimetres from: nothing that can be; {says}")));
    assert_eq!(said.count(), 3, "{parameters:?}");
}

#[test]
fn a_report_without_points_says_nothing_of_them() {
    let (_folder, objects) = judged(&one_image());
    for code in ["HEIGHT-ANTERIOR", "RATIO-WEDGE", "GENANT", "SIX-POINTS", "LEVEL-SOURCE"] {
        assert!(named(&objects[0], code).is_empty(), "{code}");
    }
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    assert_eq!(write(&one_image()).unwrap(), write(&one_image()).unwrap());
}

#[test]
fn an_image_without_vertebrae_has_a_report_that_says_so() {
    let file = sample("intact");
    let (_folder, objects) = judged(&request(vec![image(&file, findings(&file, vec![]))]));
    let said: Vec<_> = named(&objects[0], "121106").into_iter().map(|i| text(i, tags::TEXT_VALUE)).collect();
    assert!(said.iter().any(|s| s.contains("No vertebra")), "{said:?}");
}

#[test]
fn a_later_version_names_its_predecessor_and_an_older_pacs_gets_comprehensive_sr() {
    let mut later = one_image();
    later.version = 2;
    let comprehensive = Uid::new(SopClass::ComprehensiveSr.uid()).unwrap();
    later.predecessor = Some(Predecessor { series_uid: uid(91), reports: vec![(comprehensive, uid(90))], images: 1 });
    later.sop_classes = vec![SopClass::ComprehensiveSr];
    let (_folder, objects) = judged(&later);
    let report = &objects[0];
    assert_eq!(text(report, tags::SOP_CLASS_UID), "1.2.840.10008.5.1.4.1.1.88.33");
    let study = &items(report, tags::PREDECESSOR_DOCUMENTS_SEQUENCE)[0];
    let series = &items(study, tags::REFERENCED_SERIES_SEQUENCE)[0];
    let instance = &items(series, tags::REFERENCED_SOP_SEQUENCE)[0];
    assert_eq!(text(instance, tags::REFERENCED_SOP_INSTANCE_UID), uid(90).as_str());
}

#[test]
fn two_images_of_a_study_share_a_report_and_names_keep_their_letters() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |name: &str| {
        let file = varied(folder.path(), name, "intact", |film| {
            film.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"));
            film.put(DataElement::new(tags::PATIENT_NAME, VR::PN, "M\u{fc}ller^J\u{f6}rg"));
        });
        image(&file, findings(&file, vec![vertebra(1, None, 0)]))
    };
    let (_folder, objects) = judged(&request(vec![copy("a.dcm"), copy("b.dcm")]));
    assert_eq!(objects.len(), 3, "one report, two pictures");
    assert_eq!(text(&objects[0], tags::PATIENT_NAME), "M\u{fc}ller^J\u{f6}rg");
    assert_eq!(text(&objects[0], tags::SPECIFIC_CHARACTER_SET), "ISO_IR 100");
    let study = &items(&objects[0], tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    assert_eq!(items(study, tags::REFERENCED_SERIES_SEQUENCE).len(), 2);
    let library = named(&objects[0], "126200");
    assert_eq!(items(library[0], tags::CONTENT_SEQUENCE).len(), 2);
}

/// Meanings of all codes in the content of a report.
fn meanings(item: &InMemDicomObject) -> Vec<String> {
    let sequences = item.iter().filter_map(|element| element.items());
    let below = sequences.flatten().flat_map(meanings);
    let own = text(item, tags::CODE_MEANING);
    std::iter::once(own).filter(|own| !own.is_empty()).chain(below).collect()
}

#[test]
fn a_chinese_report_is_chinese_throughout() {
    let mut asked = with_points();
    let folder = tempfile::tempdir().unwrap();
    let [second, third] = ["second.dcm", "third.dcm"].map(|name| varied(folder.path(), name, "compression", |_| ()));
    let mut other = findings(&second, vec![vertebra(1, Some("L3"), 1), vertebra(2, None, 2)]);
    other.vertebrae[0].level_source = Some(LevelSource::CountedFromSacrum);
    asked.images.push(image(second, other));
    asked.images.push(image(&third, findings(&third, vec![])));
    asked.language = Language::Chinese;
    let (_folder, objects) = judged(&asked);
    let report = &objects[0];
    let content = items(report, tags::CONTENT_SEQUENCE);
    let said: HashSet<_> = content.iter().flat_map(meanings).collect();
    let not_chinese: Vec<_> = said.iter().filter(|meaning| meaning.is_ascii()).collect();
    assert!(said.len() > 40 && not_chinese.is_empty(), "{not_chinese:?}");
    let texts = |code: &str| -> Vec<String> {
        named(report, code).into_iter().map(|item| text(item, tags::TEXT_VALUE)).collect()
    };
    let labels = texts("112039");
    assert_eq!(labels[0], "椎体 L3（自骶骨向上计数推定）");
    assert_eq!(labels[labels.len() - 2..], ["椎体 自上第2个，图像 2", "整个检查"]);
    let comments = texts("121106");
    for part in
        ["图像 3 上未发现椎体。", "在图像库的图像 1 上也可见：无骨折 0.90。", "取训练集均值：shape_WedgeRatio。"]
    {
        assert!(comments.iter().any(|comment| comment.contains(part)), "{part}: {comments:?}");
    }
    assert!(comments.iter().any(|comment| comment.starts_with("仅供研究使用，不得用于诊断。")), "{comments:?}");
    let title = items(report, tags::CONCEPT_NAME_CODE_SEQUENCE);
    assert_eq!(text(&title[0], tags::CODE_MEANING), "影像测量报告");
    let language = items(named(report, "121049")[0], tags::CONCEPT_CODE_SEQUENCE);
    assert_eq!(text(&language[0], tags::CODE_VALUE), "zh-CN");
}
