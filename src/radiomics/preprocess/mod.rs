//! What happens before anything is measured, in PyRadiomics' order.
//!
//! Owns: normalisation, resampling, the checks of the region, resegmentation.
//! In: an image and a mask that were checked to fit each other, and settings. Out: [`Prepared`].
//! Never: changes what it was given, or measures.

mod bspline;
mod direction;
mod interpolate;
mod normalise;
mod region_checks;
mod resample;
mod resegment;

use std::borrow::Cow;

use super::error::RadiomicsError;
use super::image::{Image, Mask};
use super::region::Region;
use super::settings::{Resampling, Settings};

/// What the features are computed on.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    /// The image, normalised and resampled where asked for.
    pub image: Cow<'a, Image>,
    /// The region whose form counts.
    pub shape: Region,
    /// The region whose values count, when it is not the same.
    pub resegmented: Option<Region>,
}

impl Prepared<'_> {
    /// The region whose values count.
    pub fn region(&self) -> &Region {
        self.resegmented.as_ref().unwrap_or(&self.shape)
    }
}

/// Prepares an image and a mask that were checked to fit each other.
///
/// # Errors
/// When the image cannot be normalised or resampled, or the region that is left is too small.
pub(super) fn prepare<'a>(
    image: &'a Image,
    mask: &'a Mask,
    settings: &Settings,
) -> Result<Prepared<'a>, RadiomicsError> {
    let (mut image, mut mask) = (Cow::Borrowed(image), Cow::Borrowed(mask));
    if let Some(normalisation) = settings.normalisation {
        image = Cow::Owned(finite("normalised", normalise::normalised(&image, normalisation)?)?);
    }
    if let Some(resampling) = settings.resampling {
        let integer_range = resampling.integer_range.filter(|_| settings.normalisation.is_none());
        let resampling = Resampling { integer_range, ..resampling };
        let (new_image, new_mask) = resample::resampled(&image, &mask, resampling)?;
        (image, mask) = (Cow::Owned(finite("resampled", new_image)?), Cow::Owned(new_mask));
    }

    let region = Region::new(&mask)?;
    region_checks::check(&region, settings)?;

    let Some(resegmentation) = settings.resegmentation else {
        return Ok(Prepared { image, shape: region, resegmented: None });
    };
    let smaller = Region::new(&resegment::resegmented(&image, &region, resegmentation)?)?;
    region_checks::check(&smaller, settings)?;
    if resegmentation.shape {
        return Ok(Prepared { image, shape: smaller, resegmented: None });
    }
    // PyRadiomics measures the form of the whole region, but within the bounds of the smaller one.
    let shape = Region::new(&mask.within(smaller.frame))?;
    Ok(Prepared { image, shape, resegmented: Some(smaller) })
}

/// Refuses an image that overflowed on the way.
fn finite(step: &str, image: Image) -> Result<Image, RadiomicsError> {
    match image.pixels.iter().find(|pixel| !pixel.is_finite()) {
        Some(&value) => Err(RadiomicsError::FilteredNotFinite { filter: step.to_owned(), value }),
        None => Ok(image),
    }
}
