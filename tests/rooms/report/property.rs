//! Whatever was found, in whatever valid study: everything that is written is valid.
//!
//! The films are small, so that their pictures are drawn quickly. dciodvfy takes one file at a time:
//! all files of a case are judged at once.

use std::path::{Path, PathBuf};

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, open_file};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use spinetriage::findings::{
    BoundingBox, BundleIdentity, Call, ClassName, Deformity, EndplateWidths, GenantGrade, Heights, LevelSource,
    Morphometry, NotAssessed, ObjectKind, Predecessor, ReportRequest, SixPoints, SopClass, Vertebra,
};
use spinetriage::identifiers::Uid;
use spinetriage::model::morphometry;
use spinetriage::report::write;

use crate::report::judges::{complete, programs};
use crate::report::requests::*;

const CASES: u32 = 200;

/// A textual attribute; `None`: absent. Empty is a value of its own.
type Attribute = (Tag, VR, Option<String>);

/// What the images of a study share.
#[derive(Debug, Clone)]
struct Study {
    character_set: Option<&'static str>,
    attributes: Vec<Attribute>,
    /// Code of the procedure, identifier of another registry, identifier of the request.
    sequences: [bool; 3],
}

/// A film of its own.
#[derive(Debug, Clone)]
struct Film {
    size: [u16; 2],
    white_is_low: bool,
    computed: bool,
    attributes: Vec<Attribute>,
    bodies: Vec<Body>,
}

/// A vertebra, with corners and points in parts of the film's size.
#[derive(Debug, Clone)]
struct Body {
    level: Option<(&'static str, LevelSource)>,
    corners: [f64; 4],
    probabilities: Vec<f64>,
    points: Option<[[f64; 2]; 6]>,
    measured: Option<Morphometry>,
    imputed: Vec<String>,
    not_assessed: Option<NotAssessed>,
    called: Option<Call>,
}

/// Letters of a character set, without those that mean something in a name or a list.
fn letters(character_set: Option<&str>) -> Vec<char> {
    let ascii = ('!'..='~').filter(|c| !"\\^=".contains(*c));
    let more = match character_set {
        None => "",
        Some("ISO_IR 100") => "\u{e4}\u{f6}\u{fc}\u{df}\u{c9}\u{f1}\u{ff}",
        Some(_) => "\u{e4}\u{1f600}\u{738b}\u{5c0f}\u{4e1c}\u{5c71}\u{7530}\u{0416}\u{05d0}",
    };
    // As often as all of ASCII: a name in another script is not one odd letter.
    ascii.chain(more.chars().cycle().take(more.chars().count() * 12)).collect()
}

/// A text of at most so many bytes, words with single spaces between them: dciodvfy counts bytes.
fn phrase(letters: &[char], longest: usize) -> impl Strategy<Value = String> + use<> {
    let word = vec(select(letters.to_vec()), 1..12).prop_map(String::from_iter);
    vec(word, 1..longest.max(2)).prop_map(move |words| {
        let text = words.join(" ");
        text[..text.floor_char_boundary(longest)].trim().to_owned()
    })
}

/// A person's name of one to five components.
fn person(letters: &[char]) -> impl Strategy<Value = String> + use<> {
    vec(phrase(letters, 12), 1..=5).prop_map(|components| components.join("^"))
}

/// Absent, or empty, or a value.
fn type_2(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    prop_oneof![Just(None), Just(Some(String::new())), value.prop_map(Some)].boxed()
}

/// Absent or a value.
fn type_3(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    option::of(value).boxed()
}

fn words(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(choices).prop_map(str::to_owned)
}

fn study_of(character_set: Option<&'static str>) -> impl Strategy<Value = Study> {
    let letters = letters(character_set);
    let text = |longest| phrase(&letters, longest);
    let plain = |longest| phrase(&self::letters(None), longest);
    let attributes = vec![
        (tags::PATIENT_NAME, VR::PN, type_2(person(&letters))),
        (tags::PATIENT_ID, VR::LO, type_2(text(64))),
        (tags::PATIENT_BIRTH_DATE, VR::DA, type_2(words(&["19500101", "20260105"]))),
        (tags::PATIENT_SEX, VR::CS, type_2(words(&["F", "M", "O"]))),
        (tags::STUDY_DATE, VR::DA, type_2(words(&["20260105"]))),
        (tags::STUDY_TIME, VR::TM, type_2(words(&["08", "0802", "080200.123456"]))),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN, type_2(person(&letters))),
        (tags::STUDY_ID, VR::SH, type_2(text(16))),
        (tags::ACCESSION_NUMBER, VR::SH, type_2(plain(16))),
        (tags::ISSUER_OF_PATIENT_ID, VR::LO, type_3(text(64))),
        (tags::PATIENT_BIRTH_TIME, VR::TM, type_3(words(&["0102"]))),
        (tags::PATIENT_COMMENTS, VR::LT, type_3(text(400))),
        (tags::STUDY_DESCRIPTION, VR::LO, type_3(text(64))),
        (tags::PHYSICIANS_OF_RECORD, VR::PN, type_3(vec(person(&letters), 1..4).prop_map(|all| all.join("\\")))),
        (tags::PATIENT_AGE, VR::AS, type_3(words(&["045Y", "003M"]))),
        (tags::PATIENT_SIZE, VR::DS, type_3(words(&["1.7", "1.23456789012345"]))),
        (tags::PATIENT_WEIGHT, VR::DS, type_3(words(&["70", "7.0e1"]))),
        (tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH, type_3(words(&["+0800", "-0330", "+0000"]))),
        (tags::INSTITUTION_NAME, VR::LO, type_3(text(64))),
    ];
    let (kinds, values): (Vec<_>, Vec<_>) = attributes.into_iter().map(|(tag, vr, value)| ((tag, vr), value)).unzip();
    (values, any::<[bool; 3]>()).prop_map(move |(values, sequences)| {
        let attributes = kinds.iter().zip(values).map(|((tag, vr), value)| (*tag, *vr, value)).collect();
        Study { character_set, attributes, sequences }
    })
}

