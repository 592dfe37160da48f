//! Resegmentation: pixels of extreme value leave the region.

use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::{Image, Mask};
use crate::radiomics::lanes;
use crate::radiomics::region::Region;
use crate::radiomics::settings::{Resegmentation, ResegmentationMode};

/// The pixels of `mask` whose value lies within the thresholds, both included. `region` is that of
/// the mask.
///
/// # Errors
/// When fewer than two pixels are left.
pub(super) fn resegmented(
    image: &Image,
    mask: &Mask,
    region: &Region,
    resegmentation: Resegmentation,
) -> Result<Mask, RadiomicsError> {
    let values = region.values(image);
    let threshold: Box<dyn Fn(f64) -> f64> = match resegmentation.mode {
        ResegmentationMode::Absolute => Box::new(|given| given),
        ResegmentationMode::Relative => {
            let (_, largest) = lanes::range(&values);
            Box::new(move |given| largest * given)
        }
        ResegmentationMode::Sigma => {
            let count = values.len() as f64;
            let mean = lanes::sum(&values, |value| value) / count;
            let deviation = (lanes::sum(&values, |value| (value - mean) * (value - mean)) / count).sqrt();
            Box::new(move |given| mean + deviation * given)
        }
    };
    let lower = threshold(resegmentation.lower);
    let upper = resegmentation.upper.map_or(f64::INFINITY, &threshold);
    let stays = |(&inside, &value): (&bool, &f64)| inside && lower <= value && value <= upper;
    let inside: Vec<bool> = mask.inside.iter().zip(&image.pixels).map(stays).collect();
    let pixels = inside.iter().filter(|&&inside| inside).count();
    if pixels < 2 {
        return Err(RadiomicsError::ResegmentedTooSmall { pixels, lower, upper });
    }
    Ok(Mask { inside, ..*mask })
}
