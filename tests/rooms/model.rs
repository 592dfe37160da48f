//! Bundles that must be refused, and the demo bundle on the films whose truth is known.

use std::fs;

use serde_json::Value;
use spinetriage::analysis::analyse;
use spinetriage::findings::{BoundingBox, Findings};
use spinetriage::imaging::decode;
use spinetriage::model::{Bundle, Model, ModelError, Spine};
use tempfile::TempDir;

use crate::support::bundles::copy_demo_files;
use crate::support::programs::onnxruntime;
use crate::support::root;
use crate::support::samples::sample;

/// A copy of the demo bundle whose manifest went through `change`.
fn bundle_with(change: impl FnOnce(String) -> String) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_demo_files(folder.path(), &[]);
    let manifest = fs::read_to_string(root().join("bundles/demo/bundle.toml")).unwrap();
    fs::write(folder.path().join("bundle.toml"), change(manifest)).unwrap();
    folder
}

fn refusal(folder: &TempDir) -> ModelError {
    let opened = Bundle::load(folder.path()).and_then(|bundle| Model::open(bundle, Some(&onnxruntime()), 1));
    opened.err().expect("the bundle must be refused")
}

const FILES: [&str; 6] =
    ["detector.onnx", "points.onnx", "points_test.png", "backbone.onnx", "self_test.png", "training.json"];

#[test]
fn one_changed_byte_of_any_file_is_named_with_both_digests() {
    let said: Vec<String> = FILES
        .iter()
        .map(|file| {
            let folder = bundle_with(|manifest| manifest);
            let path = folder.path().join(file);
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).unwrap();
            let refusal = refusal(&folder);
            let ModelError::Digest { path: named, found, expected } = &refusal else { panic!("{file}: {refusal}") };
            assert!(named.ends_with(file) && found != expected && found.len() == 64, "{refusal}");
            let said = refusal.to_string();
            assert!([*file, found, expected, "damaged or was changed"].iter().all(|p| said.contains(p)), "{said}");
            said
        })
        .collect();
    assert!(said.iter().collect::<std::collections::HashSet<_>>().len() == FILES.len(), "{said:?}");
}

#[test]
fn a_changed_digest_in_the_manifest_is_a_refusal_too() {
    const LISTED: &str = "\"detector.onnx\" = \"";
    let (mut digest, mut changed) = (String::new(), String::new());
    let folder = bundle_with(|manifest| {
        let at = manifest.find(LISTED).unwrap() + LISTED.len();
        digest = manifest[at..at + 64].into();
        changed = format!("{}{}", if digest.starts_with('0') { '1' } else { '0' }, &digest[1..]);
        manifest.replace(&digest, &changed)
    });
    let said = refusal(&folder).to_string();
    assert!(said.contains("detector.onnx") && said.contains(&digest) && said.contains(&changed), "{said}");
}

#[test]
fn a_missing_file_is_named() {
    for file in FILES {
        let folder = bundle_with(|manifest| manifest);
        fs::remove_file(folder.path().join(file)).unwrap();
        let refusal = refusal(&folder);
        assert!(matches!(&refusal, ModelError::Missing { path } if path.ends_with(file)), "{refusal}");
        assert!(refusal.to_string().contains("lists it in [files]"), "{refusal}");
    }
    let folder = bundle_with(|m| m.replacen("[files]", &format!("[files]\n\"notes.txt\" = \"{}\"", "0".repeat(64)), 1));
    let said = refusal(&folder).to_string();
    assert!(said.contains("notes.txt is missing"), "{said}");
    fs::remove_file(folder.path().join("bundle.toml")).unwrap();
    let said = refusal(&folder).to_string();
    assert!(said.contains("bundle.toml") && said.contains("cannot be read"), "{said}");
}

#[test]
fn a_class_without_name_or_code_and_a_code_twice_are_named() {
    let cases = [
        ("name = \"burst fracture\"", "name = \"\"", "[[class]] 3 (code \"ASTLOF-2\") has an empty name"),
        ("name = \"burst fracture\"", "name = \" \\t\"", "[[class]] 3 (code \"ASTLOF-2\") has an empty name"),
        ("code = \"ASTLOF-1\"", "code = \"\"", "[[class]] 2 (name \"compression fracture\") has an empty code"),
        ("code = \"ASTLOF-1\"", "code = \"  \"", "[[class]] 2 (name \"compression fracture\") has an empty code"),
        (
            "code = \"ASTLOF-2\"",
            "code = \"ASTLOF-0\"",
            "(name \"burst fracture\") has the code \"ASTLOF-0\" of an earlier class",
        ),
        ("code = \"ASTLOF-2\"\n", "", "missing field `code`"),
        ("name = \"burst fracture\"\n", "", "missing field `name`"),
    ];
    for (from, to, expected) in cases {
        let folder = bundle_with(|manifest| {
            assert!(manifest.contains(from), "{from}");
            manifest.replacen(from, to, 1)
        });
        let said = refusal(&folder).to_string();
        assert!(said.contains(expected) && said.contains("bundle.toml"), "{to}: {said}");
    }
}

