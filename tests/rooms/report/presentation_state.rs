//! The presentation state: valid, on the film, and the film looks as it did.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject, open_file};
use spinetriage::RESEARCH_USE_ONLY;
use spinetriage::findings::{Language, ObjectKind, ReportRequest, SixPoints, SopClass};
use spinetriage::identifiers::Uid;
use spinetriage::model::morphometry;
use spinetriage::report::write;
use tempfile::TempDir;

use crate::report::requests::*;
use crate::support::programs::run;

/// A body with points of which some are beyond the film, and one whose points measure nothing.
fn request_for(file: PathBuf) -> ReportRequest {
    let mut found = findings(&file, vec![vertebra(1, Some("L1"), 1), vertebra(2, None, 0)]);
    let points = SixPoints {
        upper: [[-5.0, 60.0], [140.0, 62.0], [180.0, 60.0]],
        lower: [[100.0, 770.0], [140.0, 770.0], [180.0, 770.0]],
    };
    found.vertebrae[0].points = Some(points);
    found.vertebrae[0].morphometry = morphometry::measure(&[Some(points)], found.image.pixel_spacing)[0];
    assert!(found.vertebrae[0].morphometry.is_some());
    found.vertebrae[1].points = Some(points);
    let mut asked = request(vec![image(file, found)]);
    asked.companions.pictures = false;
    asked.companions.presentation_states = true;
    asked
}

/// The presentation state of a film, after it was judged.
fn state_of(file: PathBuf) -> (TempDir, DefaultDicomObject) {
    let (folder, mut objects) = judged(&request_for(file));
    assert_eq!(objects.len(), 2, "report and presentation state");
    (folder, objects.remove(1))
}

fn floats(item: &InMemDicomObject, tag: Tag) -> Vec<f32> {
    item.element(tag).unwrap().to_multi_float32().unwrap()
}

#[test]
fn a_state_draws_boxes_points_labels_and_the_notice_on_one_film() {
    let (_folder, state) = state_of(sample("compression"));
    let source = open_file(sample("compression")).unwrap();
    assert_eq!(text(&state, tags::SOP_CLASS_UID), "1.2.840.10008.5.1.4.1.1.11.1");
    assert_eq!((text(&state, tags::MODALITY), text(&state, tags::SERIES_NUMBER)), ("PR".into(), "903".into()));
    assert_ne!(text(&state, tags::SERIES_INSTANCE_UID), uid(2).as_str());
    for tag in [tags::STUDY_INSTANCE_UID, tags::PATIENT_ID, tags::PATIENT_NAME, tags::ACCESSION_NUMBER] {
        assert_eq!(text(&state, tag), text(&source, tag), "{tag}");
    }
    let series = &items(&state, tags::REFERENCED_SERIES_SEQUENCE)[0];
    assert_eq!(text(series, tags::SERIES_INSTANCE_UID), text(&source, tags::SERIES_INSTANCE_UID));
    let image = &items(series, tags::REFERENCED_IMAGE_SEQUENCE)[0];
    assert_eq!(text(image, tags::REFERENCED_SOP_INSTANCE_UID), text(&source, tags::SOP_INSTANCE_UID));

    let layer = text(&items(&state, tags::GRAPHIC_LAYER_SEQUENCE)[0], tags::GRAPHIC_LAYER);
    let annotation = &items(&state, tags::GRAPHIC_ANNOTATION_SEQUENCE)[0];
    assert_eq!(text(annotation, tags::GRAPHIC_LAYER), layer);
    let graphics = items(annotation, tags::GRAPHIC_OBJECT_SEQUENCE);
    let kinds: Vec<_> = graphics.iter().map(|g| text(g, tags::GRAPHIC_TYPE)).collect();
    let points = ["POINT"; 6];
    assert_eq!(
        kinds,
        [&["POLYLINE"][..], &points, &["POLYLINE"]].concat(),
        "points that measure nothing are not shown"
    );
    let data: Vec<_> = graphics.iter().map(|g| floats(g, tags::GRAPHIC_DATA)).collect();
    assert_eq!(data[0], [100.5, 60.0, 180.25, 60.0, 180.25, 110.0, 100.5, 110.0, 100.5, 60.0]);
    assert_eq!((&data[1][..], &data[6][..]), (&[0.0, 60.0][..], &[180.0, 760.0][..]), "drawn in to the film");
    for graphic in graphics {
        assert_eq!(text(graphic, tags::GRAPHIC_ANNOTATION_UNITS), "PIXEL");
    }
    let texts = items(annotation, tags::TEXT_OBJECT_SEQUENCE);
    let said: Vec<_> = texts.iter().map(|t| text(t, tags::UNFORMATTED_TEXT_VALUE)).collect();
    assert_eq!(said, [RESEARCH_USE_ONLY, "L1: compression fracture 0.90", "2nd from above: no fracture 0.90"]);
    for frame in texts {
        let corners = [tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER, tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER];
        let [first, last] = corners.map(|tag| floats(frame, tag));
        assert!(0.0 <= first[0] && first[0] < last[0] && last[0] <= 560.0, "{first:?} {last:?}");
        assert!(0.0 <= first[1] && first[1] < last[1] && last[1] <= 760.0, "{first:?} {last:?}");
    }
}

