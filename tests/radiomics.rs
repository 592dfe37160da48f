//! The features against PyRadiomics 3.0.1 (origin: `data/radiomics/README.md`), and what must hold
//! on any image.

#[path = "support/npy.rs"]
mod npy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spinetriage::radiomics::{Binning, FeatureClass, Image, Mask, Settings, extract};

/// One case of the golden data.
struct Case {
    name: String,
    image: Image,
    mask: Mask,
    settings: Settings,
    /// Names and values as PyRadiomics gives them, in its order.
    expected: Vec<(String, f64)>,
}

fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/radiomics")
}

fn cases() -> Vec<Case> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(data_folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.file_name().unwrap().to_str().unwrap().starts_with('c') && path.extension().unwrap() == "json"
    });
    files.sort();
    files.iter().map(|path| read_case(path)).collect()
}

fn read_case(path: &Path) -> Case {
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let file = |key: &str| npy::read(&data_folder().join(json[key].as_str().unwrap()));
    let (image, mask) = (file("image"), file("mask"));
    // The golden data say x (columns) first.
    let [column_mm, row_mm] = [0, 1].map(|axis| json["spacing_xy_mm"][axis].as_f64().unwrap());
    let inside = mask.values.iter().map(|&value| value == 1.0).collect();
    let features = json["features"].as_object().unwrap();
    Case {
        name: json["case"].as_str().unwrap().to_owned(),
        image: Image { width: image.columns, height: image.rows, pixels: image.values, row_mm, column_mm },
        mask: Mask { width: mask.columns, height: mask.rows, inside },
        settings: read_settings(&json["settings"]),
        expected: features.iter().map(|(name, value)| (name.clone(), value.as_f64().unwrap())).collect(),
    }
}

/// Refuses a setting it does not know: ignoring one would compare unlike things.
fn read_settings(json: &Value) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in json.as_object().unwrap() {
        match name.as_str() {
            "binWidth" => settings.binning = Binning::Width(value.as_f64().unwrap()),
            "binCount" => settings.binning = Binning::Count(value.as_u64().unwrap() as u32),
            "distances" => {
                settings.distances = value.as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as u32).collect();
            }
            "normalize" => assert_eq!(value, true),
            "normalizeScale" => settings.normalise_scale = Some(value.as_f64().unwrap()),
            "voxelArrayShift" => settings.voxel_array_shift = value.as_f64().unwrap(),
            other => panic!("unknown setting {other}"),
        }
    }
    settings
}

/// The class in a feature's name: `original_glcm_MCC` has `glcm`.
fn class_of(name: &str) -> &str {
    name.split('_').nth(1).unwrap()
}

#[test]
fn every_feature_equals_pyradiomics() {
    let classes: Vec<&str> = FeatureClass::ALL.iter().map(|class| class.name()).collect();
    let mut worst: BTreeMap<String, (f64, String)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let cases = cases();
    assert_eq!(cases.len(), 13);
    for case in &cases {
        let features = extract(&case.image, &case.mask, &case.settings).unwrap();
        let expected: Vec<_> = case.expected.iter().filter(|(name, _)| classes.contains(&class_of(name))).collect();
        let names: Vec<&str> = features.iter().map(|(name, _)| name.as_str()).collect();
        let expected_names: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected_names, "{}", case.name);

        for ((name, ours), (_, theirs)) in features.iter().zip(&expected) {
            let difference = (ours - theirs).abs();
            // Relative 1e-6, absolute 1e-9 for values near 0.
            if difference > 1e-9_f64.max(1e-6 * theirs.abs()) {
                wrong.push(format!("{} {name}: {ours:e}, PyRadiomics {theirs:e}", case.name));
            }
            let relative = difference / theirs.abs().max(1e-3);
            let entry = worst.entry(class_of(name).to_owned()).or_default();
            if relative > entry.0 {
                *entry = (relative, format!("{} {name}", case.name));
            }
        }
    }
    for (class, (relative, place)) in &worst {
        println!("{class:<10} worst relative difference {relative:.1e} {place}");
    }
    assert!(wrong.is_empty(), "{} features differ:\n{}", wrong.len(), wrong.join("\n"));
}