#[test]
fn a_backbone_that_is_not_the_manifests_is_refused() {
    let cases = [
        ("output = \"features\"", "output = \"pooled\"", "its outputs are features float32", "output = \"pooled\""),
        ("features = 1280", "features = 2048", "[1, 1280]", "set features = 1280"),
        ("width = 224", "width = 240", "float32 [1, 3, 224, 224]", "set width = 224 in [backbone]"),
    ];
    for (from, to, has, remedy) in cases {
        let folder = bundle_with(|manifest| {
            assert!(manifest.contains(from), "{from}");
            manifest.replacen(from, to, 1)
        });
        let said = refusal(&folder).to_string();
        assert!(said.contains("backbone.onnx") && said.contains(has) && said.contains(remedy), "{to}: {said}");
    }
}

#[test]
fn mistakes_in_the_manifest_are_named() {
    let cases = [
        ("format = 1", "format = 2", "format must be 1"),
        ("iou_threshold", "iou_treshold", "iou_treshold"),
        ("\"yolo\"", "\"yolo9\"", "yolo9"),
        ("\"detector.onnx\" =", "\"../detector.onnx\" =", "lacks the SHA-256"),
        ("bin_count = 32", "", "bin_width or bin_count"),
        ("points = \"xy\"", "points = \"none\"", "[points] needs [detector] points"),
        ("views = [\"lateral\"]", "views = [\"oblique\"]", "oblique"),
        ("film_relative = [\"shape\"", "film_relative = [\"shapes\"", "which is none of shape, deep, radiomics"),
        ("wedge = [0.9, 0.067]", "wedge = [0.9, 0.0]", "[norms] wedge of T4, T5, T6, T7, T8, T9 needs a mean"),
        ("spread_at_most = ", "spread_at_most = -", "[points] spread_at_most must be positive"),
        ("at_most = 30", "at_most = 30\nspread = 1", "unknown field"),
        ("[triage.sensitive]\n", "[triage.sensitive]\nextra = 1\n", "extra"),
        ("filters = [\"Original\"]", "filters = [\"Sharpen\"]", "Sharpen"),
    ];
    for (from, to, expected) in cases {
        let folder = bundle_with(|manifest| {
            assert!(manifest.contains(from), "{from}");
            manifest.replacen(from, to, 1)
        });
        let said = refusal(&folder).to_string();
        assert!(said.contains(expected) && said.contains("bundle.toml"), "{to}: {said}");
    }
}

#[test]
fn a_bundle_may_not_leave_its_folder() {
    let folder =
        bundle_with(|m| m.replacen("[files]", &format!("[files]\n\"../outside\" = \"{}\"", "0".repeat(64)), 1));
    let said = refusal(&folder).to_string();
    assert!(said.contains("leaves the bundle's folder"), "{said}");
}

#[test]
fn another_answer_in_the_self_test_is_a_refusal() {
    let folder = bundle_with(|manifest| {
        let at = manifest.find("probabilities = [").unwrap();
        let end = at + manifest[at..].find(']').unwrap();
        format!("{}probabilities = [0.2, 0.3, 0.5{}", &manifest[..at], &manifest[end..])
    });
    assert!(matches!(refusal(&folder), ModelError::SelfTest { .. }));
}

#[test]
fn a_fusion_model_that_asks_for_an_unknown_feature_is_refused_by_its_name() {
    let folder = bundle_with(|m| m.replacen("[[fusion.feature]]\nname = \"", "[[fusion.feature]]\nname = \"un", 1));
    let said = refusal(&folder).to_string();
    assert!(said.contains("needs the feature \"un"), "{said}");
}

