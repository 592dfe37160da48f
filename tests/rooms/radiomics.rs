//! The features against PyRadiomics 3.0.1 (origin: `data/radiomics/README.md`), and what must hold
//! on any image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spinetriage::radiomics::{
    Binning, FeatureClass, Features, Filter, Image, ImageType, Mask, Normalisation, RadiomicsError, Settings, extract,
};

use crate::support::{npy, root};

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
    root().join("tests/data/radiomics")
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
        settings: Settings { image_types: read_image_types(&json["image_types"]), ..read_settings(&json["settings"]) },
        expected: features.iter().map(|(name, value)| (name.clone(), value.as_f64().unwrap())).collect(),
    }
}

/// Refuses a setting it does not know: ignoring one would compare unlike things.
fn read_settings(json: &Value) -> Settings {
    let mut settings = Settings { minimum_roi_dimensions: 1, ..Settings::default() };
    for (name, value) in json.as_object().unwrap() {
        match name.as_str() {
            "binWidth" => settings.binning = Binning::Width(value.as_f64().unwrap()),
            "binCount" => settings.binning = Binning::Count(value.as_u64().unwrap() as u32),
            "distances" => {
                settings.distances = value.as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as u32).collect();
            }
            "normalize" => assert_eq!(value, true),
            "normalizeScale" => {
                settings.normalisation = Some(Normalisation { scale: value.as_f64().unwrap(), remove_outliers: None });
            }
            "voxelArrayShift" => settings.voxel_array_shift = value.as_f64().unwrap(),
            other => panic!("unknown setting {other}"),
        }
    }
    settings
}

fn read_image_types(json: &Value) -> Vec<ImageType> {
    let sigmas = |settings: &Value| -> Vec<f64> {
        settings["sigma"].as_array().into_iter().flatten().map(|sigma| sigma.as_f64().unwrap()).collect()
    };
    let image_types = json.as_object().unwrap().iter();
    let filters = image_types.flat_map(|(name, settings)| Filter::named(name, &sigmas(settings)).unwrap());
    filters.map(ImageType::from).collect()
}

/// Relative difference that is allowed: the reference's own LoG and gradient images have 32 bits.
fn tolerance(image: &str) -> f64 {
    if image.starts_with("log-sigma") || image == "gradient" { 1e-5 } else { 1e-6 }
}

/// The class in a feature's name: `original_glcm_MCC` has `glcm`.
fn class_of(name: &str) -> &str {
    name.split('_').nth(1).unwrap()
}

