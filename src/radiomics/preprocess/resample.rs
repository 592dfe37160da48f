//! Resampling to another pixel size, around the region only.
//!
//! The grid is PyRadiomics': it starts where the image starts, with the corners of the first pixels
//! together, and is cut to the region's bounds and a margin.

use super::interpolate::{Field, is_within, nearest};
use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::{Image, Mask};
use crate::radiomics::region::{Frame, Region};
use crate::radiomics::settings::Resampling;

/// Most pixels of the new image: as many as take 2 GiB.
const PIXELS_AT_MOST: f64 = (1_u32 << 28) as f64;

/// Image and mask around the region, at the new pixel size.
///
/// # Errors
/// A mask of fewer than two pixels, or a new image that is too large.
pub(super) fn resampled(image: &Image, mask: &Mask, resampling: Resampling) -> Result<(Image, Mask), RadiomicsError> {
    let Frame { left, top, width, height } = Region::new(mask)?.frame;
    let rows = Axis::new(image.height, image.row_mm, resampling.row_mm, [top, height]);
    let columns = Axis::new(image.width, image.column_mm, resampling.column_mm, [left, width]);
    if rows.keeps() && columns.keeps() {
        return Ok(cut(image, mask, [rows, columns], resampling.pad_distance as usize));
    }
    let pad = f64::from(resampling.pad_distance);
    let (new_rows, new_columns) = (rows.covering(pad), columns.covering(pad));
    if new_rows.count * new_columns.count > PIXELS_AT_MOST {
        return Err(RadiomicsError::ResampledTooLarge { rows: new_rows.count, columns: new_columns.count });
    }

    let field = Field::new(image, resampling.interpolator);
    let (rows_at, columns_at) = (rows.positions(new_rows), columns.scanline(new_columns));
    let mut pixels = Vec::with_capacity(rows_at.len() * columns_at.len());
    let mut inside = Vec::with_capacity(pixels.capacity());
    for &row in &rows_at {
        for &column in &columns_at {
            pixels.push(as_type(field.value(row, column), resampling.integer_range));
            let is_within = is_within(row, mask.height) && is_within(column, mask.width);
            inside.push(is_within && mask.inside[nearest(row) * mask.width + nearest(column)]);
        }
    }
    let (width, height) = (columns_at.len(), rows_at.len());
    let image = Image { width, height, pixels, row_mm: rows.new_mm, column_mm: columns.new_mm };
    Ok((image, Mask { width, height, inside }))
}

/// A value in the image's own type: ITK cuts an integer to its range and drops the fraction.
fn as_type(value: f64, integer_range: Option<[f64; 2]>) -> f64 {
    integer_range.map_or(value, |[lowest, highest]| value.clamp(lowest, highest).trunc())
}

/// Image and mask cut to the region and a margin, where the pixel size stays.
fn cut(image: &Image, mask: &Mask, [rows, columns]: [Axis; 2], pad: usize) -> (Image, Mask) {
    let span = |axis: Axis| {
        let start = axis.start.saturating_sub(pad);
        (start, (axis.start + axis.length + pad).min(axis.pixels) - start)
    };
    let ((top, height), (left, width)) = (span(rows), span(columns));
    let frame = Frame { left, top, width, height };
    let inside = frame.rows(&mask.inside, mask.width).flatten().copied().collect();
    (Image { width, height, pixels: frame.cut(image), ..*image }, Mask { width, height, inside })
}

/// One axis of the image, and where the region lies on it.
#[derive(Debug, Clone, Copy)]
struct Axis {
    pixels: usize,
    old_mm: f64,
    new_mm: f64,
    /// Old pixel size as a multiple of the new one.
    ratio: f64,
    /// First pixel of the region.
    start: usize,
    /// Its pixels.
    length: usize,
    /// Whether the new size is the old one, but for rounding.
    keeps: bool,
}

/// New pixels from one to another.
#[derive(Debug, Clone, Copy)]
struct NewPixels {
    first: f64,
    count: f64,
}

impl Axis {
    /// 0 keeps the size, and so does a region one pixel wide.
    fn new(pixels: usize, mm: f64, wanted_mm: f64, [start, length]: [usize; 2]) -> Self {
        let new_mm = if wanted_mm == 0.0 || length == 1 { mm } else { wanted_mm };
        let keeps = (mm - new_mm).abs() <= 1e-8 + 1e-5 * new_mm;
        Self { pixels, old_mm: mm, new_mm, ratio: mm / new_mm, start, length, keeps }
    }

    fn keeps(&self) -> bool {
        self.keeps
    }

    /// The new pixels that cover the region and `pad` more, within the image.
    fn covering(&self, pad: f64) -> NewPixels {
        let (start, end) = (self.start as f64 - 0.5, (self.start + self.length) as f64 - 0.5);
        let first = (start * self.ratio - pad).floor().max(0.0);
        let last = (end * self.ratio + pad).ceil().min((self.pixels as f64 * self.ratio).ceil() - 1.0);
        NewPixels { first, count: last - first + 1.0 }
    }

    /// Centres of the new rows, in old rows: by way of millimetres, as ITK goes, since the last bit
    /// decides which pixel is the nearest half-way between two.
    fn positions(&self, new: NewPixels) -> Vec<f64> {
        (0..new.count as usize).map(|index| self.position(new, index as f64)).collect()
    }

    /// Centres of the new columns, in old columns: ITK divides the way along a row from the first
    /// one to that behind the last one.
    fn scanline(&self, new: NewPixels) -> Vec<f64> {
        let (start, end) = (self.position(new, 0.0), self.position(new, new.count));
        (0..new.count as usize).map(|index| start + (index as f64 / new.count) * (end - start)).collect()
    }

    fn position(&self, new: NewPixels, index: f64) -> f64 {
        let first = 0.5 * (self.new_mm - self.old_mm) / self.old_mm + new.first / self.ratio;
        (first * self.old_mm + index * self.new_mm) * (1.0 / self.old_mm)
    }
}
