//! Filters that look at one pixel at a time, scaled by the largest magnitude of the whole image.
//!
//! Definitions: PyRadiomics 3.0.1, `getSquareImage` to `getExponentialImage`. An image of zeros has
//! no scale: its square, logarithm and exponential are not numbers, as they are there.

use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

/// x²/m, m the largest magnitude: the sign is lost.
pub(super) fn square(image: &Image, frame: Frame) -> Vec<f64> {
    let scale = 1.0 / largest_magnitude(image).sqrt();
    map(image, frame, |value| {
        let scaled = scale * value;
        scaled * scaled
    })
}

/// √(|x| m) with the sign of x.
pub(super) fn square_root(image: &Image, frame: Frame) -> Vec<f64> {
    let largest = largest_magnitude(image);
    map(image, frame, |value| (value.abs() * largest).sqrt().copysign(value))
}

/// ln(|x| + 1) with the sign of x, scaled so that the largest magnitude stays m.
pub(super) fn logarithm(image: &Image, frame: Frame) -> Vec<f64> {
    let largest = largest_magnitude(image);
    let scale = largest / (largest + 1.0).ln();
    map(image, frame, |value| (value.abs() + 1.0).ln().copysign(value) * scale)
}

/// m^(x/m).
pub(super) fn exponential(image: &Image, frame: Frame) -> Vec<f64> {
    let largest = largest_magnitude(image);
    let scale = largest.ln() / largest;
    map(image, frame, |value| (scale * value).exp())
}

/// A maximum in several strands, which a processor finds side by side.
fn largest_magnitude(image: &Image) -> f64 {
    const STRANDS: usize = 8;
    let (blocks, rest) = image.pixels.as_chunks::<STRANDS>();
    let mut largest = [0.0_f64; STRANDS];
    for block in blocks {
        for (largest, value) in largest.iter_mut().zip(block) {
            let magnitude = value.abs();
            *largest = if magnitude > *largest { magnitude } else { *largest };
        }
    }
    largest.iter().chain(rest).fold(0.0, |largest, value| largest.max(value.abs()))
}

fn map(image: &Image, frame: Frame, value: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut values = frame.cut(image);
    for pixel in &mut values {
        *pixel = value(*pixel);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Frame = Frame { left: 0, top: 0, width: 3, height: 1 };

    fn image(pixels: [f64; 3]) -> Image {
        Image { width: 3, height: 1, pixels: pixels.to_vec(), row_mm: 1.0, column_mm: 1.0 }
    }

    fn assert_close(ours: &[f64], expected: [f64; 3]) {
        for (ours, expected) in ours.iter().zip(expected) {
            assert!((ours - expected).abs() <= 1e-12 * expected.abs(), "{ours}, by hand {expected}");
        }
    }

    #[test]
    fn known_values() {
        let image = image([-16.0, 0.0, 4.0]);
        assert_close(&square(&image, WHOLE), [16.0, 0.0, 1.0]);
        assert_close(&square_root(&image, WHOLE), [-16.0, 0.0, 8.0]);
        assert_close(&logarithm(&image, WHOLE), [-16.0, 0.0, 16.0 * 5.0_f64.ln() / 17.0_f64.ln()]);
        assert_close(&exponential(&image, WHOLE), [1.0 / 16.0, 1.0, 2.0]);
    }

    #[test]
    fn the_scale_comes_from_outside_the_frame_too() {
        let frame = Frame { left: 2, top: 0, width: 1, height: 1 };
        assert_eq!(square(&image([-16.0, 0.0, 4.0]), frame), [1.0]);
    }

    #[test]
    fn zeros_have_a_square_root_only() {
        let image = image([0.0; 3]);
        assert_eq!(square_root(&image, WHOLE), [0.0; 3]);
        for values in [square(&image, WHOLE), logarithm(&image, WHOLE), exponential(&image, WHOLE)] {
            assert!(values.iter().all(|value| value.is_nan()));
        }
    }
}
