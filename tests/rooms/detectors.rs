//! Detectors exported elsewhere: each layout plugs in by the manifest alone and finds the same bodies,
//! and a network that is not the manifest's is refused with a message of its own.

use spinetriage::analysis::analyse;
use spinetriage::findings::SixPoints;
use spinetriage::imaging::decode;
use spinetriage::model::{Bundle, Model, ModelError};
use tempfile::TempDir;

use crate::support::bundles::{EXPORTED, Exported, bundle_of, bundle_with_detector, detector_table};
use crate::support::programs::onnxruntime;
use crate::support::samples::sample;

/// The film is 560 x 760 pixels, the input 64 x 128: that many film pixels are one of the input.
const SCALE: f64 = 560.0 / 64.0;

/// What `tests/data/detectors/make.py` says, in input pixels.
const BODIES: [([f64; 4], f64, &str); 2] =
    [([12.0, 20.0, 36.0, 40.0], 0.9, "T12"), ([14.0, 44.0, 38.0, 64.0], 0.8, "L1")];

fn open(folder: &TempDir) -> Result<Model, ModelError> {
    Bundle::load(folder.path()).and_then(|bundle| Model::open(bundle, Some(&onnxruntime()), 1))
}

fn near(got: f64, wanted: f64) -> bool {
    (got - wanted).abs() < 1e-3
}

/// The points `make.py` puts into a body.
fn points_of([x0, y0, x1, y1]: [f64; 4]) -> SixPoints {
    let middle = (x0 + x1) / 2.0;
    SixPoints {
        upper: [[x0 + 1.0, y0 + 1.0], [middle, y0 + 2.0], [x1 - 1.0, y0 + 3.0]],
        lower: [[x0 + 1.0, y1 - 1.0], [middle, y1 - 2.0], [x1 - 1.0, y1 - 3.0]],
    }
    .map(|[x, y]| [x * SCALE, y * SCALE])
}

#[test]
fn every_layout_finds_the_same_bodies() {
    let (radiograph, identity) = decode::read(&sample("intact")).unwrap();
    for exported in &EXPORTED {
        let Exported { network, points, .. } = exported;
        let mut model = open(&bundle_of(exported)).unwrap_or_else(|e| panic!("{network}: {e}"));
        let found = model.detect(&radiograph).unwrap();
        assert_eq!(found.len(), BODIES.len(), "{network}: {found:?}");
        for (detection, (place, score, level)) in found.iter().zip(BODIES) {
            let r = detection.region;
            let same = [r.x0, r.y0, r.x1, r.y1].iter().zip(place).all(|(got, wanted)| near(*got, wanted * SCALE));
            assert!(same, "{network}: {detection:?}");
            assert!(near(detection.score, score), "{network}: {detection:?}");
            assert_eq!(model.detector_class(detection.class), level, "{network}");
            assert_eq!(detection.points.is_some(), *points != "none", "{network}: {detection:?}");
            if let Some(six) = detection.points {
                let wanted = points_of(place);
                let pairs = six.upper.iter().chain(&six.lower).zip(wanted.upper.iter().chain(&wanted.lower));
                assert!(pairs.flat_map(|(a, b)| a.iter().zip(b)).all(|(a, b)| near(*a, *b)), "{network}: {six:?}");
            }
        }
        let findings = analyse(&mut model, &radiograph, identity.clone()).unwrap();
        let boxes: Vec<_> = findings.vertebrae.iter().map(|v| v.bounding_box).collect();
        assert_eq!(boxes, found.iter().map(|d| d.region).collect::<Vec<_>>(), "{network}");
    }
}

/// What is said when a bundle with this network and table is opened.
fn refusal(network: &str, table: &str) -> String {
    let refused = open(&bundle_with_detector(network, table)).err();
    let said = refused.unwrap_or_else(|| panic!("{network} must be refused: {table}")).to_string();
    println!("{network}: {said}");
    said
}

fn contains_all(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "\"{part}\" is not in: {said}");
    }
}

#[test]
fn an_input_of_another_size_is_refused_with_the_keys_to_set() {
    let table = detector_table("yolo", "none");
    let cases = [
        ("width = 64", "width = 640", "width = 640: [1, 3, 128, 640]", "set width = 64 in [detector]"),
        ("height = 128", "height = 64", "height = 64, width = 64: [1, 3, 64, 64]", "set height = 128 in [detector]"),
    ];
    for (from, to, says, remedy) in cases {
        let said = refusal("yolov8", &table.replace(from, to));
        contains_all(&said, &["detector.onnx", "images float32 [1, 3, 128, 64]", says, remedy]);
    }
    let grey = table
        .replace("channels = 3", "channels = 1")
        .replace("[0.0, 0.0, 0.0]", "[0.0]")
        .replace("[1.0, 1.0, 1.0]", "[1.0]");
    contains_all(&refusal("yolov8", &grey), &["says channels = 1", "set channels = 3 in [detector]"]);
}