fn film(classes: usize) -> impl Strategy<Value = Film> {
    let spacing = || type_3(words(&["0.143\\0.143", "0.1\\0.2", "1e-07\\1e-07", "12345.678901234\\3"]));
    let attributes = vec![
        (tags::PIXEL_SPACING, VR::DS, spacing()),
        (tags::IMAGER_PIXEL_SPACING, VR::DS, spacing()),
        (tags::PIXEL_ASPECT_RATIO, VR::IS, type_3(words(&["4\\3", "1\\1"]))),
        (tags::BODY_PART_EXAMINED, VR::CS, type_2(words(&["LSPINE", "TSPINE", "TLSPINE", "SPINE"]))),
        (tags::VIEW_POSITION, VR::CS, type_2(words(&["AP", "LL"]))),
        (tags::PATIENT_ORIENTATION, VR::CS, type_2(words(&["L\\F", "A\\F", "PR\\FL"]))),
        (tags::PIXEL_SPACING_CALIBRATION_TYPE, VR::CS, type_3(words(&["GEOMETRY"]))),
    ];
    // dciodvfy takes a width below 1 for 0 whatever the function.
    let looks = prop_oneof![
        Just(vec![]),
        Just(vec![(tags::WINDOW_CENTER, "128\\99"), (tags::WINDOW_WIDTH, "256\\10")]),
        Just(vec![
            (tags::WINDOW_CENTER, "-1.234567e+0001"),
            (tags::WINDOW_WIDTH, "1.5"),
            (tags::VOILUT_FUNCTION, "SIGMOID")
        ]),
        Just(vec![(tags::WINDOW_CENTER, "100"), (tags::WINDOW_WIDTH, "0.5")]),
    ];
    let rescale = prop_oneof![
        Just(vec![]),
        Just(vec![(tags::RESCALE_SLOPE, "0.5")]),
        Just(vec![
            (tags::RESCALE_SLOPE, "1.0000000000001"),
            (tags::RESCALE_INTERCEPT, "-1024"),
            (tags::RESCALE_TYPE, "HU")
        ]),
    ];
    let (kinds, values): (Vec<_>, Vec<_>) = attributes.into_iter().map(|(tag, vr, value)| ((tag, vr), value)).unzip();
    ([4u16..40, 4u16..40], any::<[bool; 2]>(), values, looks, rescale, vec(body(classes), 0..=20)).prop_map(
        move |(size, [white_is_low, computed], values, looks, rescale, bodies)| {
            let mut attributes: Vec<_> =
                kinds.iter().zip(values).map(|((tag, vr), value)| (*tag, *vr, value)).collect();
            for (tag, value) in looks.into_iter().chain(rescale) {
                let vr = match tag {
                    tags::VOILUT_FUNCTION => VR::CS,
                    tags::RESCALE_TYPE => VR::LO,
                    _ => VR::DS,
                };
                attributes.push((tag, vr, Some(value.to_owned())));
            }
            Film { size, white_is_low, computed, attributes, bodies }
        },
    )
}

