//! Requests to write, and ways to look into what was written, and to change it.

use std::fs;
use std::path::{Path, PathBuf};

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject, open_file};
use spinetriage::RESEARCH_USE_ONLY;
use spinetriage::findings::{
    BoundingBox, BundleIdentity, Call, ClassName, Companions, Findings, Language, LevelSource, OperatingPoint, Rate,
    ReportImage, ReportRequest, SixPoints, SopClass, Triage, Vertebra, View,
};
use spinetriage::identifiers::Uid;
use spinetriage::imaging::decode;
use spinetriage::model::morphometry;
use spinetriage::report::{ReportObject, write};
use tempfile::TempDir;

use crate::report::judges::programs::dciodvfy;
use crate::report::judges::{judge, judge_template};
use crate::support::programs;
pub use crate::support::samples::sample;

pub fn uid(n: u32) -> Uid {
    Uid::new(&format!("2.25.1000{n}")).unwrap()
}

/// A copy of a sample as another instance of its study, with a change.
pub fn varied(folder: &Path, name: &str, of: &str, change: impl FnOnce(&mut InMemDicomObject)) -> PathBuf {
    let mut object = open_file(sample(of)).unwrap();
    let instance = Uid::derived(&[of, name]);
    object.put(DataElement::new(tags::SOP_INSTANCE_UID, VR::UI, instance.as_str()));
    object.put(DataElement::new(tags::SERIES_INSTANCE_UID, VR::UI, Uid::derived(&["series", of, name]).as_str()));
    object.meta_mut().media_storage_sop_instance_uid = instance.to_string();
    object.meta_mut().update_information_group_length();
    change(&mut object);
    let file = folder.join(name);
    object.write_to_file(&file).unwrap();
    file
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
        not_assessed: None,
        called: (class > 0).then_some(Call::Specific),
        points_spread: None,
    }
}

pub fn findings(file: &Path, vertebrae: Vec<Vertebra>) -> Findings {
    let (_, image) = decode::read(file).unwrap();
    Findings {
        notice: RESEARCH_USE_ONLY.into(),
        image,
        bundle: bundle(),
        view: Some(View::Lateral),
        not_assessed: None,
        missed: 0,
        vertebrae,
    }
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
        triage: Some(triage()),
    }
}

/// A study is as its most suspicious body, from 0.3 and 0.6 on.
pub fn triage() -> Triage {
    let rate = Rate { value: 0.9, interval: [0.8, 0.95], of: 50 };
    let point = |at: f64| OperatingPoint {
        study: at,
        body: at,
        sensitivity: rate,
        specificity: rate,
        measured_on: "invented studies".into(),
    };
    let (sensitive, specific) = (point(0.3), point(0.6));
    Triage { intercept: 0.0, highest: 1.0, second: 0.0, bodies: 0.0, at_least: 1, sensitive, specific }
}

/// A film that no report told of, and what was found on it.
pub fn image(file: impl Into<PathBuf>, findings: Findings) -> ReportImage {
    ReportImage { file: Some(file.into()), findings, told: false }
}

/// The films of a request that are there.
pub fn files(request: &ReportRequest) -> Vec<&Path> {
    let analysed = request.images.iter().map(|image| &image.file);
    analysed.chain(request.failed.iter().map(|image| &image.file)).flatten().map(PathBuf::as_path).collect()
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
        patient_number: 1,
        images,
        failed: vec![],
    }
}

/// All that can be written beside a report.
pub const EVERYTHING: Companions = Companions { pictures: true, presentation_states: true, key_object: true };

pub fn one_image() -> ReportRequest {
    let file = sample("compression");
    let vertebrae = vec![vertebra(1, Some("T12"), 0), vertebra(2, Some("L1"), 1), vertebra(3, None, 2)];
    request(vec![image(&file, findings(&file, vertebrae))])
}

/// Three bodies with points: intact, wedged, and one whose points are no body; levels counted.
pub fn with_points() -> ReportRequest {
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
    request(vec![image(file, findings)])
}

/// Writes the objects and holds each to the judges that are quick.
pub fn judged(request: &ReportRequest) -> (TempDir, Vec<DefaultDicomObject>) {
    let folder = tempfile::tempdir().unwrap();
    let sources = files(request);
    let read = |object: &ReportObject| {
        if let Some(compressed) = &object.compressed {
            let path = compressed_file(&folder, object.sop_instance_uid.as_str());
            fs::write(&path, compressed).unwrap();
            assert_eq!(dciodvfy(&path), Vec::<String>::new(), "{}", path.display());
        }
        judge(object, &saved(folder.path(), object), &sources)
    };
    let read = write(request).unwrap().iter().map(read).collect();
    (folder, read)
}

/// Holds everything to every judge, also those that take seconds; `received` are the films as they came, also those
/// that are gone.
pub fn judged_all(asked: &ReportRequest, received: &[PathBuf]) -> (TempDir, Vec<InMemDicomObject>) {
    let folder = tempfile::tempdir().unwrap();
    let received: Vec<&Path> = received.iter().map(PathBuf::as_path).collect();
    let read = |object: &ReportObject| {
        let path = saved(folder.path(), object);
        judge_template(object, &path);
        InMemDicomObject::clone(&judge(object, &path, &received))
    };
    let read = write(asked).unwrap().iter().map(read).collect();
    (folder, read)
}

/// The films that are there, to keep them in mind before they go.
pub fn all_files(asked: &ReportRequest) -> Vec<PathBuf> {
    files(asked).into_iter().map(Path::to_owned).collect()
}

/// Where [`judged`] leaves the compressed form of an object.
pub fn compressed_file(folder: &TempDir, sop_instance_uid: &str) -> PathBuf {
    folder.path().join(format!("compressed-{sop_instance_uid}.dcm"))
}

/// Puts an object's bytes into a folder.
pub fn saved(folder: &Path, object: &ReportObject) -> PathBuf {
    let path = folder.join(&object.file_name);
    fs::write(&path, &object.bytes).unwrap();
    path
}

/// Runs a program on files: whether it went well, and what it said.
pub fn tool(program: &str, files: &[&Path]) -> (bool, String) {
    let output = programs::run(program, files);
    (output.status.success(), programs::text(&output))
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

/// The measurement groups of a report.
pub fn measurement_groups(report: &InMemDicomObject) -> Vec<&InMemDicomObject> {
    named(report, "125007")
}

pub fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

/// Changes the items of a sequence; those for which `change` says false are removed.
pub fn within(object: &mut InMemDicomObject, sequence: Tag, change: &mut dyn FnMut(&mut InMemDicomObject) -> bool) {
    let mut changed = items(object, sequence).to_vec();
    changed.retain_mut(|item| change(item));
    if object.get(sequence).is_some() {
        put_items(object, sequence, changed);
    }
}

/// Changes every content item below this one that has the concept; those for which `change` says
/// false are removed.
pub fn edit(object: &mut InMemDicomObject, concept: &str, change: &mut dyn FnMut(&mut InMemDicomObject) -> bool) {
    within(object, tags::CONTENT_SEQUENCE, &mut |item| {
        edit(item, concept, change);
        let name = items(item, tags::CONCEPT_NAME_CODE_SEQUENCE).first().map(|c| text(c, tags::CODE_VALUE));
        name.as_deref() != Some(concept) || change(item)
    });
}
