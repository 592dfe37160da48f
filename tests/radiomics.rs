//! Radiomics against PyRadiomics' values, and on input that nobody should send.

#[path = "support/npy.rs"]
mod npy;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use spinetriage::radiomics::{Binning, Image, Mask, RadiomicsError, Settings, extract};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/radiomics")
}

fn settings_of(case: &Value) -> Settings {
    let given = &case["settings"];
    let number = |name: &str| given[name].as_f64();
    let binning = match (number("binWidth"), number("binCount")) {
        (Some(width), _) => Binning::Width(width),
        (None, Some(count)) => Binning::Count(count as u32),
        (None, None) => panic!("the case names no binning"),
    };
    let distances = given["distances"].as_array().map(|d| d.iter().map(|n| n.as_u64().unwrap() as u32).collect());
    Settings {
        binning,
        distances: distances.unwrap_or_else(|| vec![1]),
        normalise_scale: given["normalize"].as_bool().unwrap_or(false).then(|| number("normalizeScale").unwrap_or(1.0)),
        voxel_array_shift: number("voxelArrayShift").unwrap_or(0.0),
        ..Settings::default()
    }
}

#[test]
fn every_golden_case_is_met() {
    let mut worst: BTreeMap<String, (f64, String)> = BTreeMap::new();
    let mut cases = 0;
    let mut files: Vec<_> = fs::read_dir(data()).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    for file in files {
        let case: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let (height, width, pixels) = npy::read(&data().join(case["image"].as_str().unwrap()));
        let (_, _, mask) = npy::read(&data().join(case["mask"].as_str().unwrap()));
        let spacing = case["spacing_xy_mm"].as_array().unwrap();
        let (column_mm, row_mm) = (spacing[0].as_f64().unwrap(), spacing[1].as_f64().unwrap());
        let image = Image { width, height, pixels, row_mm, column_mm };
        let mask = Mask { width, height, inside: mask.iter().map(|m| *m > 0.0).collect() };
        let ours: BTreeMap<_, _> = extract(&image, &mask, &settings_of(&case)).unwrap().into_iter().collect();
        let theirs = case["features"].as_object().unwrap();
        assert_eq!(theirs.len(), 51, "{}", file.display());
        for (name, value) in theirs {
            let (expected, got) = (value.as_f64().unwrap(), ours[name]);
            let difference = (got - expected).abs();
            assert!(
                difference <= 1e-9 + 1e-6 * expected.abs(),
                "{} {name}: {got}, PyRadiomics {expected}",
                file.display()
            );
            let class = name.split('_').nth(1).unwrap().to_owned();
            let relative = if difference <= 1e-9 { 0.0 } else { difference / expected.abs() };
            let entry = worst.entry(class).or_insert((0.0, String::new()));
            if relative >= entry.0 {
                *entry = (relative, format!("{name} of {}", case["case"]));
            }
        }
        cases += 1;
    }
    assert_eq!(cases, 13);
    for (class, (relative, at)) in worst {
        println!("{class}: worst relative difference {relative:.1e} ({at})");
    }
}

fn image(width: usize, height: usize, pixels: Vec<f64>) -> Image {
    Image { width, height, pixels, row_mm: 1.0, column_mm: 1.0 }
}

#[test]
fn impossible_input_is_named() {
    let plain = || image(3, 2, vec![1.0; 6]);
    let refused = |image: &Image, mask: &Mask| extract(image, mask, &Settings::default()).unwrap_err();
    assert!(matches!(refused(&plain(), &Mask::whole(2, 2)), RadiomicsError::SizeMismatch { .. }));
    let empty = Mask { width: 3, height: 2, inside: vec![false; 6] };
    assert_eq!(refused(&plain(), &empty), RadiomicsError::TooSmall(0));
    let nan = image(3, 2, vec![1.0, f64::NAN, 1.0, 1.0, 1.0, 1.0]);
    assert!(matches!(refused(&nan, &Mask::whole(3, 2)), RadiomicsError::NotFinite { x: 1, y: 0, .. }));
    let flat = Image { row_mm: 0.0, ..plain() };
    assert!(matches!(refused(&flat, &Mask::whole(3, 2)), RadiomicsError::Spacing { .. }));
    let huge = image(2, 1, vec![0.0, 1e12]);
    assert_eq!(refused(&huge, &Mask::whole(2, 1)), RadiomicsError::TooManyLevels);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the image: no panic, and what mathematics bounds is bounded.
    #[test]
    fn features_stay_in_their_bounds(
        width in 2usize..12, height in 1usize..12, seed in prop::collection::vec((0u16..4000, any::<bool>()), 144), count in 1u32..200,
    ) {
        let pixels: Vec<f64> = seed.iter().map(|(p, _)| f64::from(*p)).take(width * height).collect();
        let inside: Vec<bool> = seed.iter().map(|(_, i)| *i).take(width * height).collect();
        let pixel_count = inside.iter().filter(|i| **i).count();
        let settings = Settings { binning: Binning::Count(count), ..Settings::default() };
        let outcome = extract(&image(width, height, pixels), &Mask { width, height, inside }, &settings);
        if pixel_count < 2 {
            prop_assert_eq!(outcome, Err(RadiomicsError::TooSmall(pixel_count)));
            return Ok(());
        }
        let features: BTreeMap<_, _> = outcome.unwrap().into_iter().collect();
        prop_assert_eq!(features.len(), 51);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&features["original_shape2D_Elongation"]));
        prop_assert!(features["original_firstorder_Minimum"] <= features["original_firstorder_Mean"]);
        let mcc = features["original_glcm_MCC"];
        prop_assert!(mcc.is_nan() || (0.0..=1.0 + 1e-9).contains(&mcc), "MCC {}", mcc);
    }

    /// Where the region lies in the image does not matter.
    #[test]
    fn a_moved_region_has_the_same_features(dx in 0usize..4, dy in 0usize..4, values in prop::collection::vec(0u16..500, 25)) {
        let place = |dx: usize, dy: usize| {
            let (mut pixels, mut inside) = (vec![7.0; 100], vec![false; 100]);
            for (i, value) in values.iter().enumerate() {
                let at = (i / 5 + dy) * 10 + i % 5 + dx;
                pixels[at] = f64::from(*value);
                inside[at] = true;
            }
            extract(&image(10, 10, pixels), &Mask { width: 10, height: 10, inside }, &Settings::default()).unwrap()
        };
        for ((name, moved), (_, still)) in place(dx, dy).into_iter().zip(place(0, 0)) {
            prop_assert!((moved - still).abs() <= 1e-9 * (1.0 + still.abs()), "{}: {} and {}", name, moved, still);
        }
    }
}
