//! Normalisation of a whole image before anything is measured on it.

use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::Image;

/// Subtracts the mean of the whole image, divides by its standard deviation and multiplies by
/// `scale`. The standard deviation is the sample's (divisor n - 1), as ITK's
/// `NormalizeImageFilter` has it, which PyRadiomics calls.
///
/// # Errors
/// When the image has no contrast, so that there is no standard deviation to divide by.
pub(super) fn normalised(image: &Image, scale: f64) -> Result<Image, RadiomicsError> {
    let count = image.pixels.len() as f64;
    let mean = image.pixels.iter().sum::<f64>() / count;
    let variance = image.pixels.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let deviation = variance.sqrt();
    if !(deviation.is_finite() && deviation > 0.0) {
        return Err(RadiomicsError::NothingToNormalise);
    }
    Ok(image.map(|value| (value - mean) / deviation * scale))
}
