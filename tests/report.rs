//! The structured report: valid, complete, and the same bytes each time.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject, open_file};
use spinetriage::RESEARCH_USE_ONLY;
use spinetriage::analysis::{BundleIdentity, ClassName, Findings, LevelSource, Vertebra};
use spinetriage::config::SopClass;
use spinetriage::identifiers::Uid;
use spinetriage::imaging::{BoundingBox, decode};
use spinetriage::model::{SixPoints, morphometry};
use spinetriage::report::{ObjectKind, ReportImage, ReportRequest, write};
use tempfile::TempDir;

fn uid(n: u32) -> Uid {
    Uid::new(&format!("2.25.1000{n}")).unwrap()
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/samples/{name}.dcm"))
}

fn vertebra(ordinal: u32, level: Option<&str>, class: usize) -> Vertebra {
    let y0 = f64::from(ordinal) * 60.0;
    let mut probabilities = vec![0.05; 3];
    probabilities[class] = 0.9;
    let bounding_box = BoundingBox { x0: 100.5, y0, x1: 180.25, y1: y0 + 50.0 };
    Vertebra {
        ordinal,
        level: level.map(str::to_owned),
        level_source: None,
        bounding_box,
        detection_score: 0.8,
        class,
        probabilities,
        points: None,
        morphometry: None,
        imputed: vec![],
        contributions: vec![],
    }
}

fn findings(file: &Path, vertebrae: Vec<Vertebra>) -> Findings {
    let (_, image) = decode::read(file).unwrap();
    let class = |n: u32, name: &str| ClassName { code: format!("ASTLOF-{n}"), name: name.into() };
    let classes = vec![class(0, "no fracture"), class(1, "compression fracture"), class(2, "burst fracture")];
    let bundle = BundleIdentity { name: "demo".into(), version: "1".into(), digest: "ab".repeat(32), classes };
    Findings { notice: RESEARCH_USE_ONLY.into(), image, bundle, vertebrae }
}

fn request(images: Vec<ReportImage>) -> ReportRequest {
    ReportRequest {
        report_uid: uid(1),
        series_uid: uid(2),
        overlay_series_uid: Some(uid(3)),
        series_number: 901,
        version: 1,
        content_time: "2026-01-05T10:11:12.345Z".into(),
        device_uid: uid(4),
        observer_name: "SPINETRIAGE".into(),
        sop_class: SopClass::Comprehensive3dSr,
        predecessor: None,
        images,
    }
}

fn one_image() -> ReportRequest {
    let file = sample("compression");
    let vertebrae = vec![vertebra(1, Some("T12"), 0), vertebra(2, Some("L1"), 1), vertebra(3, None, 2)];
    request(vec![ReportImage { findings: findings(&file, vertebrae), file }])
}

/// Writes the objects and holds each to the validators: dciodvfy without errors, dsrdump for reports.
fn judged(request: &ReportRequest) -> (TempDir, Vec<DefaultDicomObject>) {
    let folder = tempfile::tempdir().unwrap();
    let objects = write(request).unwrap();
    let read = |object: &spinetriage::report::ReportObject| {
        let path = folder.path().join(&object.file_name);
        fs::write(&path, &object.bytes).unwrap();
        let tool = |program: &str| {
            let output = Command::new(program).arg(&path).output();
            let output = output.unwrap_or_else(|e| panic!("{program} cannot be run ({e}): scripts/test installs it"));
            (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
        };
        let (_, said) = tool("dciodvfy");
        let errors: Vec<_> = said.lines().filter(|l| l.starts_with("Error")).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", object.file_name);
        if object.kind == ObjectKind::StructuredReport {
            let (well, said) = tool("dsrdump");
            assert!(well, "dsrdump: {said}");
        }
        open_file(&path).unwrap()
    };
    let read = objects.iter().map(read).collect();
    (folder, read)
}

fn text(item: &InMemDicomObject, tag: Tag) -> String {
    item.get(tag).map(|e| e.to_str().unwrap().trim_end_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

fn items(item: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    item.get(tag).and_then(|e| e.items()).unwrap_or_default()
}

/// Every content item below this one.
fn walk(item: &InMemDicomObject) -> Vec<&InMemDicomObject> {
    let children = items(item, tags::CONTENT_SEQUENCE);
    children.iter().flat_map(|child| std::iter::once(child).chain(walk(child))).collect()
}

fn named<'a>(item: &'a InMemDicomObject, code: &str) -> Vec<&'a InMemDicomObject> {
    let has_name = |i: &&InMemDicomObject| {
        items(i, tags::CONCEPT_NAME_CODE_SEQUENCE).first().is_some_and(|c| text(c, tags::CODE_VALUE) == code)
    };
    walk(item).into_iter().filter(has_name).collect()
}

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
    assert_eq!(named(report, "122157").len(), 3 * 3 + 1, "a probability for each class, and the image's");
    let comments: Vec<_> = named(report, "121106").into_iter().map(|i| text(i, tags::TEXT_VALUE)).collect();
    assert!(comments.iter().any(|c| c.contains(RESEARCH_USE_ONLY)), "{comments:?}");
    let sites: Vec<_> = named(report, "363698007")
        .into_iter()
        .map(|i| text(&items(i, tags::CONCEPT_CODE_SEQUENCE)[0], tags::CODE_VALUE))
        .collect();
    assert_eq!(sites, ["23215003", "66794005", "51282000", "1217256009"], "T12, L1, a vertebra, thoracolumbar spine");
}

