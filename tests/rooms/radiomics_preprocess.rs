//! Normalisation, resampling and resegmentation against PyRadiomics (origin:
//! `data/radiomics/README.md`), and what must hold on any image.

use proptest::prelude::*;
use serde_json::Value;
use spinetriage::radiomics::{
    Binning, FeatureClass, Filter, Image, ImageType, Interpolator, Mask, Normalisation, RadiomicsError, Resampling,
    Resegmentation, ResegmentationMode, Settings, WeightingNorm, extract, extract_with_threads, feature_names,
};

use crate::support::{npy, root};

fn data(file: &str) -> std::path::PathBuf {
    root().join("tests/data/radiomics/preprocess").join(file)
}

/// Settings of a case under PyRadiomics' names; refuses one it does not know.
fn read_settings(json: &Value) -> Settings {
    let mut settings = Settings { minimum_roi_dimensions: 1, ..Settings::default() };
    let numbers = |value: &Value| -> Vec<f64> { serde_json::from_value(value.clone()).unwrap() };
    let mut normalisation = Normalisation { scale: 1.0, remove_outliers: None };
    let (mut mode, mut shape) = (ResegmentationMode::Absolute, false);
    let (mut interpolator, mut pad_distance) = (Interpolator::BSpline, 5);
    let object = json.as_object().unwrap();
    for (name, value) in object {
        match name.as_str() {
            "binWidth" => settings.binning = Binning::Width(value.as_f64().unwrap()),
            "binCount" => settings.binning = Binning::Count(value.as_u64().unwrap() as u32),
            "normalize" => assert_eq!(value, true),
            "normalizeScale" => normalisation.scale = value.as_f64().unwrap(),
            "removeOutliers" => normalisation.remove_outliers = value.as_f64(),
            "symmetricalGLCM" => settings.symmetrical_glcm = value.as_bool().unwrap(),
            "gldm_a" => settings.gldm_alpha = value.as_u64().unwrap() as u32,
            "distances" => settings.distances = serde_json::from_value(value.clone()).unwrap(),
            "weightingNorm" => {
                settings.weighting_norm = Some(match value.as_str().unwrap() {
                    "manhattan" => WeightingNorm::Manhattan,
                    "euclidean" => WeightingNorm::Euclidean,
                    "infinity" => WeightingNorm::Infinity,
                    "no_weighting" => WeightingNorm::NoWeighting,
                    other => panic!("{other}"),
                });
            }
            "resegmentMode" => {
                mode = match value.as_str().unwrap() {
                    "absolute" => ResegmentationMode::Absolute,
                    "relative" => ResegmentationMode::Relative,
                    "sigma" => ResegmentationMode::Sigma,
                    other => panic!("{other}"),
                };
            }
            "resegmentShape" => shape = value.as_bool().unwrap(),
            "padDistance" => pad_distance = value.as_u64().unwrap() as u32,
            "interpolator" => {
                interpolator = match value.as_str().unwrap() {
                    "sitkBSpline" => Interpolator::BSpline,
                    "sitkLinear" => Interpolator::Linear,
                    "sitkNearestNeighbor" => Interpolator::NearestNeighbour,
                    other => panic!("{other}"),
                };
            }
            "resegmentRange" | "resampledPixelSpacing" => {} // below, with what goes with them
            other => panic!("unknown setting {other}"),
        }
    }
    if object.contains_key("normalize") {
        settings.normalisation = Some(normalisation);
    }
    if let Some(range) = object.get("resegmentRange").map(numbers) {
        settings.resegmentation = Some(Resegmentation { lower: range[0], upper: range.get(1).copied(), mode, shape });
    }
    if let Some(spacing) = object.get("resampledPixelSpacing").map(numbers) {
        let (column_mm, row_mm) = (spacing[0], spacing[1]);
        let integer_range = Some([0.0, 65535.0]);
        settings.resampling = Some(Resampling { row_mm, column_mm, interpolator, pad_distance, integer_range });
    }
    settings
}

