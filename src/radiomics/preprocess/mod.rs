//! Before anything is measured: normalisation, resampling, the checks of the region, resegmentation;
//! in PyRadiomics' order.

mod normalise;

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
    let mut image = Cow::Borrowed(image);
    if let Some(normalisation) = settings.normalisation {
        image = Cow::Owned(normalise::normalised(&image, normalisation.scale)?);
    }
    let shape = Region::new(mask)?;
    Ok(Prepared { image, shape, resegmented: None })
}