#[test]
fn a_bundle_may_do_without_the_spine_line() {
    let (radiograph, _) = decode::read(&sample("intact")).unwrap();
    // Every box the network is not sure of, so that there is something to leave out.
    let unsure = |m: String| m.replacen("score_threshold = 0.35", "score_threshold = 0.0005", 1);
    let bodies = |folder: &TempDir| {
        let mut model = Model::open(Bundle::load(folder.path()).unwrap(), Some(&onnxruntime()), 1).unwrap();
        let detections = model.detect(&radiograph).unwrap();
        let vertebrae = detections.iter().filter(|d| model.detector_class(d.class) == "vertebra");
        (model.spine_of(&detections).bodies.len(), vertebrae.count())
    };
    let (kept, detected) = bodies(&bundle_with(unsure));
    assert!(kept < detected, "{kept} of {detected} kept");
    let folder = bundle_with(|m| unsure(m).replacen("at_most = 30", "at_most = 30\nspine_line = false", 1));
    assert_eq!(bodies(&folder), (detected, detected));
}

#[test]
fn fewer_than_at_least_are_no_spine() {
    let (radiograph, _) = decode::read(&sample("intact")).unwrap();
    let found_by = |at_least: usize| {
        let folder = bundle_with(|m| m.replacen("at_least = 3", &format!("at_least = {at_least}"), 1));
        let mut model = Model::open(Bundle::load(folder.path()).unwrap(), Some(&onnxruntime()), 1).unwrap();
        let detections = model.detect(&radiograph).unwrap();
        model.spine_of(&detections)
    };
    let spine = found_by(1);
    assert_eq!(found_by(spine.members()), spine);
    assert_eq!(found_by(spine.members() + 1), Spine::default());
    let folder = bundle_with(|m| m.replacen("at_least = 3", "at_least = 31", 1));
    assert!(refusal(&folder).to_string().contains("at_least must be 1 to at_most"));
}

#[test]
fn the_samples_are_found_and_told_apart() {
    let mut model = Model::open(Bundle::load(&root().join("bundles/demo")).unwrap(), Some(&onnxruntime()), 1).unwrap();
    let samples = root().join("tests/data/samples");
    let truth: Value = serde_json::from_slice(&fs::read(samples.join("truth.json")).unwrap()).unwrap();
    let (mut bodies, mut found, mut right) = (0, 0, 0);
    for (name, levels) in truth.as_object().unwrap() {
        let (radiograph, identity) = decode::read(&samples.join(name)).unwrap();
        let findings: Findings = analyse(&mut model, &radiograph, identity).unwrap();
        let ordinals: Vec<u32> = findings.vertebrae.iter().map(|v| v.ordinal).collect();
        assert_eq!(ordinals, (1..=ordinals.len() as u32).collect::<Vec<_>>(), "counted from above");
        for level in levels.as_array().unwrap() {
            let [x0, y0, x1, y1] = [0, 1, 2, 3].map(|i| level["box"][i].as_f64().unwrap());
            let place = BoundingBox { x0, y0, x1, y1 };
            bodies += 1;
            if let Some(vertebra) = findings.vertebrae.iter().find(|v| v.bounding_box.iou(&place) > 0.5) {
                found += 1;
                right += usize::from(vertebra.class as u64 == level["class"].as_u64().unwrap());
                assert!((vertebra.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }
    println!("{found} of {bodies} simulated bodies found, {right} of them in the right class");
    // The card's accuracy on other simulated bodies is 0.83 to 0.88.
    assert!(found * 10 >= bodies * 9 && right * 100 >= found * 83, "{found} of {bodies} found, {right} right");
}

#[test]
fn the_points_self_test_notices_another_network() {
    let folder = bundle_with(|manifest| {
        let at = manifest.find("[points.self_test]").unwrap();
        let (before, test) = manifest.split_at(at);
        let from = test.find("points = [[").unwrap() + "points = [[".len();
        let to = from + test[from..].find(',').unwrap();
        format!("{before}{}1.5{}", &test[..from], &test[to..])
    });
    let refusal = refusal(&folder);
    assert!(matches!(refusal, ModelError::PointsSelfTest { .. }), "{refusal}");
}

#[test]
fn operating_points_that_cross_are_refused() {
    let folder = bundle_with(|manifest| {
        let at = manifest.find("[triage.sensitive]\n").unwrap();
        let (before, points) = manifest.split_at(at);
        let from = points.find("study = ").unwrap();
        let to = from + points[from..].find('\n').unwrap();
        format!("{before}{}study = 1.0{}", &points[..from], &points[to..])
    });
    let said = refusal(&folder).to_string();
    assert!(said.contains("the sensitive operating point must not lie above the specific one"), "{said}");
}
