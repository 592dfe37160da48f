//! The region: which pixels count, inside the smallest rectangle that holds them.

use super::error::RadiomicsError;
use super::image::{Image, Mask};

/// The pixels a mask selects, cut out to their bounding rectangle.
#[derive(Debug)]
pub(super) struct Region {
    /// Columns of the bounding rectangle.
    pub width: usize,
    /// Rows of the bounding rectangle.
    pub height: usize,
    /// Row by row over the bounding rectangle, `true` inside.
    pub inside: Vec<bool>,
    /// Pixels inside, at least 2.
    pub count: usize,
    /// Row of the rectangle's top left pixel in the image.
    top: usize,
    /// Column of the rectangle's top left pixel in the image.
    left: usize,
}

impl Region {
    /// Cuts out a mask that was checked; PyRadiomics too refuses a region of no or one pixel.
    pub fn new(mask: &Mask) -> Result<Self, RadiomicsError> {
        let pixels = mask.inside.iter().filter(|&&inside| inside).count();
        if pixels < 2 {
            return Err(RadiomicsError::RegionTooSmall { pixels });
        }
        let rows = || mask.inside.chunks_exact(mask.width);
        let (mut top, mut bottom, mut left, mut right) = (usize::MAX, 0, usize::MAX, 0);
        for (y, row) in rows().enumerate() {
            if let (Some(first), Some(last)) = (row.iter().position(|&p| p), row.iter().rposition(|&p| p)) {
                (top, bottom) = (top.min(y), y);
                (left, right) = (left.min(first), right.max(last));
            }
        }
        let (width, height) = (right - left + 1, bottom - top + 1);
        let inside = rows().skip(top).take(height).flat_map(|row| &row[left..=right]).copied().collect();
        Ok(Self { width, height, inside, count: pixels, top, left })
    }

    /// The values of `image` inside the region, row by row; `image` has the size of the mask.
    pub fn values(&self, image: &Image) -> Vec<f64> {
        let rows = image.pixels.chunks_exact(image.width).skip(self.top);
        let mut values = Vec::with_capacity(self.count);
        for (row, inside) in rows.zip(self.inside.chunks_exact(self.width)) {
            let pixels = row[self.left..][..self.width].iter().zip(inside);
            values.extend(pixels.filter(|&(_, &inside)| inside).map(|(&value, _)| value));
        }
        values
    }
}
