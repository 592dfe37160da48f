//! What no validator looks at: that a report describes these images, completely and traceably.
//!
//! dciodvfy, dsrdump, PixelMed and highdicom all accept a report without observer, procedure, image
//! library or tracking identifiers, and one whose region is an open line or beyond its film.

use std::collections::BTreeSet;

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use spinetriage::identifiers::Uid;

use crate::report::requests::{items, measurement_groups, named, text, walk};

/// Coding schemes of PS3.16 section 8 that reports of ours use; any other must be declared.
const STANDARD_SCHEMES: [&str; 4] = ["DCM", "SCT", "UCUM", "RFC5646"];

/// Checks by the name that their complaints begin with.
const CHECKS: [(&str, Check); 15] = [
    ("file", file),
    ("flags", flags),
    ("title", title),
    ("language", language),
    ("observer", observer),
    ("procedure", procedure),
    ("library", library),
    ("tracking", tracking),
    ("regions", regions),
    ("references", references),
    ("identity", identity),
    ("algorithm", algorithm),
    ("equipment", equipment),
    ("uids and numbers", values),
    ("schemes", schemes),
];

type Check = fn(&Subject) -> Vec<String>;

/// A report and the images it was made from, as received.
struct Subject<'a> {
    report: &'a DefaultDicomObject,
    sources: &'a [DefaultDicomObject],
}

/// Everything that is wrong with a report, each with the check that found it.
pub fn complaints(report: &DefaultDicomObject, sources: &[DefaultDicomObject]) -> Vec<String> {
    let subject = Subject { report, sources };
    CHECKS
        .iter()
        .flat_map(|(name, check)| check(&subject).into_iter().map(move |what| format!("{name}: {what}")))
        .collect()
}

/// What is wrong with a report or an object beside it: identity, and values.
pub fn complaints_of_any(object: &DefaultDicomObject, sources: &[DefaultDicomObject]) -> Vec<String> {
    let subject = Subject { report: object, sources };
    [identity(&subject), values(&subject), if evidence(object).is_empty() { vec![] } else { references(&subject) }]
        .concat()
}

/// A complaint unless it is so.
fn unless(so: bool, complaint: impl Into<String>) -> Option<String> {
    (!so).then(|| complaint.into())
}

/// The first code of a sequence as "value, scheme"; empty without one.
fn code(item: &InMemDicomObject, sequence: Tag) -> String {
    let code = items(item, sequence).first();
    code.map(|c| format!("{}, {}", text(c, tags::CODE_VALUE), text(c, tags::CODING_SCHEME_DESIGNATOR)))
        .unwrap_or_default()
}

/// Children with a concept of DCM.
fn children<'a>(item: &'a InMemDicomObject, concept: &str) -> Vec<&'a InMemDicomObject> {
    let wanted = format!("{concept}, DCM");
    items(item, tags::CONTENT_SEQUENCE).iter().filter(|i| code(i, tags::CONCEPT_NAME_CODE_SEQUENCE) == wanted).collect()
}

/// The text or UID of the one child with this concept; empty when there are none or more.
fn said(item: &InMemDicomObject, concept: &str) -> String {
    match children(item, concept)[..] {
        [child] => [tags::TEXT_VALUE, tags::UID].map(|tag| text(child, tag)).concat(),
        _ => String::new(),
    }
}

fn referenced(image: &InMemDicomObject) -> (String, String) {
    let reference = items(image, tags::REFERENCED_SOP_SEQUENCE).first();
    let part = |tag| reference.map(|r| text(r, tag)).unwrap_or_default();
    (part(tags::REFERENCED_SOP_INSTANCE_UID), part(tags::REFERENCED_SOP_CLASS_UID))
}

fn images_below(item: &InMemDicomObject) -> Vec<&InMemDicomObject> {
    walk(item).into_iter().filter(|i| text(i, tags::VALUE_TYPE) == "IMAGE").collect()
}

