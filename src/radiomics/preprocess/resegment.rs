//! Resegmentation: pixels of extreme value leave the region.

use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::{Image, Mask};
use crate::radiomics::lanes;
use crate::radiomics::region::Region;
use crate::radiomics::settings::{Resegmentation, ResegmentationMode};

/// The pixels of `region`, a region of `image`, whose value lies within the thresholds, both of
/// which are still inside.
///
/// # Errors
/// [`RadiomicsError::ResegmentedTooSmall`] when fewer than two are left. Relative thresholds of a
/// region without a positive value change places and leave none, as in PyRadiomics.
pub(super) fn resegmented(
    image: &Image,
    region: &Region,
    resegmentation: Resegmentation,
) -> Result<Mask, RadiomicsError> {
    let values = region.values(image);
    let (lower, upper) = thresholds(&values, resegmentation);
    let mut inside = vec![false; image.pixels.len()];
    for (index, &value) in indices(region, image.width).zip(&values) {
        inside[index] = lower <= value && value <= upper;
    }
    match inside.iter().filter(|&&inside| inside).count() {
        pixels @ 0..=1 => Err(RadiomicsError::ResegmentedTooSmall { pixels, lower, upper }),
        _ => Ok(Mask { width: image.width, height: image.height, inside }),
    }
}

/// Lowest and highest value kept, from the values of the region.
fn thresholds(values: &[f64], resegmentation: Resegmentation) -> (f64, f64) {
    let (smallest, largest) = lanes::range(values);
    let (zero, unit) = match resegmentation.mode {
        ResegmentationMode::Absolute => (0.0, 1.0),
        ResegmentationMode::Relative => (0.0, largest),
        ResegmentationMode::Sigma => {
            let count = values.len() as f64;
            // Rounding must not push the mean of equal values off them: all would leave the region.
            let mean = (lanes::sum(values, |value| value) / count).clamp(smallest, largest);
            let variance = lanes::sum(values, |value| (value - mean).powi(2)) / count;
            (mean, variance.sqrt())
        }
    };
    let [lower, upper] = [Some(resegmentation.lower), resegmentation.upper]
        .map(|threshold| threshold.map(|threshold| zero + unit * threshold));
    (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY))
}

/// Where in the image the pixels of `region` are, in the order of its values.
fn indices(region: &Region, width: usize) -> impl Iterator<Item = usize> + '_ {
    region.spans.iter().flat_map(move |span| {
        let row = (region.frame.top + span.row) * width + region.frame.left;
        row + span.start..row + span.end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row of pixels and all but the first of them.
    fn region_of(pixels: &[f64]) -> (Image, Region) {
        let image = Image { width: pixels.len(), height: 1, pixels: pixels.to_vec(), row_mm: 1.0, column_mm: 1.0 };
        let inside = (0..pixels.len()).map(|column| column > 0).collect();
        let region = Region::new(&Mask { width: pixels.len(), height: 1, inside }).unwrap();
        (image, region)
    }

    fn kept(pixels: &[f64], mode: ResegmentationMode, lower: f64, upper: Option<f64>) -> Vec<usize> {
        let (image, region) = region_of(pixels);
        let mask = resegmented(&image, &region, Resegmentation { lower, upper, mode, shape: true }).unwrap();
        (0..pixels.len()).filter(|&index| mask.inside[index]).collect()
    }

    #[test]
    fn thresholds_belong_to_the_range() {
        let pixels = [20.0, 10.0, 20.0, 30.0, 40.0];
        assert_eq!(kept(&pixels, ResegmentationMode::Absolute, 20.0, Some(30.0)), [2, 3]);
        assert_eq!(kept(&pixels, ResegmentationMode::Absolute, 20.0, None), [2, 3, 4]);
        assert_eq!(kept(&pixels, ResegmentationMode::Relative, 0.5, None), [2, 3, 4]);
        // Mean 25, standard deviation sqrt(125), about 11.18.
        assert_eq!(kept(&pixels, ResegmentationMode::Sigma, -1.0, Some(1.0)), [2, 3]);
    }

    #[test]
    fn equal_values_are_no_deviation_from_their_mean() {
        let pixels = [0.1; 12];
        assert_eq!(kept(&pixels, ResegmentationMode::Sigma, -1.0, Some(1.0)).len(), 11);
    }

    #[test]
    fn one_pixel_is_no_region() {
        let (image, region) = region_of(&[5.0, 1.0, 2.0, 3.0]);
        let resegmentation =
            Resegmentation { lower: 3.0, upper: Some(9.0), mode: ResegmentationMode::Absolute, shape: false };
        let error = resegmented(&image, &region, resegmentation).unwrap_err();
        assert_eq!(error, RadiomicsError::ResegmentedTooSmall { pixels: 1, lower: 3.0, upper: 9.0 });
    }
}
