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
        let vertical = Diagonal::at(y);
        let around = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
        values.extend(
            around
                .zip(frame.left..)
                .map(|(((above, here), below), x)| code([above, here, below], vertical, Diagonal::at(x))),
        );
        (above, here) = (here, below);
    }
    values
}

/// Where the diagonal samples lie between the pixels along one axis, as shares of the way from the
/// pixel before to the one behind. Taken from positions in the image, as scikit-image does: whether
/// a sample equals the pixel is a matter of the last bit.
#[derive(Clone, Copy)]
struct Diagonal {
    /// Of the sample before the pixel, from its neighbour to the pixel.
    before: f64,
    /// Of the sample behind it, from the pixel to its neighbour.
    behind: f64,
}

impl Diagonal {
    fn at(position: usize) -> Self {
        let position = position as f64;
        Self { before: (position - DIAGONAL) - (position - 1.0), behind: (position + DIAGONAL) - position }
    }
}

/// The code of the pixel in the middle of 3 x 3.
fn code([above, here, below]: [&[f64]; 3], vertical: Diagonal, horizontal: Diagonal) -> f64 {
    let centre = here[1];
    // Between four pixels: along both rows first, then from the upper to the lower.
    let between = |upper: &[f64], lower: &[f64], down: f64, across: f64| {
        let along = |row: &[f64]| (1.0 - across) * row[0] + across * row[1];
        (1.0 - down) * along(upper) + down * along(lower)
    };
    // Counter-clockwise from the right, as the angle grows with rows counted downwards.
    let samples = [
        here[2],
        between(&above[1..], &here[1..], vertical.before, horizontal.behind),
        above[1],
        between(above, here, vertical.before, horizontal.before),
        here[0],
        between(here, below, vertical.behind, horizontal.before),
        below[1],
        between(&here[1..], &below[1..], vertical.behind, horizontal.behind),
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
        let code =
            |above: &[f64], here: &[f64], below: &[f64]| code([above, here, below], Diagonal::at(3), Diagonal::at(7));
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
