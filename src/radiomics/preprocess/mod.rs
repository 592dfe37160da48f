//! Before anything is measured, in PyRadiomics' order: normalisation, resampling, the checks of the
//! region, resegmentation.

mod bspline;
mod interpolate;
mod normalise;
mod resample;
mod resegment;

use std::borrow::Cow;

use super::error::RadiomicsError;
use super::image::{Image, Mask};
use super::region::Region;
use super::settings::Settings;

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
pub(super) fn prepare<'a>(
    image: &'a Image,
    mask: &'a Mask,
    settings: &Settings,
) -> Result<Prepared<'a>, RadiomicsError> {
    let (mut image, mut mask) = (Cow::Borrowed(image), Cow::Borrowed(mask));
    if let Some(normalisation) = settings.normalisation {
        image = Cow::Owned(normalise::normalised(&image, normalisation)?);
    }
    if let Some(mut resampling) = settings.resampling {
        if settings.normalisation.is_some() {
            resampling.integer_range = None;
        }
        let (new_image, new_mask) = resample::resampled(&image, &mask, resampling)?;
        (image, mask) = (Cow::Owned(new_image), Cow::Owned(new_mask));
    }
    let region = checked_region(&mask, settings)?;
    let Some(resegmentation) = settings.resegmentation else {
        return Ok(Prepared { image, shape: region, resegmented: None });
    };

    let smaller = resegment::resegmented(&image, &mask, &region, resegmentation)?;
    let resegmented = checked_region(&smaller, settings)?;
    if resegmentation.shape {
        return Ok(Prepared { image, shape: resegmented, resegmented: None });
    }
    // PyRadiomics measures the form of the old region, but within the bounds of the new one.
    let shape = Region::new(&mask.within(resegmented.frame))?;
    Ok(Prepared { image, shape, resegmented: Some(resegmented) })
}

/// The region of a mask, if it is large enough.
fn checked_region(mask: &Mask, settings: &Settings) -> Result<Region, RadiomicsError> {
    let region = Region::new(mask)?;
    let dimensions = [region.frame.width, region.frame.height].iter().filter(|&&pixels| pixels > 1).count();
    if dimensions < settings.minimum_roi_dimensions as usize {
        return Err(RadiomicsError::TooFewDimensions { minimum: settings.minimum_roi_dimensions });
    }
    match settings.minimum_roi_size {
        Some(minimum) if region.count <= minimum => {
            Err(RadiomicsError::BelowMinimumSize { pixels: region.count, minimum })
        }
        _ => Ok(region),
    }
}