#[test]
fn every_step_equals_pyradiomics() {
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(data("cases.json")).unwrap()).unwrap();
    assert_eq!(cases.len(), 14);
    let (image, mask) = (npy::read(&data("image.npy")), npy::read(&data("mask.npy")));
    let (width, height) = (image.columns, image.rows);
    let image = Image { width, height, pixels: image.values, row_mm: 0.3, column_mm: 0.2 };
    let mask = Mask { width, height, inside: mask.values.iter().map(|&value| value == 1.0).collect() };
    let (mut worst, mut compared) = (0.0_f64, 0);
    for case in &cases {
        let mut settings = read_settings(&case["settings"]);
        settings.image_types.push(Filter::Wavelet.into());
        settings.image_types.push(Filter::Lbp2D.into());
        let features = extract(&image, &mask, &settings).unwrap();
        let expected = case["features"].as_object().unwrap();
        assert_eq!(features.len(), expected.len());
        for (name, ours) in features {
            let theirs = expected[&name].as_f64().unwrap();
            let difference = (ours - theirs).abs();
            assert!(difference <= 1e-9_f64.max(1e-6 * theirs.abs()), "{} {name}: {ours}, {theirs}", case["settings"]);
            worst = worst.max(difference / theirs.abs().max(1e-3));
            compared += 1;
        }
    }
    println!("{compared} values compared, worst relative difference {worst:.1e}");
}

#[test]
fn regions_that_are_too_small_are_refused() {
    let image = Image { width: 4, height: 3, pixels: (0..12).map(f64::from).collect(), row_mm: 1.0, column_mm: 1.0 };
    let row = Mask { width: 4, height: 3, inside: (0..12).map(|index| index < 3).collect() };
    let refused = |settings: &Settings, mask: &Mask| extract(&image, mask, settings).unwrap_err();
    let default = Settings::default();
    assert_eq!(refused(&default, &row), RadiomicsError::TooFewDimensions { minimum: 2 });
    assert!(extract(&image, &row, &Settings { minimum_roi_dimensions: 1, ..default.clone() }).is_ok());
    let sized = |minimum| Settings { minimum_roi_size: Some(minimum), ..default.clone() };
    assert_eq!(refused(&sized(12), &Mask::whole(4, 3)), RadiomicsError::BelowMinimumSize { pixels: 12, minimum: 12 });
    assert!(extract(&image, &Mask::whole(4, 3), &sized(11)).is_ok());
    let resegmented = |lower, upper| Settings {
        resegmentation: Some(Resegmentation { lower, upper, mode: ResegmentationMode::Absolute, shape: false }),
        ..default.clone()
    };
    let refusal = refused(&resegmented(11.0, None), &Mask::whole(4, 3));
    assert_eq!(refusal, RadiomicsError::ResegmentedTooSmall { pixels: 1, lower: 11.0, upper: f64::INFINITY });
    let refusal = refused(&resegmented(5.0, Some(1.0)), &Mask::whole(4, 3));
    assert_eq!(refusal, RadiomicsError::ResegmentRange { lower: 5.0, upper: 1.0 });
}

#[test]
fn a_resampled_image_has_a_limit() {
    let image = Image { width: 40, height: 30, pixels: vec![1.0; 1200], row_mm: 1.0, column_mm: 1.0 };
    let resampling = |mm| Settings {
        resampling: Some(Resampling {
            row_mm: mm,
            column_mm: mm,
            interpolator: Interpolator::Linear,
            pad_distance: 0,
            integer_range: None,
        }),
        ..Settings::default()
    };
    let refused = |mm| extract(&image, &Mask::whole(40, 30), &resampling(mm)).unwrap_err();
    assert!(matches!(refused(1e-4), RadiomicsError::ResampledTooLarge { .. }));
    assert!(matches!(refused(-1.0), RadiomicsError::ResampledSpacing { .. }));
    assert!(matches!(refused(f64::NAN), RadiomicsError::ResampledSpacing { .. }));
}

