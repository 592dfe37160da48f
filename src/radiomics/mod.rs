//! Radiomics: numbers that describe the pixels of a region, as PyRadiomics 3.0.1 defines them.
//!
//! Owns: discretisation into grey levels, texture matrices, the features and their names.
//! In: an [`Image`], a [`Mask`] of the same size and [`Settings`]. Out: [`Features`], in PyRadiomics' order.
//! Never: reads a file, resamples, keeps state, or answers with a value that is not finite.

mod direction_mean;
mod discretise;
mod error;
mod first_order;
mod glcm;
mod glcm_features;
mod gldm;
mod glrlm;
mod glszm;
mod image;
mod maximal_correlation;
mod ngtdm;
mod normalise;
mod offsets;
mod region;
mod settings;
mod shape2d;
mod size_matrix;

#[cfg(test)]
mod golden_matrices;

pub use error::RadiomicsError;
pub use image::{Image, Mask};
pub use settings::{Binning, FeatureClass, Filter, Settings};

use discretise::Levels;
use region::Region;

/// Names such as `original_glcm_JointEntropy` and values, in PyRadiomics' order: shape first (once,
/// under `original`), then filter by filter the classes in the order of [`FeatureClass::ALL`], each
/// class alphabetically. Every value is finite.
pub type Features = Vec<(String, f64)>;

/// Computes the features of the pixels of `image` that `mask` selects. The same arguments give the
/// same bits.
///
/// # Errors
/// A [`RadiomicsError`] when image, mask or settings make no sense, the region has fewer than two
/// pixels, or a feature has no finite value on it.
pub fn extract(image: &Image, mask: &Mask, settings: &Settings) -> Result<Features, RadiomicsError> {
    settings.check()?;
    image.check()?;
    mask.check(image)?;
    let region = Region::new(mask)?;
    let normalised = settings.normalise_scale.map(|scale| normalise::normalised(image, scale)).transpose()?;
    let image = normalised.as_ref().unwrap_or(image);

    let mut features = Features::new();
    if settings.asks_for(FeatureClass::Shape2D) {
        let shape = shape2d::features(&region, image.spacing());
        append(&mut features, Filter::Original, FeatureClass::Shape2D, &shape)?;
    }
    for &filter in &settings.filters {
        let values = match filter {
            Filter::Original => region.values(image),
        };
        append_of_values(&mut features, filter, &values, &region, image, settings)?;
    }
    Ok(features)
}

/// Appends every class that looks at the values of one filter's image inside the region.
fn append_of_values(
    features: &mut Features,
    filter: Filter,
    values: &[f64],
    region: &Region,
    image: &Image,
    settings: &Settings,
) -> Result<(), RadiomicsError> {
    let levels = Levels::new(values, region, settings.binning)?;
    for class in FeatureClass::ALL.into_iter().filter(|&class| settings.asks_for(class)) {
        let mut add = |values: &[(&'static str, f64)]| append(features, filter, class, values);
        match class {
            FeatureClass::Shape2D => {} // looks at no values: once, by the caller
            FeatureClass::FirstOrder => {
                add(&first_order::features(values, &levels, image.spacing(), settings.voxel_array_shift))?;
            }
            FeatureClass::Glcm => add(&glcm_features::features(&levels, &settings.distances)?)?,
            FeatureClass::Glrlm => add(&glrlm::features(&levels)?)?,
            FeatureClass::Glszm => add(&glszm::features(&levels))?,
            FeatureClass::Gldm => add(&gldm::features(&levels, &settings.distances))?,
            FeatureClass::Ngtdm => add(&ngtdm::features(&levels, &settings.distances))?,
        }
    }
    Ok(())
}

/// Appends one class under its full names; refuses what is not finite.
fn append(
    features: &mut Features,
    filter: Filter,
    class: FeatureClass,
    values: &[(&'static str, f64)],
) -> Result<(), RadiomicsError> {
    for &(name, value) in values {
        let feature = format!("{}_{class}_{name}", filter.name());
        if !value.is_finite() {
            return Err(RadiomicsError::FeatureNotFinite { feature, value });
        }
        features.push((feature, value + 0.0)); // a negative zero becomes a zero
    }
    Ok(())
}
