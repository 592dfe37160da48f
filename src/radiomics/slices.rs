//! A stack of slices taken as one region, slice by slice: IBSI's 2-D aggregation (Zwanenburg 2016,
//! section 3.6.1). PyRadiomics has no such mode; a film is one slice, for which it changes nothing.

use super::discretise::Levels;
use super::error::RadiomicsError;
use super::image::{Image, Mask};
use super::settings::Settings;
use super::{Derived, FeatureClass, Features, append, append_of_values, first_order, preprocess, values_of};

/// Computes the features of a region of several slices: texture features are the mean of those of
/// each slice, first-order features are those of the pixels of all slices together. Whether the
/// directions of a slice are averaged or merged is [`Settings::weighting_norm`]. Every slice needs
/// two pixels of the region at least. Bins must mean the same in every slice, for which
/// [`Binning::WidthFrom`](super::Binning::WidthFrom) is there.
///
/// # Errors
/// Those of [`extract`](super::extract), and [`RadiomicsError::ShapeOfSlices`] when the settings ask
/// for shape2D, which a stack has not.
pub fn extract_slices(slices: &[(Image, Mask)], settings: &Settings) -> Result<Features, RadiomicsError> {
    settings.check()?;
    if settings.asks_for(FeatureClass::Shape2D) {
        return Err(RadiomicsError::ShapeOfSlices);
    }
    let mut prepared = Vec::new();
    for (image, mask) in slices {
        image.check()?;
        mask.check(image)?;
        prepared.push(preprocess::prepare(image, mask, settings)?);
    }
    let Some(spacing) = prepared.first().map(|slice| slice.image.spacing()) else {
        return Err(RadiomicsError::RegionTooSmall { pixels: 0 });
    };
    let mut textures = settings.clone();
    textures.feature_classes.retain(|&class| class != FeatureClass::FirstOrder);

    let mut features = Features::new();
    for image_type in &settings.image_types {
        let binning = image_type.binning(settings);
        let mut of_slices = Vec::new();
        for slice in &prepared {
            let images = values_of(image_type.filter, &slice.image, slice.region())?;
            of_slices.push(images.collect::<Result<Vec<_>, _>>()?);
        }
        for image in 0..of_slices[0].len() {
            let Derived { name, .. } = &of_slices[0][image];
            if settings.asks_for(FeatureClass::FirstOrder) {
                let all: Vec<f64> = of_slices.iter().flat_map(|slice| &slice[image].values).copied().collect();
                let levels = Levels::new(&all, &super::Region::line(all.len()), binning, 0)?;
                let values = first_order::features(&all, &levels, spacing, settings.voxel_array_shift);
                append(&mut features, name, FeatureClass::FirstOrder, &values)?;
            }
            let mut sums = Features::new();
            for (slice, derived) in prepared.iter().zip(&of_slices) {
                let values = &derived[image].values;
                let levels = Levels::new(values, slice.region(), binning, settings.reach())?;
                let mut of_slice = Features::new();
                append_of_values(&mut of_slice, name, values, &levels, slice.image.spacing(), &textures)?;
                match sums.is_empty() {
                    true => sums = of_slice,
                    false => sums.iter_mut().zip(of_slice).for_each(|(sum, (_, value))| sum.1 += value),
                }
            }
            features.extend(sums.into_iter().map(|(name, sum)| (name, sum / prepared.len() as f64)));
        }
    }
    Ok(features)
}