#[test]
fn a_state_shows_the_whole_film_with_the_shape_of_its_pixels() {
    let area = |file: PathBuf| items(&state_of(file).1, tags::DISPLAYED_AREA_SELECTION_SEQUENCE)[0].clone();
    let whole = area(sample("compression"));
    let corner = |tag| whole.element(tag).unwrap().to_multi_int::<i32>().unwrap();
    assert_eq!(corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER), [1, 1]);
    assert_eq!(corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER), [560, 760]);
    assert_eq!(text(&whole, tags::PRESENTATION_SIZE_MODE), "SCALE TO FIT");
    assert_eq!(text(&whole, tags::PRESENTATION_PIXEL_SPACING), "0.39604\\0.39604");
    assert!(whole.get(tags::PRESENTATION_PIXEL_ASPECT_RATIO).is_none());

    let folder = tempfile::tempdir().unwrap();
    let without = |name: &str, ratio: Option<&str>| {
        let file = varied(folder.path(), name, "compression", |film| {
            for tag in [tags::PIXEL_SPACING, tags::IMAGER_PIXEL_SPACING] {
                film.remove_element(tag);
            }
            ratio.map(|ratio| film.put(DataElement::new(tags::PIXEL_ASPECT_RATIO, VR::IS, ratio)));
        });
        let area = area(file);
        assert!(area.get(tags::PRESENTATION_PIXEL_SPACING).is_none());
        text(&area, tags::PRESENTATION_PIXEL_ASPECT_RATIO)
    };
    assert_eq!([without("a", None), without("b", Some("4\\3")), without("c", Some("0\\3"))], ["1\\1", "4\\3", "1\\1"]);
}

fn table(descriptor: [u16; 3], data: Vec<u16>) -> InMemDicomObject {
    InMemDicomObject::from_element_iter([
        DataElement::new(tags::LUT_DESCRIPTOR, VR::US, PrimitiveValue::U16(descriptor.as_slice().into())),
        DataElement::new(tags::LUT_DATA, VR::OW, PrimitiveValue::U16(data.into())),
    ])
}

fn put_table(film: &mut InMemDicomObject, tag: Tag, item: InMemDicomObject) {
    film.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item])));
}

fn put_all(film: &mut InMemDicomObject, texts: &[(Tag, VR, &str)]) {
    for (tag, vr, value) in texts {
        film.put(DataElement::new(*tag, *vr, *value));
    }
}

fn without_window(film: &mut InMemDicomObject) {
    for tag in [tags::WINDOW_CENTER, tags::WINDOW_WIDTH] {
        film.remove_element(tag);
    }
}

fn without_rescale(film: &mut InMemDicomObject) {
    for tag in [tags::RESCALE_INTERCEPT, tags::RESCALE_SLOPE, tags::RESCALE_TYPE] {
        film.remove_element(tag);
    }
}

/// DCMTK's rendering of a film, as the bytes of an 8 bit PGM: by itself with `options`, or through a
/// presentation state.
fn rendered(folder: &Path, program: &str, options: &[&str], film: &Path) -> Vec<u8> {
    let picture = folder.join("picture.pgm");
    let files = [film.as_os_str(), picture.as_os_str()];
    let output = run(program, options.iter().map(OsStr::new).chain(files));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    let bytes = fs::read(picture).unwrap();
    // A header of any length, then one byte a pixel.
    bytes[bytes.len() - 560 * 760..].to_vec()
}