/// Any number but infinities and what is none.
fn extreme() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        -1e3..1e3f64,
        Just(f64::MIN_POSITIVE),
        Just(1e300),
        Just(-1e300),
        Just(123_456_789.123_456_79)
    ]
}

fn measured() -> impl Strategy<Value = Morphometry> {
    let grades = vec![GenantGrade::Normal, GenantGrade::Mild, GenantGrade::Moderate, GenantGrade::Severe];
    let shapes = vec![Deformity::Wedge, Deformity::Biconcave, Deformity::Crush];
    let numbers = vec(extreme(), 8);
    (numbers, any::<[bool; 2]>(), select(grades), option::of(select(shapes))).prop_map(
        |(n, has, genant_grade, deformity)| Morphometry {
            heights_mm: has[0].then(|| Heights { anterior: n[0], middle: n[1], posterior: n[2] }),
            endplate_widths_mm: None::<EndplateWidths>,
            wedge_ratio: n[3],
            biconcave_ratio: n[4],
            wedge_score: None,
            biconcave_score: None,
            crush_ratio: has[1].then_some(n[5]),
            endplate_ratio: n[6],
            height_to_width_ratio: n[6],
            height_loss_percent: n[7],
            genant_grade,
            deformity,
        },
    )
}

fn body(classes: usize) -> impl Strategy<Value = Body> {
    let level = select(vec!["T1", "T12", "L5", "L6", "S1", ""]);
    let source = select(vec![LevelSource::Detector, LevelSource::CountedFromSacrum]);
    let edge = || prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0f64];
    let point = [-0.2..1.2f64, -0.2..1.2f64];
    let points: [_; 6] = std::array::from_fn(|_| point.clone());
    (
        option::of((level, source)),
        [edge(), edge(), edge(), edge()],
        vec(prop_oneof![Just(0.0), Just(1e-300), 0.0..1.0f64], classes),
        option::of(points),
        option::of(measured()),
        vec(phrase(&letters(None), 60), 0..3),
        (
            option::weighted(0.3, select(NotAssessed::ALL.to_vec())),
            option::of(select(vec![Call::Sensitive, Call::Specific])),
        ),
    )
        .prop_map(|(level, corners, probabilities, points, measured, imputed, (not_assessed, called))| Body {
            not_assessed,
            called,
            level,
            corners,
            probabilities,
            points,
            measured,
            imputed,
        })
}

/// ASTLOF's classes, or two to five of another system with names of any length.
fn classes() -> impl Strategy<Value = Vec<ClassName>> {
    let named = |name: String, code: String| ClassName { code, name };
    let other = (phrase(&letters(Some("ISO_IR 192")), 100), phrase(&letters(None), 40));
    let others = vec(other, 2..=5).prop_map(move |all| {
        // Codes differ, as a bundle's must.
        all.into_iter().enumerate().map(|(n, (name, code))| named(name, format!("{n}{code}"))).collect()
    });
    prop_oneof![Just(bundle().classes), others]
}

