//! Filters that look at one pixel at a time: square, square root, logarithm, exponential. Each keeps
//! the largest magnitude of the whole image, m.

use crate::radiomics::image::Image;
use crate::radiomics::lanes;
use crate::radiomics::region::Frame;

/// x² / m: the square of `x / sqrt(m)`.
pub(super) fn square(image: &Image, frame: Frame) -> Vec<f64> {
    let coefficient = 1.0 / largest_magnitude(image).sqrt();
    each(image, frame, |value| {
        let scaled = coefficient * value;
        scaled * scaled
    })
}

/// sqrt(m |x|) with the sign of x.
pub(super) fn square_root(image: &Image, frame: Frame) -> Vec<f64> {
    let coefficient = largest_magnitude(image);
    each(image, frame, |value| (value.abs() * coefficient).sqrt().copysign(value))
}

/// log(|x| + 1) with the sign of x, times m / log(m + 1).
pub(super) fn logarithm(image: &Image, frame: Frame) -> Vec<f64> {
    let largest = largest_magnitude(image);
    let coefficient = largest / (largest + 1.0).ln();
    each(image, frame, |value| (value.abs() + 1.0).ln().copysign(value) * coefficient)
}

/// exp(x log(m) / m).
pub(super) fn exponential(image: &Image, frame: Frame) -> Vec<f64> {
    let largest = largest_magnitude(image);
    let coefficient = largest.ln() / largest;
    each(image, frame, |value| (coefficient * value).exp())
}

fn largest_magnitude(image: &Image) -> f64 {
    let (smallest, largest) = lanes::range(&image.pixels);
    largest.max(-smallest)
}

fn each(image: &Image, frame: Frame, value: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut values = frame.cut(image);
    values.iter_mut().for_each(|pixel| *pixel = value(*pixel));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_magnitude_stays() {
        let image = Image { width: 3, height: 1, pixels: vec![-8.0, 0.0, 2.0], row_mm: 1.0, column_mm: 1.0 };
        let frame = Frame { left: 0, top: 0, width: 3, height: 1 };
        let close = |found: Vec<f64>, expected: [f64; 3]| {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
            }
        };
        close(square(&image, frame), [8.0, 0.0, 0.5]);
        close(square_root(&image, frame), [-8.0, 0.0, 4.0]);
        close(logarithm(&image, frame), [-8.0, 0.0, 4.0]);
        close(exponential(&image, frame), [0.125, 1.0, 8.0_f64.powf(0.25)]);
    }
}