/// Three bodies with points: intact, wedged, and one whose points are no body; levels counted.
fn with_points() -> ReportRequest {
    let file = sample("compression");
    let mut findings =
        findings(&file, ["L3", "L4", "L5"].iter().zip(1..).map(|(l, n)| vertebra(n, Some(l), 0)).collect());
    for (vertebra, anterior) in findings.vertebrae.iter_mut().zip([50.0, 30.0, 0.0]) {
        let b = vertebra.bounding_box;
        let x = [b.x0, (b.x0 + b.x1) / 2.0, b.x1];
        let upper = [[x[0], b.y1 - anterior], [x[1], b.y1 - 45.0], [x[2], b.y1 - 50.0]];
        vertebra.level_source = Some(LevelSource::CountedFromSacrum);
        vertebra.points = Some(SixPoints { upper, lower: x.map(|x| [x, b.y1]) });
    }
    let points: Vec<_> = findings.vertebrae.iter().map(|v| v.points).collect();
    for (vertebra, measured) in
        findings.vertebrae.iter_mut().zip(morphometry::measure(&points, findings.image.pixel_spacing))
    {
        vertebra.morphometry = measured;
    }
    findings.vertebrae[2].imputed = vec!["shape_WedgeRatio".into()];
    request(vec![ReportImage { findings, file }])
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
    let (_folder, objects) = judged(&request(vec![ReportImage { findings: findings(&file, vec![]), file }]));
    let said: Vec<_> = named(&objects[0], "121106").into_iter().map(|i| text(i, tags::TEXT_VALUE)).collect();
    assert!(said.iter().any(|s| s.contains("No vertebra")), "{said:?}");
}

#[test]
fn a_later_version_names_its_predecessor_and_an_older_pacs_gets_comprehensive_sr() {
    let mut later = one_image();
    later.version = 2;
    later.predecessor = Some((uid(90), uid(91)));
    later.sop_class = SopClass::ComprehensiveSr;
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
    let copy = |name: &str, number: u32| {
        let mut object = open_file(sample("intact")).unwrap();
        object.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"));
        object.put(DataElement::new(tags::PATIENT_NAME, VR::PN, "M\u{fc}ller^J\u{f6}rg"));
        object.put(DataElement::new(tags::SOP_INSTANCE_UID, VR::UI, uid(number).as_str()));
        object.put(DataElement::new(tags::SERIES_INSTANCE_UID, VR::UI, uid(number + 100).as_str()));
        object.meta_mut().media_storage_sop_instance_uid = uid(number).to_string();
        object.meta_mut().update_information_group_length();
        let file = folder.path().join(name);
        object.write_to_file(&file).unwrap();
        ReportImage { findings: findings(&file, vec![vertebra(1, None, 0)]), file }
    };
    let (_folder, objects) = judged(&request(vec![copy("a.dcm", 21), copy("b.dcm", 22)]));
    assert_eq!(objects.len(), 3, "one report, two pictures");
    assert_eq!(text(&objects[0], tags::PATIENT_NAME), "M\u{fc}ller^J\u{f6}rg");
    assert_eq!(text(&objects[0], tags::SPECIFIC_CHARACTER_SET), "ISO_IR 192");
    let study = &items(&objects[0], tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    assert_eq!(items(study, tags::REFERENCED_SERIES_SEQUENCE).len(), 2);
    let library = named(&objects[0], "126200");
    assert_eq!(items(library[0], tags::CONTENT_SEQUENCE).len(), 2);
}