/// A study: its header, the bundle that analysed its films, the films.
fn any_study() -> impl Strategy<Value = (Study, BundleIdentity, Vec<Film>)> {
    let study = select(vec![None, Some("ISO_IR 100"), Some("ISO_IR 192")]).prop_flat_map(study_of);
    let names = (phrase(&letters(Some("ISO_IR 192")), 90), phrase(&letters(None), 70));
    let analysed = (classes(), names).prop_flat_map(|(classes, (name, version))| {
        let count = classes.len();
        let films = prop_oneof![3 => vec(film(count), 1..=1), 1 => vec(film(count), 2..=4)];
        let triage = option::weighted(0.8, Just(triage()));
        let bundle = triage.prop_map(move |triage| {
            let (name, version, classes) = (name.clone(), version.clone(), classes.clone());
            BundleIdentity { name, version, classes, triage, ..bundle() }
        });
        (bundle, films)
    });
    (study, analysed).prop_map(|(study, (bundle, films))| (study, bundle, films))
}

fn put(object: &mut InMemDicomObject, attributes: &[Attribute]) {
    for (tag, vr, value) in attributes {
        match value.as_deref() {
            None => {}
            Some("") => drop(object.put(DataElement::new(*tag, *vr, PrimitiveValue::Empty))),
            Some(value) => drop(object.put(DataElement::new(*tag, *vr, value))),
        }
    }
}

fn item(attributes: &[(Tag, VR, &str)]) -> DataSetSequence<InMemDicomObject> {
    let elements = attributes.iter().map(|(tag, vr, value)| DataElement::new(*tag, *vr, *value));
    DataSetSequence::from(vec![InMemDicomObject::from_element_iter(elements)])
}

/// Writes a film as a valid file of its study.
fn written(folder: &Path, number: usize, study: &Study, film: &Film) -> PathBuf {
    let class = if film.computed {
        uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE
    } else {
        uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION
    };
    let instance = Uid::derived(&["film", &number.to_string()]);
    let mut object = InMemDicomObject::new_empty();
    if let Some(character_set) = study.character_set {
        object.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, character_set));
    }
    for (tag, vr, value) in [
        (tags::SOP_CLASS_UID, VR::UI, class),
        (tags::SOP_INSTANCE_UID, VR::UI, instance.as_str()),
        (tags::STUDY_INSTANCE_UID, VR::UI, uid(50).as_str()),
        (tags::SERIES_INSTANCE_UID, VR::UI, uid(60 + number as u32 % 2).as_str()),
        (tags::MODALITY, VR::CS, if film.computed { "CR" } else { "DX" }),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, if film.white_is_low { "MONOCHROME1" } else { "MONOCHROME2" }),
    ] {
        object.put(DataElement::new(tag, vr, value));
    }
    put(&mut object, &study.attributes);
    put(&mut object, &film.attributes);
    let [code, other, request] = study.sequences;
    if code {
        let code = [
            (tags::CODE_VALUE, VR::SH, "LS2"),
            (tags::CODING_SCHEME_DESIGNATOR, VR::SH, "99LOCAL"),
            (tags::CODE_MEANING, VR::LO, "Spine"),
        ];
        object.put(DataElement::new(tags::PROCEDURE_CODE_SEQUENCE, VR::SQ, item(&code)));
    }
    if other {
        let other = [
            (tags::PATIENT_ID, VR::LO, "7"),
            (tags::ISSUER_OF_PATIENT_ID, VR::LO, "city"),
            (tags::TYPE_OF_PATIENT_ID, VR::CS, "TEXT"),
        ];
        object.put(DataElement::new(tags::OTHER_PATIENT_I_DS_SEQUENCE, VR::SQ, item(&other)));
    }
    if request {
        let request =
            [(tags::REQUESTED_PROCEDURE_ID, VR::SH, "RP1"), (tags::SCHEDULED_PROCEDURE_STEP_ID, VR::SH, "S1")];
        object.put(DataElement::new(tags::REQUEST_ATTRIBUTES_SEQUENCE, VR::SQ, item(&request)));
    }
    let [columns, rows] = film.size;
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let pixels: Vec<u16> = (0..columns * rows).map(|n| n % 4096).collect();
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(instance.as_str())
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let file = folder.join(format!("{number}.dcm"));
    object.with_meta(meta).unwrap().write_to_file(&file).unwrap();
    file
}

