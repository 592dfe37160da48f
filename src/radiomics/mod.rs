//! Radiomics: features of a region, in PyRadiomics' names and to its digits.
//!
//! Owns: discretisation, matrices and the features made of them, one file a feature class.
//! In: grey values, a mask, the pixel spacing and [`Settings`]. Out: [`Features`] by name.
//! Never: reads a file; pure functions, the same input gives the same bits.

mod discretise;
mod error;
mod first_order;
mod glcm;
mod glcm_features;
mod region;
mod settings;
mod shape2d;

pub use error::RadiomicsError;
pub use region::{Image, Mask};
pub use settings::{Binning, FeatureClass, Filter, Settings};

use discretise::Levels;
use region::Region;

/// Feature values in PyRadiomics' order, by names such as `original_glcm_JointEntropy`.
pub type Features = Vec<(String, f64)>;

/// Computes the features of `mask` on `image`.
///
/// # Errors
/// [`RadiomicsError`] when mask and image do not fit, the mask is empty or one pixel, a pixel of the
/// region is not finite, or the spacing is not positive.
pub fn extract(image: &Image, mask: &Mask, settings: &Settings) -> Result<Features, RadiomicsError> {
    let region = Region::of(image, mask, settings)?;
    let levels = Levels::of(&region, settings.binning)?;
    let mut features = Features::new();
    for filter in &settings.filters {
        let prefix = filter.name();
        for class in &settings.feature_classes {
            let (class_name, values) = match class {
                FeatureClass::Shape2D => ("shape2D", shape2d::features(&region)),
                FeatureClass::FirstOrder => ("firstorder", first_order::features(&region, &levels, settings)),
                FeatureClass::Glcm => ("glcm", glcm::features(&region, &levels, settings)),
            };
            features.extend(values.into_iter().map(|(name, value)| (format!("{prefix}_{class_name}_{name}"), value)));
        }
    }
    Ok(features)
}

/// `p * log2(p + e)`, with the smallest step of a double as `e` as PyRadiomics has it, so that empty
/// cells count 0.
fn plogp(p: f64) -> f64 {
    p * (p + f64::EPSILON).log2()
}
