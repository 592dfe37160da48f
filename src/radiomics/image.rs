//! What is measured: pixel values with their size in millimetres, and which of them count.

use super::error::RadiomicsError;
use super::lanes;
use super::region::Frame;

/// A grey image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height * width` finite values, row by row from the top left.
    pub pixels: Vec<f64>,
    /// Between the centres of adjacent rows (vertical), mm.
    pub row_mm: f64,
    /// Between the centres of adjacent columns (horizontal), mm.
    pub column_mm: f64,
}

impl Image {
    /// Refuses what is not an image of finite values with a positive pixel size.
    pub(super) fn check(&self) -> Result<(), RadiomicsError> {
        let Self { width, height, ref pixels, row_mm, column_mm } = *self;
        check_count("image", width, height, pixels.len())?;
        // Times 0 is 0 for all that are finite, in one step.
        if !lanes::all(pixels, |value| value * 0.0 == 0.0)
            && let Some(index) = pixels.iter().position(|value| !value.is_finite())
        {
            let (row, column, value) = (index / width, index % width, pixels[index]);
            return Err(RadiomicsError::PixelNotFinite { row, column, value });
        }
        if [row_mm, column_mm].iter().any(|mm| !mm.is_finite() || *mm <= 0.0) {
            return Err(RadiomicsError::Spacing { row_mm, column_mm });
        }
        Ok(())
    }

    /// Size of a pixel.
    pub(super) fn spacing(&self) -> Spacing {
        Spacing { row_mm: self.row_mm, column_mm: self.column_mm }
    }

    /// The same geometry with other values.
    pub(super) fn map(&self, value: impl Fn(f64) -> f64) -> Self {
        Self { pixels: self.pixels.iter().map(|&pixel| value(pixel)).collect(), ..*self }
    }
}

/// Size of a pixel in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spacing {
    /// Between rows.
    pub row_mm: f64,
    /// Between columns.
    pub column_mm: f64,
}

/// Which pixels of an image belong to the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height * width` flags, row by row, `true` inside the region.
    pub inside: Vec<bool>,
}

impl Mask {
    /// A mask that selects the whole of a `width` x `height` image: what the box of a vertebra
    /// becomes after cropping.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { width, height, inside: vec![true; width * height] }
    }

    /// The same without the pixels outside `frame`.
    pub(super) fn within(&self, frame: Frame) -> Self {
        let mut inside = vec![false; self.inside.len()];
        for row in frame.top..frame.top + frame.height {
            let pixels = row * self.width + frame.left..row * self.width + frame.left + frame.width;
            inside[pixels.clone()].copy_from_slice(&self.inside[pixels]);
        }
        Self { inside, ..*self }
    }

    /// Refuses what is not a mask for `image`.
    pub(super) fn check(&self, image: &Image) -> Result<(), RadiomicsError> {
        check_count("mask", self.width, self.height, self.inside.len())?;
        let [image, mask] = [[image.width, image.height], [self.width, self.height]];
        if image == mask { Ok(()) } else { Err(RadiomicsError::SizeMismatch { image, mask }) }
    }
}

fn check_count(what: &'static str, width: usize, height: usize, found: usize) -> Result<(), RadiomicsError> {
    if width.checked_mul(height) == Some(found) {
        Ok(())
    } else {
        Err(RadiomicsError::PixelCount { what, width, height, found })
    }
}
