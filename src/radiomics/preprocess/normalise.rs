//! Normalisation of a whole image before anything is measured on it.

use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::Image;
use crate::radiomics::lanes;
use crate::radiomics::settings::Normalisation;

/// Subtracts the mean of the whole image, divides by its standard deviation, moves outliers to their
/// limit and multiplies by the scale. The standard deviation is the sample's (divisor n - 1), as
/// ITK's `NormalizeImageFilter` has it, which PyRadiomics calls.
///
/// # Errors
/// When the image has no contrast, so that there is no standard deviation to divide by.
pub(super) fn normalised(image: &Image, normalisation: Normalisation) -> Result<Image, RadiomicsError> {
    let count = image.pixels.len() as f64;
    let [sum, squares] = lanes::sums(&image.pixels, |values| [values, lanes::product(values, values)]);
    let mean = sum / count;
    // ITK's formula, exact for whole numbers, so that equal pixels stay equal to the last bit.
    let deviation = ((squares - sum * sum / count) / (count - 1.0)).sqrt();
    if !(deviation.is_finite() && deviation > 0.0) {
        return Err(RadiomicsError::NothingToNormalise);
    }
    let limit = normalisation.remove_outliers.unwrap_or(f64::INFINITY);
    let per_value = 1.0 / deviation;
    Ok(image.map(|value| ((value - mean) * per_value).clamp(-limit, limit) * normalisation.scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_move_to_their_limit_before_the_scale() {
        let pixels = vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0];
        let image = Image { width: 9, height: 1, pixels, row_mm: 1.0, column_mm: 1.0 };
        let all = normalised(&image, Normalisation { scale: 100.0, remove_outliers: None }).unwrap();
        assert!((all.pixels[8] - 800.0 / 3.0).abs() < 1e-9 && (all.pixels[0] + 100.0 / 3.0).abs() < 1e-9);
        let within = normalised(&image, Normalisation { scale: 100.0, remove_outliers: Some(2.0) }).unwrap();
        assert_eq!(within.pixels[8], 200.0);
        assert_eq!(within.pixels[0], all.pixels[0]);
    }
    #[test]
    fn one_grey_has_no_deviation() {
        let image = Image { width: 4, height: 1, pixels: vec![3.0; 4], row_mm: 1.0, column_mm: 1.0 };
        let found = normalised(&image, Normalisation { scale: 1.0, remove_outliers: None });
        assert_eq!(found, Err(RadiomicsError::NothingToNormalise));
    }
}