/// dcmp2pgm knows no annotations on its picture, so what it shows is the film.
fn looks_as_it_did(name: &str, options: &[&str], change: impl Fn(&mut InMemDicomObject)) {
    let folder = tempfile::tempdir().unwrap();
    let film = varied(folder.path(), "film.dcm", "compression", |film| change(film));
    let objects = write(&request_for(film.clone())).unwrap();
    let state = objects.iter().find(|o| o.kind == ObjectKind::PresentationState).unwrap();
    let file = folder.path().join("state.dcm");
    fs::write(&file, &state.bytes).unwrap();
    let before = rendered(folder.path(), "dcm2pnm", &[&["+op"], options].concat(), &film);
    let after = rendered(folder.path(), "dcmp2pgm", &["-p", file.to_str().unwrap()], &film);
    let darkest = before.iter().min().unwrap();
    let brightest = before.iter().max().unwrap();
    assert!(brightest - darkest > 100, "{name}: a picture with contrast");
    let worst = before.iter().zip(&after).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(worst <= 2, "{name}: grey levels differ by up to {worst}");
}

#[test]
fn a_film_looks_through_its_state_as_it_did() {
    let window = |film: &mut InMemDicomObject| {
        put_all(film, &[(tags::WINDOW_CENTER, VR::DS, "2000\\900"), (tags::WINDOW_WIDTH, VR::DS, "3000\\100")]);
    };
    looks_as_it_did("MONOCHROME2 with a window", &["+Wi", "1"], window);
    looks_as_it_did("MONOCHROME1 with a window", &["+Wi", "1"], |film| {
        window(film);
        put_all(film, &[(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1")]);
        film.remove_element(tags::PRESENTATION_LUT_SHAPE);
    });
    looks_as_it_did("MONOCHROME1 that says what P-values are", &["+Wi", "1"], |film| {
        window(film);
        put_all(film, &[(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1")]);
        put_all(film, &[(tags::PRESENTATION_LUT_SHAPE, VR::CS, "INVERSE")]);
    });
    looks_as_it_did("rescaled values", &["+Wi", "1"], |film| {
        put_all(film, &[(tags::RESCALE_SLOPE, VR::DS, "0.5"), (tags::RESCALE_INTERCEPT, VR::DS, "-700")]);
        put_all(film, &[(tags::WINDOW_CENTER, VR::DS, "300"), (tags::WINDOW_WIDTH, VR::DS, "1500")]);
    });
    let curve =
        |n: usize, top: f64| -> Vec<u16> { (0..n).map(|i| ((i as f64 / n as f64).powi(2) * top) as u16).collect() };
    looks_as_it_did("a VOI LUT", &["+Wl", "1"], |film| {
        without_window(film);
        put_table(film, tags::VOILUT_SEQUENCE, table([4096, 0, 12], curve(4096, 4095.0)));
    });
    looks_as_it_did("a Modality LUT", &["+Wi", "1"], |film| {
        without_rescale(film);
        window(film);
        let mut item = table([4096, 0, 12], curve(4096, 4095.0));
        item.put(DataElement::new(tags::MODALITY_LUT_TYPE, VR::LO, "US"));
        put_table(film, tags::MODALITY_LUT_SEQUENCE, item);
    });
}

#[test]
fn polarity_shutter_and_overlays_of_the_film_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let (_judged, plain) = state_of(sample("compression"));
    assert_eq!(text(&plain, tags::PRESENTATION_LUT_SHAPE), "IDENTITY");
    assert!(plain.get(tags::SHUTTER_SHAPE).is_none());
    assert_eq!(items(&plain, tags::GRAPHIC_LAYER_SEQUENCE).len(), 1);

    let file = varied(folder.path(), "film.dcm", "compression", |film| {
        without_window(film);
        without_rescale(film);
        put_all(
            film,
            &[
                (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1"),
                (tags::PRESENTATION_LUT_SHAPE, VR::CS, "INVERSE"),
                (tags::SHUTTER_SHAPE, VR::CS, "RECTANGULAR"),
                (tags::SHUTTER_LEFT_VERTICAL_EDGE, VR::IS, "10"),
                (tags::SHUTTER_RIGHT_VERTICAL_EDGE, VR::IS, "500"),
                (tags::SHUTTER_UPPER_HORIZONTAL_EDGE, VR::IS, "10"),
                (tags::SHUTTER_LOWER_HORIZONTAL_EDGE, VR::IS, "700"),
                (Tag(0x6000, 0x0040), VR::CS, "G"),
            ],
        );
        let size = |n: u16| PrimitiveValue::from(n);
        film.put(DataElement::new(Tag(0x6000, 0x0010), VR::US, size(8)));
        film.put(DataElement::new(Tag(0x6000, 0x0011), VR::US, size(8)));
        film.put(DataElement::new(Tag(0x6000, 0x0050), VR::SS, PrimitiveValue::I16([1, 1].as_slice().into())));
        film.put(DataElement::new(Tag(0x6000, 0x0100), VR::US, size(1)));
        film.put(DataElement::new(Tag(0x6000, 0x0102), VR::US, size(0)));
        film.put(DataElement::new(Tag(0x6000, 0x3000), VR::OW, PrimitiveValue::U16([1, 2, 3, 4].as_slice().into())));
    });
    let (_judged, state) = state_of(file);
    assert_eq!(text(&state, tags::PRESENTATION_LUT_SHAPE), "INVERSE");
    assert!(state.get(tags::SOFTCOPY_VOILUT_SEQUENCE).is_none() && state.get(tags::RESCALE_SLOPE).is_none());
    assert_eq!(text(&state, tags::SHUTTER_RIGHT_VERTICAL_EDGE), "500");
    assert_eq!(text(&state, Tag(0x6000, 0x1001)), "FILM");
    let layers: Vec<_> =
        items(&state, tags::GRAPHIC_LAYER_SEQUENCE).iter().map(|l| text(l, tags::GRAPHIC_LAYER)).collect();
    assert_eq!(layers, ["FILM", "FINDINGS"]);
}

#[test]
fn a_film_without_vertebrae_has_a_state_that_says_so() {
    let mut asked = request_for(sample("intact"));
    asked.images[0].findings.vertebrae.clear();
    let (_folder, objects) = judged(&asked);
    let annotation = &items(&objects[1], tags::GRAPHIC_ANNOTATION_SEQUENCE)[0];
    let texts = items(annotation, tags::TEXT_OBJECT_SEQUENCE);
    let said: Vec<_> = texts.iter().map(|t| text(t, tags::UNFORMATTED_TEXT_VALUE)).collect();
    assert_eq!(said, [RESEARCH_USE_ONLY, "no vertebra found"]);
    assert!(items(annotation, tags::GRAPHIC_OBJECT_SEQUENCE).is_empty());
}

#[test]
fn a_state_speaks_the_report_s_language() {
    let mut asked = request_for(sample("compression"));
    asked.language = Language::Chinese;
    let (_folder, objects) = judged(&asked);
    let texts = items(&items(&objects[1], tags::GRAPHIC_ANNOTATION_SEQUENCE)[0], tags::TEXT_OBJECT_SEQUENCE);
    let said: Vec<_> = texts.iter().map(|t| text(t, tags::UNFORMATTED_TEXT_VALUE)).collect();
    assert_eq!(said, ["仅供研究使用，不得用于诊断", "L1：压缩性骨折 0.90", "自上第2个：无骨折 0.90"]);
}

#[test]
fn the_same_request_gives_the_same_state_and_each_film_and_version_another() {
    let asked = request_for(sample("burst"));
    assert_eq!(write(&asked).unwrap(), write(&asked).unwrap());
    let uids = |asked: &ReportRequest| -> Vec<Uid> {
        let states = write(asked).unwrap().into_iter().filter(|o| o.kind == ObjectKind::PresentationState);
        states.map(|o| o.sop_instance_uid).collect()
    };
    let mut later = asked.clone();
    (later.version, later.report_uid, later.sop_classes) = (2, uid(77), vec![SopClass::ComprehensiveSr]);
    let mut two = asked.clone();
    two.images.extend(request_for(sample("intact")).images);
    let all = [uids(&asked), uids(&later), uids(&two)].concat();
    assert_eq!((all.len(), &all[0]), (4, &all[2]));
    assert!(all[0] != all[1] && all[1] != all[3] && all[0] != all[3], "{all:?}");
}
