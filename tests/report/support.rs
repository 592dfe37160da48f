//! Requests to write, judges of what was written, and ways to look into it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject, open_file};
use spinetriage::RESEARCH_USE_ONLY;
use spinetriage::analysis::{BundleIdentity, ClassName, Findings, Vertebra};
use spinetriage::config::{Language, SopClass};
use spinetriage::identifiers::Uid;
use spinetriage::imaging::{BoundingBox, decode};
use spinetriage::report::{Companions, ObjectKind, ReportImage, ReportObject, ReportRequest, write};
use tempfile::TempDir;

pub fn uid(n: u32) -> Uid {
    Uid::new(&format!("2.25.1000{n}")).unwrap()
}

pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/samples/{name}.dcm"))
}

pub fn vertebra(ordinal: u32, level: Option<&str>, class: usize) -> Vertebra {
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

pub fn findings(file: &Path, vertebrae: Vec<Vertebra>) -> Findings {
    let (_, image) = decode::read(file).unwrap();
    Findings { notice: RESEARCH_USE_ONLY.into(), image, bundle: bundle(), vertebrae }
}

pub fn bundle() -> BundleIdentity {
    let class = |n: u32, name: &str| ClassName { code: format!("ASTLOF-{n}"), name: name.into() };
    let classes = vec![class(0, "no fracture"), class(1, "compression fracture"), class(2, "burst fracture")];
    BundleIdentity {
        name: "demo".into(),
        version: "1".into(),
        digest: "ab".repeat(32),
        classes,
        thresholds: vec!["detection score at least 0.35".into()],
    }
}

pub fn request(images: Vec<ReportImage>) -> ReportRequest {
    ReportRequest {
        report_uid: uid(1),
        series_uid: uid(2),
        overlay_series_uid: uid(3),
        series_number: 901,
        version: 1,
        content_time: "2026-01-05T10:11:12.345Z".into(),
        device_uid: uid(4),
        observer_name: "SPINETRIAGE".into(),
        sop_classes: vec![SopClass::Comprehensive3dSr],
        predecessor: None,
        companions: Companions { pictures: true, presentation_states: false, key_object: false },
        language: Language::English,
        bundle: bundle(),
        images,
        failed: vec![],
    }
}

pub fn one_image() -> ReportRequest {
    let file = sample("compression");
    let vertebrae = vec![vertebra(1, Some("T12"), 0), vertebra(2, Some("L1"), 1), vertebra(3, None, 2)];
    request(vec![ReportImage { findings: findings(&file, vertebrae), file }])
}

/// Writes the objects and holds each to the validators: dciodvfy without errors, also of what is
/// compressed, dsrdump for reports.
pub fn judged(request: &ReportRequest) -> (TempDir, Vec<DefaultDicomObject>) {
    let folder = tempfile::tempdir().unwrap();
    let read = |object: &ReportObject| {
        let path = folder.path().join(&object.file_name);
        fs::write(&path, &object.bytes).unwrap();
        without_errors(&path);
        if let Some(compressed) = &object.compressed {
            let path = compressed_file(&folder, object.sop_instance_uid.as_str());
            fs::write(&path, compressed).unwrap();
            without_errors(&path);
        }
        if object.kind == ObjectKind::StructuredReport {
            let (well, said) = tool("dsrdump", &[&path]);
            assert!(well, "dsrdump: {said}");
        }
        open_file(&path).unwrap()
    };
    let read = write(request).unwrap().iter().map(read).collect();
    (folder, read)
}

/// Where [`judged`] leaves the compressed form of an object.
pub fn compressed_file(folder: &TempDir, sop_instance_uid: &str) -> PathBuf {
    folder.path().join(format!("compressed-{sop_instance_uid}.dcm"))
}

fn without_errors(path: &Path) {
    let (_, said) = tool("dciodvfy", &[path]);
    let errors: Vec<_> = said.lines().filter(|l| l.starts_with("Error")).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
}

/// Runs a program on files: whether it went well, and what it said.
pub fn tool(program: &str, files: &[&Path]) -> (bool, String) {
    let output = Command::new(program).args(files).output();
    let output = output.unwrap_or_else(|e| panic!("{program} cannot be run ({e}): scripts/test installs it"));
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

pub fn text(item: &InMemDicomObject, tag: Tag) -> String {
    item.get(tag).map(|e| e.to_str().unwrap().trim_end_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

pub fn items(item: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    item.get(tag).and_then(|e| e.items()).unwrap_or_default()
}

/// Every content item below this one.
pub fn walk(item: &InMemDicomObject) -> Vec<&InMemDicomObject> {
    let children = items(item, tags::CONTENT_SEQUENCE);
    children.iter().flat_map(|child| std::iter::once(child).chain(walk(child))).collect()
}

pub fn named<'a>(item: &'a InMemDicomObject, code: &str) -> Vec<&'a InMemDicomObject> {
    let has_name = |i: &&InMemDicomObject| {
        items(i, tags::CONCEPT_NAME_CODE_SEQUENCE).first().is_some_and(|c| text(c, tags::CODE_VALUE) == code)
    };
    walk(item).into_iter().filter(has_name).collect()
}
