//! What holds for the features of any region, whatever its pixels.

use proptest::prelude::*;
use spinetriage::radiomics::{Binning, Features, Image, Mask, RadiomicsError, Settings, extract};

use crate::radiomics::value;

/// An image of up to 8 x 8 small whole numbers and a mask on it.
fn any_region() -> impl Strategy<Value = (Image, Mask)> {
    (1_usize..=8, 1_usize..=8).prop_flat_map(|(width, height)| {
        let pixels = prop::collection::vec((-20_i32..20).prop_map(f64::from), width * height);
        let inside = prop::collection::vec(prop::bool::weighted(0.8), width * height);
        let spacing = (0.05_f64..2.0, 0.05_f64..2.0);
        (pixels, inside, spacing).prop_map(move |(pixels, inside, (row_mm, column_mm))| {
            (Image { width, height, pixels, row_mm, column_mm }, Mask { width, height, inside })
        })
    })
}

fn any_binning() -> impl Strategy<Value = Binning> {
    prop_oneof![(0.3_f64..30.0).prop_map(Binning::Width), (1_u32..70).prop_map(Binning::Count)]
}

/// All classes on the original image.
fn settings(binning: Binning, far: bool) -> Settings {
    Settings {
        binning,
        minimum_roi_dimensions: 1,
        distances: if far { vec![1, 2] } else { vec![1] },
        ..Settings::default()
    }
}

/// `image` and `mask` with rows and columns exchanged.
fn transposed(image: &Image, mask: &Mask) -> (Image, Mask) {
    let (width, height) = (image.height, image.width);
    let at = |index: usize| (index % width) * height + index / width;
    let pixels = (0..width * height).map(|index| image.pixels[at(index)]).collect();
    let inside = (0..width * height).map(|index| mask.inside[at(index)]).collect();
    let image = Image { width, height, pixels, row_mm: image.column_mm, column_mm: image.row_mm };
    (image, Mask { width, height, inside })
}

/// `image` and `mask` inside a larger frame of pixels that do not belong to the region.
fn framed(image: &Image, mask: &Mask, left: usize, top: usize) -> (Image, Mask) {
    let (width, height) = (image.width + left + 2, image.height + top + 1);
    let (mut pixels, mut inside) = (vec![1000.0; width * height], vec![false; width * height]);
    for y in 0..image.height {
        for x in 0..image.width {
            let (from, to) = (y * image.width + x, (y + top) * width + x + left);
            (pixels[to], inside[to]) = (image.pixels[from], mask.inside[from]);
        }
    }
    (Image { width, height, pixels, ..*image }, Mask { width, height, inside })
}

/// Where theory puts a feature, whatever the image.
fn bounds(name: &str) -> (f64, f64) {
    let (_, class_and_feature) = name.split_once('_').unwrap();
    match class_and_feature {
        "firstorder_Uniformity" | "shape2D_Elongation" | "shape2D_Sphericity" => (0.0, 1.0),
        "glcm_Correlation" => (-1.0, 1.0),
        "glcm_Imc1" => (-1.0, 0.0),
        "glcm_Imc2" | "glcm_MCC" | "glcm_JointEnergy" | "glcm_MaximumProbability" => (0.0, 1.0),
        "glcm_Id" | "glcm_Idm" | "glcm_Idn" | "glcm_Idmn" | "glcm_InverseVariance" => (0.0, 1.0),
        "glrlm_RunPercentage" | "glszm_ZonePercentage" => (0.0, 1.0),
        "glrlm_ShortRunEmphasis" | "glszm_SmallAreaEmphasis" | "gldm_SmallDependenceEmphasis" => (0.0, 1.0),
        other if other.ends_with("Normalized") => (0.0, 1.0),
        other if other.ends_with("Entropy") => (0.0, 12.0), // no more than 64 pixels and 512 pairs
        other if other.ends_with("Variance") || other.contains("Emphasis") => (0.0, f64::MAX),
        other if other.starts_with("ngtdm") || other.starts_with("shape2D") => (0.0, f64::MAX),
        _ => (f64::MIN, f64::MAX),
    }
}

