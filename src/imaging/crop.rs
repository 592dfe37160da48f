//! Cutting a region of interest out of a radiograph.

use std::ops::Range;

use super::Radiograph;
use crate::findings::BoundingBox;

impl Radiograph {
    /// The pixels whose centre is inside `region`, clipped to the image; spacing is kept. Width or
    /// height is 0 when no centre is inside.
    pub fn crop(&self, region: &BoundingBox) -> Self {
        let columns = centres_inside(region.x0, region.x1, self.width);
        let rows = centres_inside(region.y0, region.y1, self.height);
        let pixels = rows.clone().flat_map(|row| &self.pixels[row * self.width..][columns.clone()]).copied().collect();
        Self { width: columns.len(), height: rows.len(), pixels, spacing: self.spacing }
    }
}

/// Indices of the pixels, `i + 0.5` their centre, from `start` (included) to `end` (excluded), so
/// that boxes side by side share no pixel.
fn centres_inside(start: f64, end: f64, length: usize) -> Range<usize> {
    // The cast of a float saturates and makes NaN 0, so any box is safe.
    let index = |edge: f64| ((edge - 0.5).ceil().max(0.0) as usize).min(length);
    let first = index(start);
    first..index(end).max(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pixel (column, row) has the value `10 * row + column`.
    fn numbered(width: usize, height: usize) -> Radiograph {
        let pixels = (0..height).flat_map(|row| (0..width).map(move |column| (10 * row + column) as f32)).collect();
        Radiograph { width, height, pixels, spacing: None }
    }

    fn region(x0: f64, y0: f64, x1: f64, y1: f64) -> BoundingBox {
        BoundingBox { x0, y0, x1, y1 }
    }

    #[test]
    fn a_pixel_belongs_to_the_box_its_centre_is_in() {
        let cut = numbered(5, 4).crop(&region(0.6, 1.5, 3.5, 2.6));
        assert_eq!((cut.width, cut.height), (2, 2));
        assert_eq!(cut.pixels, [11.0, 12.0, 21.0, 22.0]);
    }

    #[test]
    fn boxes_beyond_the_image_are_clipped_and_impossible_ones_are_empty() {
        let image = numbered(5, 4);
        assert_eq!(image.crop(&region(-10.0, -10.0, 100.0, 100.0)), image);
        for nothing in [region(3.0, 1.0, 2.0, 3.0), region(9.0, 9.0, 12.0, 12.0), region(f64::NAN, 0.0, f64::NAN, 4.0)]
        {
            assert_eq!(image.crop(&nothing).pixels, [0.0; 0], "{nothing:?}");
        }
    }

    proptest! {
        #[test]
        fn boxes_side_by_side_share_no_pixel_and_lose_none(cut in -2.0..9.0f64) {
            let image = numbered(7, 3);
            let left = image.crop(&region(0.0, 0.0, cut, 3.0));
            let right = image.crop(&region(cut, 0.0, 7.0, 3.0));
            prop_assert_eq!(left.width + right.width, 7);
            prop_assert_eq!(left.pixels.len() + right.pixels.len(), image.pixels.len());
        }

        #[test]
        fn the_size_is_the_pixels_that_are_there(
            x0 in -5.0..15.0f64, y0 in -5.0..15.0f64, x1 in -5.0..15.0f64, y1 in -5.0..15.0f64,
        ) {
            let image = numbered(9, 8);
            let cut = image.crop(&region(x0, y0, x1, y1));
            prop_assert_eq!(cut.pixels.len(), cut.width * cut.height);
            prop_assert!(cut.width <= 9 && cut.height <= 8);
            let inside = |row: usize, column: usize| {
                let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
                x0 <= x && x < x1 && y0 <= y && y < y1
            };
            let expected: Vec<f32> = (0..8)
                .flat_map(|row| (0..9).map(move |column| (row, column)))
                .filter(|&(row, column)| inside(row, column))
                .map(|(row, column)| (10 * row + column) as f32)
                .collect();
            prop_assert_eq!(cut.pixels, expected);
        }
    }
}