fn file(of: &Subject) -> Vec<String> {
    let meta = of.report.meta();
    let same = |meta: &str, tag: Tag| meta.trim_end_matches('\0') == text(of.report, tag);
    let version = meta.implementation_version_name.clone().unwrap_or_default();
    [
        unless(text(of.report, tags::MODALITY) == "SR", "Modality is not SR"),
        unless(
            same(&meta.media_storage_sop_instance_uid, tags::SOP_INSTANCE_UID),
            "another SOP Instance UID in the file meta",
        ),
        unless(same(&meta.media_storage_sop_class_uid, tags::SOP_CLASS_UID), "another SOP Class UID in the file meta"),
        unless(meta.transfer_syntax() == "1.2.840.10008.1.2.1", "not Explicit VR Little Endian"),
        unless(Uid::new(&meta.implementation_class_uid).is_ok(), "no Implementation Class UID"),
        unless((1..=16).contains(&version.trim_end().len()), "Implementation Version Name has not 1 to 16 characters"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn flags(of: &Subject) -> Vec<String> {
    let wanted = [
        (tags::COMPLETION_FLAG, "COMPLETE"),
        (tags::VERIFICATION_FLAG, "UNVERIFIED"),
        (tags::PRELIMINARY_FLAG, "PRELIMINARY"),
    ];
    wanted
        .iter()
        .filter_map(|(tag, value)| unless(text(of.report, *tag) == *value, format!("{tag} is not {value}")))
        .collect()
}

fn title(of: &Subject) -> Vec<String> {
    let template =
        items(of.report, tags::CONTENT_TEMPLATE_SEQUENCE).first().map(|t| text(t, tags::TEMPLATE_IDENTIFIER));
    [
        unless(
            code(of.report, tags::CONCEPT_NAME_CODE_SEQUENCE) == "126000, DCM",
            "not \"Imaging Measurement Report\"",
        ),
        unless(text(of.report, tags::VALUE_TYPE) == "CONTAINER", "the root is no CONTAINER"),
        unless(template.as_deref() == Some("1500"), "the root does not name template 1500"),
        unless(children(of.report, "126010").len() == 1, "not one container of imaging measurements"),
        unless(!measurement_groups(of.report).is_empty(), "no measurement group"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn language(of: &Subject) -> Vec<String> {
    let said = children(of.report, "121049");
    let scheme = said.first().map(|l| code(l, tags::CONCEPT_CODE_SEQUENCE)).unwrap_or_default();
    let well = said.len() == 1 && scheme.ends_with(", RFC5646") && !scheme.starts_with(',');
    unless(well, format!("{} languages, the first is ({scheme})", said.len())).into_iter().collect()
}

fn observer(of: &Subject) -> Vec<String> {
    let kinds = children(of.report, "121005");
    let device = kinds.iter().any(|kind| code(kind, tags::CONCEPT_CODE_SEQUENCE) == "121007, DCM");
    let about = ["121012", "121013", "121014", "121015", "121016"];
    let silent =
        about.iter().filter_map(|concept| unless(!said(of.report, concept).is_empty(), format!("no {concept}")));
    let all = about.iter().chain(&["121005"]).flat_map(|concept| children(of.report, concept));
    let context = all.filter_map(|item| {
        unless(text(item, tags::RELATIONSHIP_TYPE) == "HAS OBS CONTEXT", "is no observation context")
    });
    unless(device, "no observer is a device").into_iter().chain(silent).chain(context).collect()
}

fn procedure(of: &Subject) -> Vec<String> {
    let reported = children(of.report, "121058");
    let coded = reported.iter().all(|p| code(p, tags::CONCEPT_CODE_SEQUENCE).len() > 2);
    unless(!reported.is_empty() && coded, "no procedure with a code").into_iter().collect()
}

fn library(of: &Subject) -> Vec<String> {
    let uids = |images: Vec<&InMemDicomObject>| images.into_iter().map(|i| referenced(i).0).collect::<BTreeSet<_>>();
    let listed = uids(children(of.report, "111028").into_iter().flat_map(images_below).collect());
    let measured = uids(children(of.report, "126010").into_iter().flat_map(images_below).collect());
    let received: BTreeSet<String> = of.sources.iter().map(|source| text(source, tags::SOP_INSTANCE_UID)).collect();
    let missing =
        measured.union(&received).filter(|uid| !listed.contains(*uid)).map(|uid| format!("{uid} is not listed"));
    missing.chain(unless(!listed.is_empty(), "no image")).collect()
}

fn tracking(of: &Subject) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for group in measurement_groups(of.report) {
        let (label, uid) = (said(group, "112039"), said(group, "112040"));
        wrong.extend(unless(!label.is_empty(), "a group without a tracking identifier"));
        wrong.extend(unless(Uid::new(&uid).is_ok(), format!("\"{label}\" has no tracking UID")));
        wrong.extend(unless(seen.insert(uid), format!("\"{label}\" shares its tracking UID")));
    }
    wrong
}

fn regions(of: &Subject) -> Vec<String> {
    let mut wrong = Vec::new();
    for group in measurement_groups(of.report) {
        for item in items(group, tags::CONTENT_SEQUENCE).iter().filter(|i| text(i, tags::VALUE_TYPE) == "SCOORD") {
            let name = format!("{} of {}", code(item, tags::CONCEPT_NAME_CODE_SEQUENCE), said(group, "112039"));
            wrong.extend(region(of, item).map(|what| format!("{name}: {what}")));
        }
    }
    wrong
}

/// What is wrong with coordinates on an image (PS3.3 C.18.6).
fn region(of: &Subject, item: &InMemDicomObject) -> Option<String> {
    let data = item.get(tags::GRAPHIC_DATA).and_then(|e| e.to_multi_float32().ok()).unwrap_or_default();
    let points: Vec<[f32; 2]> = data.chunks_exact(2).map(|p| [p[0], p[1]]).collect();
    if points.is_empty() || data.len() % 2 == 1 || data.iter().any(|v| !v.is_finite()) {
        return Some("no pairs of numbers".into());
    }
    if text(item, tags::GRAPHIC_TYPE) == "POLYLINE" && (points.len() < 4 || points.first() != points.last()) {
        return Some("an open line".into());
    }
    let [on] = images_below(item)[..] else { return Some("not selected from one image".into()) };
    // A reference in the content does not say of which series: two films may have the UID.
    let instance = referenced(on).0;
    let films = of.sources.iter().filter(|film| text(film, tags::SOP_INSTANCE_UID) == instance);
    let outside: Vec<_> = films.map(|film| point_outside(film, &points)).collect();
    outside.iter().all(Option::is_some).then(|| outside.into_iter().next().flatten()).flatten()
}

/// A point that is not on the film.
fn point_outside(film: &InMemDicomObject, points: &[[f32; 2]]) -> Option<String> {
    let size = [tags::COLUMNS, tags::ROWS].map(|tag| film.element(tag).unwrap().to_int::<u32>().unwrap() as f32);
    let outside = points.iter().find(|p| !(0.0..=size[0]).contains(&p[0]) || !(0.0..=size[1]).contains(&p[1]));
    outside.map(|point| format!("{point:?} is not on the film of {size:?}"))
}

/// Study, series, class and SOP Instance UID of each image of the evidence.
fn evidence(report: &InMemDicomObject) -> Vec<[String; 4]> {
    let mut found = Vec::new();
    for study in items(report, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE) {
        for series in items(study, tags::REFERENCED_SERIES_SEQUENCE) {
            for image in items(series, tags::REFERENCED_SOP_SEQUENCE) {
                found.push([
                    text(study, tags::STUDY_INSTANCE_UID),
                    text(series, tags::SERIES_INSTANCE_UID),
                    text(image, tags::REFERENCED_SOP_CLASS_UID),
                    text(image, tags::REFERENCED_SOP_INSTANCE_UID),
                ]);
            }
        }
    }
    found
}

fn references(of: &Subject) -> Vec<String> {
    const IDENTIFIES: [Tag; 4] =
        [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_CLASS_UID, tags::SOP_INSTANCE_UID];
    let evidence = evidence(of.report);
    let mut wrong: Vec<String> = unless(!evidence.is_empty(), "no evidence").into_iter().collect();
    let received: Vec<_> = of.sources.iter().map(|source| IDENTIFIES.map(|tag| text(source, tag))).collect();
    for (number, image) in evidence.iter().enumerate() {
        wrong.extend(unless(received.contains(image), format!("evidence {image:?} is none of {received:?}")));
        wrong.extend(unless(!evidence[..number].contains(image), format!("evidence {image:?} stands twice")));
    }
    for image in images_below(of.report) {
        let (uid, class) = referenced(image);
        let known = evidence.iter().any(|image| image[2] == class && image[3] == uid);
        wrong.extend(unless(known, format!("the content refers to {uid} of {class}, the evidence does not")));
    }
    wrong
}

fn identity(of: &Subject) -> Vec<String> {
    const TAKEN_OVER: [Tag; 10] = [
        tags::STUDY_INSTANCE_UID,
        tags::PATIENT_ID,
        tags::ISSUER_OF_PATIENT_ID,
        tags::PATIENT_NAME,
        tags::PATIENT_BIRTH_DATE,
        tags::PATIENT_SEX,
        tags::ACCESSION_NUMBER,
        tags::STUDY_ID,
        tags::STUDY_DATE,
        tags::STUDY_TIME,
    ];
    let mut wrong = Vec::new();
    for source in of.sources {
        let uid = text(source, tags::SOP_INSTANCE_UID);
        for tag in TAKEN_OVER {
            let (ours, theirs) = (text(of.report, tag), text(source, tag));
            wrong.extend(unless(ours == theirs, format!("{tag} is {ours:?}, the image has {theirs:?}")));
        }
        let own = |tag| text(of.report, tag) != text(source, tag);
        wrong.extend(unless(own(tags::SERIES_INSTANCE_UID), format!("in the series of {uid}")));
        wrong.extend(unless(own(tags::SOP_INSTANCE_UID), format!("it has the UID of {uid}")));
    }
    wrong
}

/// Name and version of every algorithm in the content.
fn algorithms(report: &InMemDicomObject) -> BTreeSet<[String; 2]> {
    let all = walk(report).into_iter().map(|item| ["111001", "111003"].map(|concept| said(item, concept)));
    all.filter(|pair| pair.iter().any(|part| !part.is_empty())).collect()
}

fn algorithm(of: &Subject) -> Vec<String> {
    let half = algorithms(of.report).into_iter().filter(|pair| pair.iter().any(String::is_empty));
    let half = half.map(|pair| format!("{pair:?} lacks name or version"));
    let by_nobody = measurement_groups(of.report).into_iter().filter(|group| named(group, "111001").is_empty());
    half.chain(by_nobody.map(|group| format!("\"{}\" names no algorithm", said(group, "112039")))).collect()
}

/// IHE AI Results 6.5.3.1: the algorithm and the observer are a piece of processing equipment.
fn equipment(of: &Subject) -> Vec<String> {
    let all = items(of.report, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE).iter();
    let processing: Vec<_> =
        all.filter(|e| code(e, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE) == "109102, DCM").collect();
    let mut wrong: Vec<String> = unless(!processing.is_empty(), "no processing equipment").into_iter().collect();
    for pair in algorithms(of.report) {
        let is_it = |e: &&InMemDicomObject| {
            [tags::MANUFACTURER_MODEL_NAME, tags::SOFTWARE_VERSIONS].map(|tag| text(e, tag)) == pair
        };
        wrong.extend(unless(processing.iter().copied().any(|e| is_it(&e)), format!("{pair:?} is no equipment")));
    }
    for equipment in &processing {
        for (tag, concept) in [(tags::MANUFACTURER, "121014"), (tags::DEVICE_UID, "121012")] {
            let (ours, observer) = (text(equipment, tag), said(of.report, concept));
            wrong.extend(unless(
                !ours.is_empty() && ours == observer,
                format!("{tag} {ours:?} is not the observer's {observer:?}"),
            ));
        }
    }
    let model = said(of.report, "121015");
    let observed = processing.iter().any(|e| text(e, tags::MANUFACTURER_MODEL_NAME) == model);
    wrong.extend(unless(observed, format!("the observer {model:?} is none of them")));
    wrong
}

/// Every data set of the report, nested ones included.
fn data_sets(object: &InMemDicomObject) -> Vec<&InMemDicomObject> {
    let nested = object.iter().filter_map(|element| element.items()).flatten();
    std::iter::once(object).chain(nested.flat_map(data_sets)).collect()
}

/// UIDs (PS3.5 9.1) and decimal strings (PS3.5 6.2) everywhere.
fn values(of: &Subject) -> Vec<String> {
    let mut wrong = Vec::new();
    for element in data_sets(of.report).into_iter().flat_map(|object| object.iter()) {
        let Some(value) = element.value().primitive().filter(|value| !matches!(value, PrimitiveValue::Empty)) else {
            continue;
        };
        let all = value.to_multi_str();
        let well: fn(&str) -> bool = match element.header().vr {
            VR::UI => |uid| Uid::new(uid).is_ok(),
            VR::DS => |number| number.len() <= 16 && number.trim().parse::<f64>().is_ok_and(f64::is_finite),
            _ => continue,
        };
        wrong.extend(all.iter().filter(|v| !well(v)).map(|v| format!("{} {v:?}", element.header().tag)));
    }
    wrong
}

fn schemes(of: &Subject) -> Vec<String> {
    let declarations = items(of.report, tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE).iter();
    let declared: BTreeSet<String> = declarations.map(|d| text(d, tags::CODING_SCHEME_DESIGNATOR)).collect();
    let codes = data_sets(of.report).into_iter().filter(|d| d.get(tags::CODE_MEANING).is_some());
    let used: BTreeSet<String> = codes.map(|code| text(code, tags::CODING_SCHEME_DESIGNATOR)).collect();
    // What a film uses without declaring it comes along with what is copied of it.
    let of_film = |scheme: &str| of.sources.iter().any(|film| uses_undeclared(film, scheme));
    let known = |scheme: &&String| {
        let private = scheme.starts_with("99") && (declared.contains(*scheme) || of_film(scheme));
        STANDARD_SCHEMES.contains(&scheme.as_str()) || private
    };
    used.iter().filter(|scheme| !known(scheme)).map(|scheme| format!("{scheme:?} is not declared")).collect()
}

/// Whether a film has codes of a scheme that it does not declare.
fn uses_undeclared(film: &InMemDicomObject, scheme: &str) -> bool {
    let is_it = |item: &&InMemDicomObject| text(item, tags::CODING_SCHEME_DESIGNATOR) == scheme;
    let declared = items(film, tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE).iter().any(|item| is_it(&item));
    !declared && data_sets(film).iter().any(is_it)
}

mod proofs;