/// What was found, in pixels of the film; points that make a body measure what they do.
fn found(film: &Film) -> Vec<Vertebra> {
    let [columns, rows] = film.size.map(f64::from);
    let spread = |a: f64, b: f64, size: f64| {
        let (low, high) = (a.min(b), a.max(b));
        [low * size, high.max(low + 1e-3).min(1.0) * size]
    };
    let vertebra = |(ordinal, body): (u32, &Body)| {
        let ([x0, x1], [y0, y1]) =
            (spread(body.corners[0], body.corners[1], columns), spread(body.corners[2], body.corners[3], rows));
        let best = |best: usize, n: usize| if body.probabilities[n] > body.probabilities[best] { n } else { best };
        let points = body.points.map(|p| p.map(|[x, y]| [x * columns, y * rows]));
        let points = points.map(|[a, b, c, d, e, f]| SixPoints { upper: [a, b, c], lower: [d, e, f] });
        let measured = body.measured.or(points.and_then(|points| morphometry::measure(&[Some(points)], None)[0]));
        Vertebra {
            ordinal,
            level: body.level.map(|(level, _)| level.to_owned()).filter(|level| !level.is_empty()),
            level_source: body.level.map(|(_, source)| source),
            bounding_box: BoundingBox { x0, y0, x1, y1 },
            detection_score: 0.5,
            class: (0..body.probabilities.len()).fold(0, best),
            probabilities: body.probabilities.clone(),
            points,
            morphometry: measured,
            imputed: body.imputed.clone(),
            contributions: vec![],
            not_assessed: body.not_assessed,
            called: body.called,
            points_spread: None,
        }
    };
    (1..).zip(&film.bodies).map(vertebra).collect()
}

/// A request for all there is.
fn request_for(folder: &Path, study: &Study, bundle: &BundleIdentity, films: &[Film]) -> ReportRequest {
    let image = |(number, film): (usize, &Film)| {
        let file = written(folder, number, study, film);
        let mut findings = findings(&file, found(film));
        findings.bundle = bundle.clone();
        findings.not_assessed = film.bodies.first().and_then(|body| body.not_assessed).filter(|_| number % 2 == 1);
        findings.missed = (film.bodies.len() / 4) as u32;
        image(file, findings)
    };
    let mut asked = request(films.iter().enumerate().map(image).collect());
    asked.bundle = bundle.clone();
    asked.companions = EVERYTHING;
    asked.sop_classes = vec![SopClass::Comprehensive3dSr, SopClass::ComprehensiveSr];
    if study.sequences[0] {
        let report = (Uid::new(SopClass::Comprehensive3dSr.uid()).unwrap(), uid(90));
        asked.predecessor = Some(Predecessor { series_uid: uid(91), reports: vec![report], images: 1 });
    }
    asked
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_that_is_written_is_valid((study, bundle, films) in any_study()) {
        let folder = tempfile::tempdir().unwrap();
        let asked = request_for(folder.path(), &study, &bundle, &films);
        let objects = write(&asked).unwrap();
        prop_assert!(objects.len() >= 2 + 2 * films.len());
        let paths: Vec<PathBuf> = objects.iter().map(|object| saved(folder.path(), object)).collect();
        for (path, errors) in paths.iter().zip(programs::dciodvfy_all(&paths)) {
            prop_assert!(errors.is_empty(), "{}: {:?}", path.display(), errors);
        }
        let sources: Vec<_> = files(&asked).into_iter().map(|file| open_file(file).unwrap()).collect();
        for (path, object) in paths.iter().zip(&objects) {
            let read = open_file(path).unwrap();
            let complaints = match object.kind {
                ObjectKind::StructuredReport => complete::complaints(&read, &sources),
                _ => complete::complaints_of_any(&read, &sources),
            };
            prop_assert!(complaints.is_empty(), "{}: {:?}", path.display(), complaints);
        }
    }
}
