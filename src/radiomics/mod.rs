//! Radiomics: numbers that describe the pixels of a region, as PyRadiomics 3.0.1 defines them.
//!
//! Owns: preprocessing, filters, discretisation into grey levels, texture matrices, the features and their names;
//! what the text of a parameter file asks for.
//! In: an [`Image`], a [`Mask`] of the same size and [`Settings`]. Out: [`Features`], in PyRadiomics' order.
//! Never: reads a file, keeps state, changes what it is given, or answers with a value that is not finite.

mod class;
mod direction_mean;
mod discretise;
mod error;
mod filters;
mod first_order;
mod glcm;
mod glcm_features;
mod gldm;
mod glrlm;
mod glszm;
mod grid;
mod image;
mod lanes;
mod maximal_correlation;
mod ngtdm;
mod offsets;
pub mod parameter_file;
mod preprocess;
mod region;
mod settings;
mod shape2d;
mod size_matrix;
mod slices;

#[cfg(test)]
mod golden_matrices;

use std::num::NonZeroUsize;

pub use class::FeatureClass;
pub use error::RadiomicsError;
pub use filters::{Filter, ImageType};
pub use image::{Image, Mask};
pub use settings::{
    Binning, Interpolator, Normalisation, Resampling, Resegmentation, ResegmentationMode, Settings, WeightingNorm,
};
pub use slices::extract_slices;

use discretise::Levels;
use filters::Derived;
use image::Spacing;
use region::Region;

use crate::parallel;

/// Names such as `original_glcm_JointEntropy` and values, in PyRadiomics' order: shape first (once,
/// under `original`), then image by image the classes in the order of [`FeatureClass::ALL`], each
/// class alphabetically. Every value is finite.
pub type Features = Vec<(String, f64)>;

/// Computes the features of the pixels of `image` that `mask` selects. The same arguments give the
/// same bits.
///
/// # Errors
/// A [`RadiomicsError`] when image, mask or settings make no sense, the region has fewer than two
/// pixels, or a feature has no finite value on it.
pub fn extract(image: &Image, mask: &Mask, settings: &Settings) -> Result<Features, RadiomicsError> {
    extract_with_threads(image, mask, settings, NonZeroUsize::MIN)
}

/// [`extract`], with up to `threads` filters at work at a time; the bits are the same for any number.
///
/// # Errors
/// Those of [`extract`].
pub fn extract_with_threads(
    image: &Image,
    mask: &Mask,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<Features, RadiomicsError> {
    settings.check()?;
    image.check()?;
    mask.check(image)?;
    let prepared = preprocess::prepare(image, mask, settings)?;

    let mut features = Features::new();
    if settings.asks_for(FeatureClass::Shape2D) {
        let shape = shape2d::features(&prepared.shape, prepared.image.spacing());
        append(&mut features, "original", FeatureClass::Shape2D, &shape)?;
    }
    let of_image_type =
        |image_type: &ImageType| of_image_type(*image_type, &prepared.image, prepared.region(), settings);
    for of_one in parallel::map(&settings.image_types, threads, of_image_type) {
        features.extend(of_one?);
    }
    Ok(features)
}

/// The names of all features that [`extract`] gives under `settings`, in its order.
pub fn feature_names(settings: &Settings) -> Vec<String> {
    let of_image = |image: &str, class: FeatureClass| {
        class.feature_names().iter().map(|feature| format!("{image}_{class}_{feature}")).collect::<Vec<_>>()
    };
    let mut names = Vec::new();
    if settings.asks_for(FeatureClass::Shape2D) {
        names.extend(of_image("original", FeatureClass::Shape2D));
    }
    for image in settings.image_types.iter().flat_map(|image_type| image_type.filter.image_names()) {
        let classes = FeatureClass::ALL.into_iter().filter(|&class| class != FeatureClass::Shape2D);
        names.extend(classes.filter(|&class| settings.asks_for(class)).flat_map(|class| of_image(&image, class)));
    }
    names
}

/// The features of every image that one filter makes.
fn of_image_type(
    image_type: ImageType,
    image: &Image,
    region: &Region,
    settings: &Settings,
) -> Result<Features, RadiomicsError> {
    let mut features = Features::new();
    for derived in values_of(image_type.filter, image, region)? {
        let Derived { name, values } = derived?;
        let levels = Levels::new(&values, region, image_type.binning(settings), settings.reach())?;
        append_of_values(&mut features, &name, &values, &levels, image.spacing(), settings)?;
    }
    Ok(features)
}

/// What a filter makes of the pixels of the region, image by image.
fn values_of<'a>(
    filter: Filter,
    image: &'a Image,
    region: &'a Region,
) -> Result<impl Iterator<Item = Result<Derived, RadiomicsError>> + 'a, RadiomicsError> {
    let images: Box<dyn Iterator<Item = Derived>> = if filter == Filter::Original {
        Box::new(std::iter::once(Derived { name: "original".to_owned(), values: region.values(image) }))
    } else {
        let of_frame = filters::derive(filter, image, region.frame)?;
        Box::new(of_frame.map(|Derived { name, values }| Derived { name, values: region.select(values) }))
    };
    Ok(images.map(|derived| match derived.values.iter().find(|value| !value.is_finite()) {
        Some(&value) => Err(RadiomicsError::FilteredNotFinite { filter: derived.name, value }),
        None => Ok(derived),
    }))
}

/// Appends every class that looks at the values of one image inside the region.
fn append_of_values(
    features: &mut Features,
    image_name: &str,
    values: &[f64],
    levels: &Levels,
    spacing: Spacing,
    settings: &Settings,
) -> Result<(), RadiomicsError> {
    for class in FeatureClass::ALL.into_iter().filter(|&class| settings.asks_for(class)) {
        let mut add = |values: &[(&'static str, f64)]| append(features, image_name, class, values);
        match class {
            FeatureClass::Shape2D => {} // looks at no values: once, by the caller
            FeatureClass::FirstOrder => {
                add(&first_order::features(values, levels, spacing, settings.voxel_array_shift))?;
            }
            FeatureClass::Glcm => add(&glcm_features::features(levels, spacing, settings)?)?,
            FeatureClass::Glrlm => add(&glrlm::features(levels, spacing, settings.weighting_norm)?)?,
            FeatureClass::Glszm => add(&glszm::features(levels))?,
            FeatureClass::Gldm => add(&gldm::features(levels, &settings.distances, settings.gldm_alpha))?,
            FeatureClass::Ngtdm => add(&ngtdm::features(levels, &settings.distances))?,
        }
    }
    Ok(())
}

/// Appends one class under its full names; refuses what is not finite.
fn append(
    features: &mut Features,
    image_name: &str,
    class: FeatureClass,
    values: &[(&'static str, f64)],
) -> Result<(), RadiomicsError> {
    for &(name, value) in values {
        let feature = format!("{image_name}_{class}_{name}");
        if !value.is_finite() {
            return Err(RadiomicsError::FeatureNotFinite { feature, value });
        }
        features.push((feature, value + 0.0)); // a negative zero becomes a zero
    }
    Ok(())
}
