//! Local binary patterns: for each pixel, which of 8 neighbours on a circle are at least as bright.
//!
//! Source: T. Ojala, M. Pietikäinen, T. Mäenpää, "Multiresolution gray-scale and rotation invariant
//! texture classification with local binary patterns", IEEE TPAMI 24 (2002) 971-987, equation 11:
//! at most two changes around the circle give the number of bright neighbours, any more give 9. As
//! scikit-image has it: coordinates rounded to five decimals, and zero outside the image.

use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

/// How far a diagonal neighbour is along each axis: cos 45°, rounded as scikit-image rounds it.
#[expect(clippy::approx_constant, reason = "five decimals are the definition")]
const DIAGONAL: f64 = 0.70711;
const NEIGHBOURS: usize = 8;

/// The answer for each set of bright neighbours, bit k standing for the k-th.
const CODES: [f64; 1 << NEIGHBOURS] = {
    let mut codes = [0.0; 1 << NEIGHBOURS];
    let mut pattern = 0;
    while pattern < codes.len() {
        let changes = (pattern as u8 ^ (pattern as u8).rotate_left(1)).count_ones();
        codes[pattern] = if changes <= 2 { pattern.count_ones() as f64 } else { NEIGHBOURS as f64 + 1.0 };
        pattern += 1;
    }
    codes
};

/// The uniform codes, 0 to 9, in `frame`.
pub(super) fn codes(image: &Image, frame: Frame) -> Vec<f64> {
    let columns: Vec<[Between; 2]> = (frame.left..frame.left + frame.width).map(diagonals).collect();
    let mut rows = [-1, 0, 1].map(|offset| widened_row(image, frame, frame.top as isize + offset));
    let mut codes = Vec::with_capacity(frame.width * frame.height);
    for y in frame.top..frame.top + frame.height {
        let [up, down] = diagonals(y);
        let [above, here, below] = &rows;
        let seen = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
        codes.extend(seen.zip(&columns).map(|(((above, here), below), [left, right])| {
            let centre = here[1];
            // Against the clock from the right, rows counting downwards.
            let circle = [
                here[2],
                up.of(right.of(above[1], above[2]), right.of(here[1], here[2])),
                above[1],
                up.of(left.of(above[0], above[1]), left.of(here[0], here[1])),
                here[0],
                down.of(left.of(here[0], here[1]), left.of(below[0], below[1])),
                below[1],
                down.of(right.of(here[1], here[2]), right.of(below[1], below[2])),
            ];
            let bright = |(k, &value): (usize, &f64)| usize::from(value >= centre) << k;
            CODES[circle.iter().enumerate().map(bright).sum::<usize>()]
        }));
        rows.rotate_left(1);
        fill_widened_row(image, frame, y as isize + 2, &mut rows[2]);
    }
    codes
}

/// Weights of the two pixels between which a neighbour lies on one axis.
#[derive(Debug, Clone, Copy)]
struct Between {
    first: f64,
    second: f64,
}

impl Between {
    fn of(self, first: f64, second: f64) -> f64 {
        self.first * first + self.second * second
    }
}

/// Where the diagonal neighbours of the pixel at `position` lie, before and after it. The weights
/// are those of the rounded sum, which differ from pixel to pixel in their last bits: in an area of
/// one value these bits decide whether a neighbour is as bright.
fn diagonals(position: usize) -> [Between; 2] {
    let position = position as f64;
    [(position - DIAGONAL) - (position - 1.0), (position + DIAGONAL) - position]
        .map(|second| Between { first: 1.0 - second, second })
}

fn widened_row(image: &Image, frame: Frame, y: isize) -> Vec<f64> {
    let mut row = vec![0.0; frame.width + 2];
    fill_widened_row(image, frame, y, &mut row);
    row
}

/// The frame's part of row `y` and a pixel on either side; zero where the image is not.
fn fill_widened_row(image: &Image, frame: Frame, y: isize, row: &mut [f64]) {
    row.fill(0.0);
    let Some(y) = usize::try_from(y).ok().filter(|&y| y < image.height) else { return };
    let source = &image.pixels[y * image.width..][..image.width];
    let first = frame.left.saturating_sub(1);
    let end = (frame.left + frame.width + 1).min(image.width);
    row[first + 1 - frame.left..][..end - first].copy_from_slice(&source[first..end]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_centre(pixels: [f64; 9]) -> f64 {
        let image = Image { width: 3, height: 3, pixels: pixels.to_vec(), row_mm: 1.0, column_mm: 1.0 };
        codes(&image, Frame { left: 1, top: 1, width: 1, height: 1 })[0]
    }

    #[test]
    fn known_patterns() {
        assert_eq!(of_centre([0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 0.0]), 0.0, "a spot");
        assert_eq!(of_centre([9.0, 9.0, 9.0, 9.0, 0.0, 9.0, 9.0, 9.0, 9.0]), 8.0, "a hole");
        assert_eq!(of_centre([9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]), 5.0, "an edge");
        assert_eq!(of_centre([0.0, 9.0, 0.0, 9.0, 6.0, 9.0, 0.0, 9.0, 0.0]), 9.0, "a cross");
    }

    #[test]
    fn a_pattern_may_begin_anywhere_on_the_circle() {
        assert_eq!([CODES[0b0001_1100], CODES[0b1100_0011], CODES[0b1000_0001]], [3.0, 4.0, 2.0]);
        assert_eq!([CODES[0b0001_0001], CODES[0b0000_0101], CODES[0b1000_0010]], [9.0; 3]);
    }

    #[test]
    fn beyond_the_border_is_zero() {
        let image = |value| Image { width: 1, height: 1, pixels: vec![value], row_mm: 1.0, column_mm: 1.0 };
        let frame = Frame { left: 0, top: 0, width: 1, height: 1 };
        assert_eq!(codes(&image(5.0), frame), [0.0]);
        assert_eq!(codes(&image(-5.0), frame), [8.0]);
    }
}