/// Images with holes in their numbers, masks that do not fit, sizes down to nothing.
fn any_input() -> impl Strategy<Value = (Image, Mask)> {
    let value = prop_oneof![
        20 => (-500_i32..500).prop_map(f64::from),
        4 => -1.0_f64..1.0,
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(1e300), Just(-1e300), Just(1e-300), Just(65_535.0)],
    ];
    let spacing =
        || prop_oneof![20 => 0.05_f64..2.0, 1 => prop_oneof![Just(0.0), Just(-1.0), Just(f64::NAN), Just(1e-300)]];
    (0_usize..14, 0_usize..14, prop_oneof![15 => Just(0_usize), 1 => 1_usize..3]).prop_flat_map(
        move |(width, height, off)| {
            let pixels = prop::collection::vec(value.clone(), width * height);
            let inside = prop::collection::vec(prop::bool::weighted(0.7), (width + off) * height);
            (pixels, inside, spacing(), spacing()).prop_map(move |(pixels, inside, row_mm, column_mm)| {
                (Image { width, height, pixels, row_mm, column_mm }, Mask { width: width + off, height, inside })
            })
        },
    )
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let binning = prop_oneof![
        (1_u32..70_000).prop_map(Binning::Count),
        (-1.0_f64..60.0).prop_map(Binning::Width),
        (0.5_f64..60.0, -600.0_f64..0.0).prop_map(|(width, lower)| Binning::WidthFrom { width, lower }),
    ];
    let filters = prop::sample::subsequence(Filter::NAMES.to_vec(), 1..=9);
    let normalisation = prop::option::weighted(0.3, (0.1_f64..200.0, prop::option::of(0.5_f64..4.0)));
    let resampling = prop::option::weighted(0.4, (0.0_f64..2.0, 0.0_f64..2.0, 0_usize..3, 0_u32..8, any::<bool>()));
    let resegmentation =
        prop::option::weighted(0.3, (-2.0_f64..0.5, prop::option::of(0.0_f64..3.0), 0_usize..3, any::<bool>()));
    let rest = (prop::collection::vec(1_u32..5, 1..3), any::<bool>(), 0_usize..5, 0_u32..4, 1_u32..3);
    (binning, filters, 0.05_f64..2.0, normalisation, resampling, resegmentation, rest).prop_map(
        |(binning, filters, sigma, normalisation, resampling, resegmentation, rest)| {
            let (distances, symmetrical_glcm, norm, gldm_alpha, minimum_roi_dimensions) = rest;
            let filters = filters.iter().flat_map(|name| Filter::named(name, &[sigma]).unwrap());
            Settings {
                binning,
                image_types: filters.map(ImageType::from).collect(),
                normalisation: normalisation.map(|(scale, remove_outliers)| Normalisation { scale, remove_outliers }),
                resampling: resampling.map(|(row_mm, column_mm, interpolator, pad_distance, integer)| Resampling {
                    row_mm,
                    column_mm,
                    interpolator: [Interpolator::BSpline, Interpolator::Linear, Interpolator::NearestNeighbour]
                        [interpolator],
                    pad_distance,
                    integer_range: integer.then_some([-32_768.0, 32_767.0]),
                }),
                resegmentation: resegmentation.map(|(lower, upper, mode, shape)| Resegmentation {
                    lower,
                    upper,
                    mode: [ResegmentationMode::Absolute, ResegmentationMode::Relative, ResegmentationMode::Sigma][mode],
                    shape,
                }),
                distances,
                symmetrical_glcm,
                weighting_norm: [
                    None,
                    Some(WeightingNorm::Manhattan),
                    Some(WeightingNorm::Euclidean),
                    Some(WeightingNorm::Infinity),
                    Some(WeightingNorm::NoWeighting),
                ][norm],
                gldm_alpha,
                minimum_roi_dimensions,
                ..Settings::default()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_input_makes_it_panic_and_every_answer_is_complete((image, mask) in any_input(), settings in any_settings()) {
        if let Ok(features) = extract(&image, &mask, &settings) {
            prop_assert!(features.iter().all(|(_, value)| value.is_finite()));
            let names: Vec<String> = features.into_iter().map(|(name, _)| name).collect();
            prop_assert_eq!(names, feature_names(&settings));
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit((image, mask) in any_input(), settings in any_settings(), threads in 2_usize..6) {
        let one = extract(&image, &mask, &settings);
        let many = extract_with_threads(&image, &mask, &settings, threads.try_into().unwrap());
        // NaN in a refusal is not equal to itself.
        prop_assert_eq!(format!("{one:?}"), format!("{many:?}"));
    }
}

#[test]
fn the_names_are_those_of_the_features() {
    for class in FeatureClass::ALL {
        let settings = Settings { feature_classes: vec![class], ..Settings::default() };
        let names: Vec<&str> = class.feature_names().to_vec();
        let image =
            Image { width: 9, height: 9, pixels: (0..81).map(f64::from).collect(), row_mm: 1.0, column_mm: 1.0 };
        let features = extract(&image, &Mask::whole(9, 9), &settings).unwrap();
        let found: Vec<&str> = features.iter().map(|(name, _)| name.splitn(3, '_').nth(2).unwrap()).collect();
        assert_eq!(found, names);
    }
}