#[test]
fn an_input_of_another_type_is_refused() {
    let table = detector_table("yolo", "none");
    for (network, element) in [("refused/float16-input", "float16"), ("refused/uint8-input", "uint8")] {
        let said = refusal(network, &table);
        contains_all(
            &said,
            &["detector.onnx", &format!("images {element} [1, 3, 128, 64]"), "export it with a float32"],
        );
    }
}

#[test]
fn an_input_nobody_feeds_is_refused_by_name() {
    let said = refusal("refused/pixel-mask", &detector_table("detr", "none"));
    contains_all(&said, &["pixel_mask int64 [1, 128, 64]", "feeds it one image", "only input"]);
    let said = refusal("rt-detr", &detector_table("torchvision", "none"));
    contains_all(&said, &["orig_target_sizes int64 [1, 2]", "set decoder = \"rt-detr\""]);
    let said = refusal("yolov8", &detector_table("rt-detr", "none"));
    contains_all(&said, &["orig_target_sizes", "decoder = \"rt-detr\"", "tools/export_onnx.py"]);
}

#[test]
fn outputs_of_another_layout_are_refused_with_what_would_fit() {
    // Every layout under every other decoder: none is taken for another, but those whose shapes agree.
    let alike = [
        ("yolov10", "rt-detr-ultralytics"),
        ("rt-detr-ultralytics", "yolo-end2end"),
        ("yolox", "yolov5"),
        ("yolox-decoded", "yolox"),
    ];
    let decoders = ["yolo", "yolo-end2end", "yolov5", "yolox", "detr", "rt-detr", "rt-detr-ultralytics", "torchvision"];
    for Exported { network, decoder, .. } in EXPORTED.iter().filter(|e| e.points == "none") {
        for other in decoders.iter().filter(|d| *d != decoder && !alike.contains(&(network, d))) {
            let said = refusal(network, &detector_table(other, "none"));
            contains_all(&said, &["detector.onnx", "does not fit bundle.toml"]);
        }
    }
    contains_all(
        &refusal("yolov8", &detector_table("yolov5", "none")),
        &[
            "output0 float32 [1, 6, 168]",
            "decoder = \"yolov5\" and 2 classes: float32 [1, N, 7]",
            "would fit decoder = \"yolo\"",
        ],
    );
    contains_all(
        &refusal("yolo11-pose-xyv", &detector_table("yolo", "none")),
        &["output0 float32 [1, 24, 168]", "decoder = \"yolo\" with points = \"xyv\""],
    );
    contains_all(
        &refusal("refused/float16-output", &detector_table("yolo", "none")),
        &["output0 float16 [1, 6, 168]", "half precision"],
    );
}

#[test]
fn another_number_of_classes_is_refused() {
    let three =
        |decoder: &str| detector_table(decoder, "none").replace("[\"T12\", \"L1\"]", "[\"T12\", \"L1\", \"L2\"]");
    for (network, decoder, wanted) in [
        ("yolov8", "yolo", "[1, 7, N]"),
        ("yolov5", "yolov5", "[1, N, 8]"),
        ("yolox", "yolox", "[1, 168, 8]"),
        ("deformable-detr", "detr", "[1, N, 3 or 4]"),
        ("rt-detr-ultralytics", "rt-detr-ultralytics", "[1, N, 7]"),
    ] {
        let said = refusal(network, &three(decoder));
        contains_all(&said, &["and 3 classes", wanted]);
    }
    let said = refusal("yolov8", &three("yolo"));
    contains_all(&said, &["output0 float32 [1, 6, 168]", "would fit 2 names in [detector] classes"]);
}

#[test]
fn what_only_a_run_tells_is_refused_before_the_first_film() {
    let said = refusal("refused/dynamic-three-classes", &detector_table("yolo", "none"));
    contains_all(&said, &["output0 float32 [1, 7, 5]", "float32 [1, 6, N]"]);
    let said = refusal("refused/without-sigmoid", &detector_table("yolo", "none"));
    contains_all(&said, &["a score of 7.25", "with its sigmoid"]);
    let said = refusal("refused/unknown-class", &detector_table("yolo-end2end", "none"));
    contains_all(&said, &["class number 6", "[detector] classes has 2"]);
}

#[test]
fn settings_that_contradict_each_other_are_refused_by_their_keys() {
    let points = refusal("yolov5", &detector_table("yolov5", "xy"));
    contains_all(&points, &["bundle.toml", "points = \"xy\" needs the decoder yolo or yolo-end2end"]);
    let odd = detector_table("yolox", "none").replace("width = 64", "width = 72");
    contains_all(&refusal("yolox", &odd), &["bundle.toml", "multiples of 32"]);
    let table = detector_table("yolo", "none");
    contains_all(&refusal("yolov8", &table.replace("\"L1\"", "\" \"")), &["[detector] classes", "empty name"]);
    contains_all(&refusal("yolov8", &table.replace("= 0.35", "= 35.0")), &["score_threshold must be 0 to 1"]);
    contains_all(&refusal("yolov8", &table.replace("= 0.4", "= nan")), &["iou_threshold must be 0 to 1"]);
    contains_all(&refusal("yolov8", &table.replace("\"none\"", "\"xyz\"")), &["bundle.toml", "xyz"]);
}
