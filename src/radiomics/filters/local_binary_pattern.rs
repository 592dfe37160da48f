//! LBP: which of the eight neighbours are at least as bright as the pixel.
//!
//! Ojala, Pietikäinen and Mäenpää, IEEE TPAMI 2002, uniform and rotation invariant, P = 8 samples on
//! a circle of R = 1 pixel; in detail as scikit-image's `local_binary_pattern`, which PyRadiomics
//! calls: sample positions are rounded to 5 decimals, values between pixels are bilinear, what lies
//! beyond the image is 0, and changes are counted from the first to the last sample without
//! returning to the first.

use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

/// The diagonal samples lie this far from the pixel along both axes: sqrt(1/2) to 5 decimals, on
/// purpose.
#[allow(clippy::approx_constant)]
const DIAGONAL: f64 = 0.70711;
/// A pattern with more changes than this is not uniform.
const CHANGES_AT_MOST: u32 = 2;
/// The code of all patterns that are not uniform.
const NOT_UNIFORM: f64 = 9.0;

/// The code of each pixel of the frame: the number of bright samples of a uniform pattern, 0 to 8,
/// else 9.
pub(super) fn codes(image: &Image, frame: Frame) -> Vec<f64> {
    // Three rows with a column of 0 on either side.
    let row = |y: Option<usize>| {
        let mut padded = vec![0.0; frame.width + 2];
        if let Some(y) = y.filter(|y| *y < image.height) {
            let pixels = &image.pixels[y * image.width..][..image.width];
            for (cell, column) in padded.iter_mut().zip(frame.left as isize - 1..) {
                *cell = usize::try_from(column).ok().and_then(|column| pixels.get(column)).copied().unwrap_or(0.0);
            }
        }
        padded
    };
    let mut values = Vec::with_capacity(frame.width * frame.height);
    let (mut above, mut here) = (row(frame.top.checked_sub(1)), row(Some(frame.top)));
    for y in frame.top..frame.top + frame.height {
        let below = row(Some(y + 1));
        let around = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
        values.extend(around.map(|((above, here), below)| code(above, here, below)));
        (above, here) = (here, below);
    }
    values
}

/// The code of the pixel in the middle of 3 x 3.
fn code(above: &[f64], here: &[f64], below: &[f64]) -> f64 {
    let centre = here[1];
    // Between four pixels: the nearest on the diagonal, the two beside it, the centre.
    let diagonal = |corner: f64, beside: f64, upright: f64| {
        let (far, near) = (DIAGONAL, 1.0 - DIAGONAL);
        let with_centre = near * centre + far * beside;
        let with_corner = near * upright + far * corner;
        near * with_centre + far * with_corner
    };
    // Counter-clockwise from the right, as the angle grows with rows counted downwards.
    let samples = [
        here[2],
        diagonal(above[2], here[2], above[1]),
        above[1],
        diagonal(above[0], here[0], above[1]),
        here[0],
        diagonal(below[0], here[0], below[1]),
        below[1],
        diagonal(below[2], here[2], below[1]),
    ];
    let pattern = samples.iter().rev().fold(0_u32, |pattern, &sample| pattern << 1 | u32::from(sample >= centre));
    let changes = ((pattern ^ pattern >> 1) & 0x7F).count_ones();
    if changes <= CHANGES_AT_MOST { f64::from(pattern.count_ones()) } else { NOT_UNIFORM }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_by_hand() {
        assert_eq!(code(&[5.0; 3], &[5.0; 3], &[5.0; 3]), 8.0);
        assert_eq!(code(&[1.0; 3], &[1.0, 5.0, 1.0], &[1.0; 3]), 0.0);
        // Right, above right and above are bright, the rest dark: one change.
        assert_eq!(code(&[0.0, 9.0, 9.0], &[0.0, 5.0, 9.0], &[0.0; 3]), 3.0);
        // Bright above, below, left and right, dark corners: a change at each sample.
        assert_eq!(code(&[-90.0, 9.0, -90.0], &[9.0, 5.0, 9.0], &[-90.0, 9.0, -90.0]), NOT_UNIFORM);
    }

    #[test]
    fn beyond_the_image_is_black() {
        let image = Image { width: 2, height: 1, pixels: vec![3.0, 4.0], row_mm: 1.0, column_mm: 1.0 };
        let frame = Frame { left: 0, top: 0, width: 2, height: 1 };
        // Of the left pixel only the sample on the right is bright; of the right pixel none.
        assert_eq!(codes(&image, frame), [1.0, 0.0]);
    }
}