#[test]
fn every_feature_equals_pyradiomics() {
    let mut worst: BTreeMap<String, (f64, String)> = BTreeMap::new();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let cases = cases();
    assert_eq!(cases.len(), 13);
    for case in &cases {
        let features = extract(&case.image, &case.mask, &case.settings).unwrap();
        let names: Vec<&str> = features.iter().map(|(name, _)| name.as_str()).collect();
        let expected_names: Vec<&str> = case.expected.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected_names, "{}", case.name);
        compared += features.len();

        for ((name, ours), (_, theirs)) in features.iter().zip(&case.expected) {
            let (image, class) = (name.split('_').next().unwrap(), class_of(name));
            let difference = (ours - theirs).abs();
            // Absolute 1e-9 for values near 0.
            if difference > 1e-9_f64.max(tolerance(image) * theirs.abs()) {
                wrong.push(format!("{} {name}: {ours:e}, PyRadiomics {theirs:e}", case.name));
            }
            let relative = difference / theirs.abs().max(1e-3);
            let precision = if tolerance(image) == 1e-5 { "32-bit images" } else { "64-bit images" };
            let entry = worst.entry(format!("{class:<10} {precision}")).or_default();
            if relative >= entry.0 {
                *entry = (relative, format!("{} {name}", case.name));
            }
        }
    }
    println!("{compared} values compared");
    for (family, (relative, place)) in &worst {
        println!("{family} worst relative difference {relative:.1e} {place}");
    }
    assert!(wrong.is_empty(), "{} features differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// An image of square pixels of 1 mm from its rows.
fn image(rows: &[&[f64]]) -> Image {
    Image { width: rows[0].len(), height: rows.len(), pixels: rows.concat(), row_mm: 1.0, column_mm: 1.0 }
}

fn of_classes(classes: &[FeatureClass]) -> Settings {
    Settings {
        minimum_roi_dimensions: 1,
        binning: Binning::Width(1.0),
        feature_classes: classes.to_vec(),
        ..Settings::default()
    }
}

fn refused(image: &Image, mask: &Mask, settings: &Settings) -> RadiomicsError {
    extract(image, mask, settings).unwrap_err()
}

/// A feature by its whole name.
pub fn value(features: &Features, name: &str) -> f64 {
    features.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn images_and_masks_that_make_no_sense_are_refused() {
    let (good, whole, settings) = (image(&[&[1.0, 2.0], &[3.0, 4.0]]), Mask::whole(2, 2), Settings::default());
    assert!(extract(&good, &whole, &settings).is_ok());

    for value in [f64::NAN, f64::INFINITY] {
        let broken = image(&[&[1.0, 2.0], &[value, 4.0]]);
        let refusal = refused(&broken, &whole, &settings);
        assert!(matches!(refusal, RadiomicsError::PixelNotFinite { row: 1, column: 0, .. }), "{refusal}");
    }
    for mm in [0.0, -0.15, f64::NAN, f64::INFINITY] {
        let refusal = refused(&Image { row_mm: mm, ..good.clone() }, &whole, &settings);
        assert!(matches!(refusal, RadiomicsError::Spacing { .. }), "{refusal}");
    }
    let refusal = refused(&Image { width: 3, ..good.clone() }, &whole, &settings);
    assert!(matches!(refusal, RadiomicsError::PixelCount { what: "image", found: 4, .. }), "{refusal}");
    let refusal = refused(&good, &Mask { height: usize::MAX, ..whole.clone() }, &settings);
    assert!(matches!(refusal, RadiomicsError::PixelCount { what: "mask", .. }), "{refusal}");
    let refusal = refused(&good, &Mask::whole(4, 1), &settings);
    assert_eq!(refusal, RadiomicsError::SizeMismatch { image: [2, 2], mask: [4, 1] });

    for pixels in [0, 1] {
        let mask = Mask { width: 2, height: 2, inside: (0..4).map(|index| index < pixels).collect() };
        assert_eq!(refused(&good, &mask, &settings), RadiomicsError::RegionTooSmall { pixels });
    }
    let nothing = Image { width: 0, height: 0, pixels: Vec::new(), ..good };
    assert_eq!(refused(&nothing, &Mask::whole(0, 0), &settings), RadiomicsError::RegionTooSmall { pixels: 0 });
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let (image, mask, settings) = (image(&[&[1.0, 1.0]]), Mask::whole(2, 1), Settings::default());
    for width in [0.0, -25.0, f64::NAN, f64::INFINITY] {
        let refusal = refused(&image, &mask, &Settings { binning: Binning::Width(width), ..settings.clone() });
        assert!(matches!(refusal, RadiomicsError::BinWidth(_)), "{refusal}");
    }
    for count in [0, 65_536] {
        let refusal = refused(&image, &mask, &Settings { binning: Binning::Count(count), ..settings.clone() });
        assert_eq!(refusal, RadiomicsError::BinCount(count));
    }
    for distances in [vec![], vec![0], vec![1, 32]] {
        let refusal = refused(&image, &mask, &Settings { distances: distances.clone(), ..settings.clone() });
        assert_eq!(refusal, RadiomicsError::Distances(distances));
    }
    let scaled =
        |scale| Settings { normalisation: Some(Normalisation { scale, remove_outliers: None }), ..settings.clone() };
    assert_eq!(refused(&image, &mask, &scaled(0.0)), RadiomicsError::NormaliseScale(0.0));
    assert_eq!(refused(&image, &mask, &scaled(1.0)), RadiomicsError::NothingToNormalise);
    let refusal = refused(&image, &mask, &Settings { voxel_array_shift: f64::NAN, ..settings });
    assert!(matches!(refusal, RadiomicsError::VoxelArrayShift(_)), "{refusal}");
}

#[test]
fn names_are_those_of_pyradiomics_and_what_is_missing_says_so() {
    for class in FeatureClass::ALL {
        assert_eq!(class.name().parse(), Ok(class));
    }
    let refusal = "shape".parse::<FeatureClass>().unwrap_err();
    assert!(refusal.to_string().contains("shape2D, firstorder, glcm, glrlm, glszm, gldm, ngtdm"), "{refusal}");
    for name in Filter::NAMES {
        assert_eq!(Filter::named(name, &[1.0, 3.0]).unwrap().len(), if name == "LoG" { 2 } else { 1 });
    }
    assert_eq!(Filter::named("LoG", &[]), Err(RadiomicsError::LogWithoutSigma));
    assert_eq!(Filter::named("original", &[]), Err(RadiomicsError::UnknownFilter("original".into())));
}

#[test]
fn a_caller_gets_the_classes_it_asks_for() {
    let image = image(&[&[1.0, 2.0], &[2.0, 4.0]]);
    let features = extract(&image, &Mask::whole(2, 2), &of_classes(&[FeatureClass::Glcm, FeatureClass::FirstOrder]));
    let features = features.unwrap();
    assert_eq!(features.len(), 18 + 24);
    assert_eq!((class_of(&features[0].0), class_of(&features[18].0)), ("firstorder", "glcm"));
}

#[test]
fn a_row_and_a_column_have_the_same_features() {
    let values = [1.0, 2.0, 2.0, 4.0, 3.0, 1.0];
    let column: Vec<&[f64]> = values.chunks(1).collect();
    let row = extract(&image(&[&values]), &Mask::whole(6, 1), &of_classes(&FeatureClass::ALL)).unwrap();
    let column = extract(&image(&column), &Mask::whole(1, 6), &of_classes(&FeatureClass::ALL)).unwrap();
    assert_eq!(row.len(), 102);
    assert_eq!(row, column);
}

#[test]
fn pixels_without_neighbours_have_no_cooccurrence_but_the_rest() {
    // A knight's move apart: on no common row, column or diagonal.
    let lonely = image(&[&[1.0, 0.0, 0.0], &[0.0, 0.0, 1.0]]);
    let mask = Mask { width: 3, height: 2, inside: vec![true, false, false, false, false, true] };
    let refusal = refused(&lonely, &mask, &of_classes(&[FeatureClass::Glcm]));
    assert_eq!(refusal, RadiomicsError::NoNeighbours { class: "glcm", distances: vec![1] });
    let refusal = refused(&lonely, &mask, &of_classes(&[FeatureClass::Glrlm]));
    assert!(matches!(refusal, RadiomicsError::NoNeighbours { class: "glrlm", .. }), "{refusal}");

    let rest = [FeatureClass::FirstOrder, FeatureClass::Glszm, FeatureClass::Gldm, FeatureClass::Ngtdm];
    let features = extract(&lonely, &mask, &of_classes(&rest)).unwrap();
    assert_eq!(value(&features, "original_glszm_ZonePercentage"), 1.0);
    assert_eq!(value(&features, "original_ngtdm_Coarseness"), 1e6);
}

#[test]
fn a_feature_without_a_value_is_named() {
    // Of two different values none lies between the 10th and the 90th percentile.
    let refusal = refused(&image(&[&[1.0, 9.0]]), &Mask::whole(2, 1), &of_classes(&[FeatureClass::FirstOrder]));
    assert!(refusal.to_string().starts_with("original_firstorder_RobustMeanAbsoluteDeviation is NaN"), "{refusal}");
    let settings = Settings { binning: Binning::Count(8), minimum_roi_dimensions: 1, ..Settings::default() };
    let refusal = refused(&image(&[&[1e200, 1e200, 1e200]]), &Mask::whole(3, 1), &settings);
    assert!(refusal.to_string().starts_with("original_firstorder_Energy is inf"), "{refusal}");
}

#[test]
fn sixteen_bits_do_not_build_a_squared_matrix() {
    // 60,000 levels, each on one pixel: a full co-occurrence matrix would take 29 GB. No level
    // occurs twice, so every run, zone and dependence is a single pixel.
    let (width, height) = (300, 200);
    let pixels = (0..width * height).map(|index| (index * 7919 % 60_000) as f64).collect();
    let image = Image { width, height, pixels, row_mm: 0.1, column_mm: 0.1 };
    let classes =
        [FeatureClass::FirstOrder, FeatureClass::Glcm, FeatureClass::Glrlm, FeatureClass::Glszm, FeatureClass::Gldm];
    let features = extract(&image, &Mask::whole(width, height), &of_classes(&classes)).unwrap();
    assert!((value(&features, "original_firstorder_Entropy") - 60_000_f64.log2()).abs() < 1e-9);
    for name in
        ["glrlm_RunPercentage", "glrlm_ShortRunEmphasis", "glszm_ZonePercentage", "gldm_SmallDependenceEmphasis"]
    {
        assert!((value(&features, &format!("original_{name}")) - 1.0).abs() < 1e-12, "{name}");
    }
    // 59,800 pairs along a row, each of its own: p = 1 / 119,600 twice a pair; so in each direction.
    let pairs = [299 * 200, 300 * 199, 299 * 199, 299 * 199].map(|pairs| 1.0 + f64::from(pairs).log2());
    let entropy = pairs.iter().sum::<f64>() / 4.0;
    assert!((value(&features, "original_glcm_JointEntropy") - entropy).abs() < 1e-6);

    let finer = Settings { binning: Binning::Width(0.01), ..of_classes(&classes) };
    let refusal = refused(&image, &Mask::whole(width, height), &finer);
    assert!(matches!(refusal, RadiomicsError::TooManyLevels { .. }), "{refusal}");
}
