//! The region: which pixels count, inside the smallest rectangle that holds them.

use super::error::RadiomicsError;
use super::image::{Image, Mask};

/// A rectangle of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Frame {
    /// The rows of the frame in a buffer of rows of `width`.
    pub fn rows<'a, T>(self, buffer: &'a [T], width: usize) -> impl Iterator<Item = &'a [T]> {
        buffer.chunks_exact(width).skip(self.top).take(self.height).map(move |row| &row[self.left..][..self.width])
    }

    /// The values of `image` in the frame, row by row.
    pub fn cut(self, image: &Image) -> Vec<f64> {
        self.rows(&image.pixels, image.width).flatten().copied().collect()
    }
}

/// The pixels a mask selects, cut out to their bounding rectangle.
#[derive(Debug)]
pub(super) struct Region {
    /// The bounding rectangle in the image.
    pub frame: Frame,
    /// Row by row over the frame, `true` inside.
    pub inside: Vec<bool>,
    /// Pixels inside, at least 2.
    pub count: usize,
}

impl Region {
    /// Cuts out a mask that was checked; PyRadiomics too refuses a region of no or one pixel.
    pub fn new(mask: &Mask) -> Result<Self, RadiomicsError> {
        let count = mask.inside.iter().filter(|&&inside| inside).count();
        if count < 2 {
            return Err(RadiomicsError::RegionTooSmall { pixels: count });
        }
        let (mut top, mut bottom, mut left, mut right) = (usize::MAX, 0, usize::MAX, 0);
        for (y, row) in mask.inside.chunks_exact(mask.width).enumerate() {
            if let (Some(first), Some(last)) = (row.iter().position(|&p| p), row.iter().rposition(|&p| p)) {
                (top, bottom) = (top.min(y), y);
                (left, right) = (left.min(first), right.max(last));
            }
        }
        let frame = Frame { left, top, width: right - left + 1, height: bottom - top + 1 };
        let inside = frame.rows(&mask.inside, mask.width).flatten().copied().collect();
        Ok(Self { frame, inside, count })
    }

    /// Of `values`, one a pixel of the frame, those inside the region.
    pub fn select(&self, values: &[f64]) -> Vec<f64> {
        values.iter().zip(&self.inside).filter(|&(_, &inside)| inside).map(|(&value, _)| value).collect()
    }
}