/// Equal but for rounding. A square root turns 1e-16 into 1e-8, hence the absolute part.
fn assert_alike(ours: &Features, theirs: &Features) -> Result<(), TestCaseError> {
    prop_assert_eq!(ours.len(), theirs.len());
    for ((name, a), (other, b)) in ours.iter().zip(theirs) {
        prop_assert_eq!(name, other);
        prop_assert!((a - b).abs() <= 1e-7_f64.max(1e-9 * a.abs()), "{}: {:e} and {:e}", name, a, b);
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_answer_is_complete_and_within_bounds(
        (image, mask) in any_region(), binning in any_binning(), far in any::<bool>(),
    ) {
        let Ok(features) = extract(&image, &mask, &settings(binning, far)) else { return Ok(()) };
        prop_assert_eq!(features.len(), 102);
        for (name, value) in &features {
            let (low, high) = bounds(name);
            prop_assert!(*value >= low - 1e-9 && *value <= high + 1e-9, "{} is {}", name, value);
        }
        let ranks = ["Minimum", "10Percentile", "Median", "90Percentile", "Maximum"];
        let ranks = ranks.map(|name| value(&features, &format!("original_firstorder_{name}")));
        prop_assert!(ranks.is_sorted(), "{:?}", ranks);
    }

    #[test]
    fn only_small_or_scattered_regions_are_refused((image, mask) in any_region(), binning in any_binning()) {
        let pixels = mask.inside.iter().filter(|&&inside| inside).count();
        match extract(&image, &mask, &settings(binning, false)) {
            Ok(_) => prop_assert!(pixels >= 2),
            Err(RadiomicsError::RegionTooSmall { pixels: found }) => prop_assert_eq!(found, pixels),
            Err(RadiomicsError::FeatureNotFinite { .. }) => prop_assert_eq!(pixels, 2),
            // 16 pixels fit on 8 x 8 without touching.
            Err(RadiomicsError::NoNeighbours { .. }) => prop_assert!(pixels <= 16, "{} pixels", pixels),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn the_place_of_the_region_and_the_pixels_around_it_do_not_matter(
        (image, mask) in any_region(), binning in any_binning(), left in 0_usize..5, top in 0_usize..5,
    ) {
        let Ok(features) = extract(&image, &mask, &settings(binning, false)) else { return Ok(()) };
        let (image, mask) = framed(&image, &mask, left, top);
        prop_assert_eq!(features, extract(&image, &mask, &settings(binning, false)).unwrap());
    }

    #[test]
    fn exchanging_rows_and_columns_changes_nothing(
        (image, mask) in any_region(), binning in any_binning(), far in any::<bool>(),
    ) {
        let Ok(features) = extract(&image, &mask, &settings(binning, far)) else { return Ok(()) };
        let (image, mask) = transposed(&image, &mask);
        assert_alike(&features, &extract(&image, &mask, &settings(binning, far)).unwrap())?;
    }

    #[test]
    fn texture_of_a_bin_count_ignores_contrast(
        (image, mask) in any_region(), count in 1_u32..70, doublings in -2_i32..3,
    ) {
        let settings = settings(Binning::Count(count), false);
        let Ok(features) = extract(&image, &mask, &settings) else { return Ok(()) };
        prop_assume!(value(&features, "original_firstorder_Range") > 0.0); // a constant has fixed edges
        // A power of two, so that edges scale without rounding.
        let pixels = image.pixels.iter().map(|pixel| pixel * 2_f64.powi(doublings)).collect();
        let scaled = extract(&Image { pixels, ..image }, &mask, &settings).unwrap();
        let texture = |features: Features| -> Features {
            features.into_iter().filter(|(name, _)| name.starts_with("original_gl")).collect()
        };
        prop_assert_eq!(texture(features), texture(scaled));
    }
}
