//! The region of interest, cut out of image and mask.

use super::error::RadiomicsError;
use super::settings::Settings;

/// Grey values and pixel size.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height * width` values, row-major.
    pub pixels: Vec<f64>,
    /// Between rows (vertical), mm.
    pub row_mm: f64,
    /// Between columns (horizontal), mm.
    pub column_mm: f64,
}

/// Which pixels belong to the region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height * width` flags, row-major.
    pub inside: Vec<bool>,
}

impl Mask {
    /// A mask of the whole of a `width` x `height` image.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { width, height, inside: vec![true; width * height] }
    }
}

/// The bounding box of the mask with a border of one pixel outside of it on every side, so that
/// neighbours never leave the arrays.
pub(super) struct Region {
    pub width: usize,
    pub height: usize,
    /// `height * width` flags.
    pub inside: Vec<bool>,
    /// The grey values inside, in row-major order.
    pub values: Vec<f64>,
    pub row_mm: f64,
    pub column_mm: f64,
}

impl Region {
    pub fn of(image: &Image, mask: &Mask, settings: &Settings) -> Result<Self, RadiomicsError> {
        let Image { width, height, .. } = *image;
        if (mask.width, mask.height) != (width, height) {
            return Err(RadiomicsError::SizeMismatch {
                mask_width: mask.width,
                mask_height: mask.height,
                width,
                height,
            });
        }
        for found in [image.pixels.len(), mask.inside.len()] {
            if found != width * height {
                return Err(RadiomicsError::WrongLength { found, width, height });
            }
        }
        let positive = |mm: f64| mm.is_finite() && mm > 0.0;
        if !positive(image.row_mm) || !positive(image.column_mm) {
            return Err(RadiomicsError::Spacing { row_mm: image.row_mm, column_mm: image.column_mm });
        }
        let count = mask.inside.iter().filter(|i| **i).count();
        if count < 2 {
            return Err(RadiomicsError::TooSmall(count));
        }
        let (shift, scale) = normalisation(image, settings);
        let row_used = |y: usize| mask.inside[y * width..(y + 1) * width].contains(&true);
        let column_used = |x: usize| mask.inside[x..].iter().step_by(width).any(|i| *i);
        let extent = |n: usize, used: &dyn Fn(usize) -> bool| {
            let first = (0..n).find(|i| used(*i)).unwrap_or(0);
            let last = (0..n).rev().find(|i| used(*i)).unwrap_or(0);
            (first, last)
        };
        let (top, bottom) = extent(height, &row_used);
        let (left, right) = extent(width, &column_used);
        let (inner_width, inner_height) = (right - left + 3, bottom - top + 3);
        let mut inside = vec![false; inner_width * inner_height];
        let mut values = Vec::with_capacity(count);
        for y in top..=bottom {
            for x in left..=right {
                if mask.inside[y * width + x] {
                    let value = image.pixels[y * width + x];
                    if !value.is_finite() {
                        return Err(RadiomicsError::NotFinite { x, y, value });
                    }
                    inside[(y - top + 1) * inner_width + x - left + 1] = true;
                    values.push((value - shift) * scale);
                }
            }
        }
        Ok(Self {
            width: inner_width,
            height: inner_height,
            inside,
            values,
            row_mm: image.row_mm,
            column_mm: image.column_mm,
        })
    }

    /// Column and row of each pixel inside, in the order of `values`.
    pub fn positions(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.inside.iter().enumerate().filter(|(_, inside)| **inside).map(|(i, _)| (i % self.width, i / self.width))
    }
}

/// Mean and factor of `normalize`: over the whole image, with the sample's standard deviation, as
/// ITK's NormalizeImageFilter.
fn normalisation(image: &Image, settings: &Settings) -> (f64, f64) {
    let Some(scale) = settings.normalise_scale else { return (0.0, 1.0) };
    let count = image.pixels.len() as f64;
    let mean = image.pixels.iter().sum::<f64>() / count;
    let variance = image.pixels.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, if variance > 0.0 { scale / variance.sqrt() } else { 1.0 })
}
