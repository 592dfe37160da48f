//! LoG: the curvature of the image smoothed by a Gaussian, largest on blobs and edges of its width.
//!
//! As ITK's `LaplacianRecursiveGaussianImageFilter`, normalised across scale, which PyRadiomics
//! calls: the second derivative along each axis smoothed along the other.

use super::recursive_gaussian::{Kernel, LINES, Lines, MARGIN, Recursion, Scratch};
use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

/// The least number of pixels along each axis.
const PIXELS_AT_LEAST: usize = 4;

/// The Laplacian of the Gaussian of width `sigma_mm`, in values (it is multiplied by sigma²).
///
/// # Errors
/// An image smaller than 4 pixels or than the Gaussian along an axis, which PyRadiomics leaves out.
pub(super) fn laplacian(image: &Image, frame: Frame, sigma_mm: f64) -> Result<Vec<f64>, RadiomicsError> {
    let fits = |pixels: usize, mm: f64| pixels >= PIXELS_AT_LEAST && pixels as f64 > (sigma_mm / mm).ceil();
    if !fits(image.height, image.row_mm) || !fits(image.width, image.column_mm) {
        return Err(RadiomicsError::ImageTooSmallForLog { width: image.width, height: image.height, sigma_mm });
    }
    let both = |mm| [Kernel::Gaussian, Kernel::SecondDerivative].map(|kernel| Recursion::new(kernel, sigma_mm, mm));
    let [smooth_rows, curve_rows] = both(image.column_mm);
    let [smooth_columns, curve_columns] = both(image.row_mm);
    let mut block = Block::default();

    // Along rows first, of which only the columns of the frame go on.
    let mut across = Plane { width: frame.width, values: vec![0.0; frame.width * image.height] };
    for first in (0..image.height).step_by(LINES) {
        block.read_rows(&image.pixels, image.width, first);
        block.filter(&curve_rows);
        block.write_rows(&mut across, first, frame.left);
    }
    for first in (0..frame.width).step_by(LINES) {
        block.read_columns(&across.values, across.width, first);
        block.filter(&smooth_columns);
        block.write_columns(&mut across, first, 0);
    }

    // Along columns first, of which only the rows of the frame go on.
    let mut down = Plane { width: image.width, values: vec![0.0; image.width * frame.height] };
    for first in (0..image.width).step_by(LINES) {
        block.read_columns(&image.pixels, image.width, first);
        block.filter(&curve_columns);
        block.write_columns(&mut down, first, frame.top);
    }
    for first in (0..frame.height).step_by(LINES) {
        block.read_rows(&down.values, down.width, first);
        block.filter(&smooth_rows);
        block.write_rows(&mut down, first, 0);
    }

    let [per_row_area, per_column_area] = [image.row_mm, image.column_mm].map(|mm| 1.0 / (mm * mm));
    let across = across.values.chunks_exact(frame.width).skip(frame.top);
    let down = down.values.chunks_exact(image.width).map(|row| &row[frame.left..]);
    let mut values = Vec::with_capacity(frame.width * frame.height);
    for (across, down) in across.zip(down) {
        let both = across.iter().zip(down);
        values.extend(both.map(|(across, down)| {
            f64::from((f64::from(*across) * per_column_area + f64::from(*down) * per_row_area) as f32)
        }));
    }
    Ok(values)
}

/// The result of a pass row by row; ITK too keeps it in 32 bits.
struct Plane {
    width: usize,
    values: Vec<f32>,
}

/// Up to [`LINES`] neighbouring rows or columns, pixel by pixel between two margins.
#[derive(Default)]
struct Block {
    lines: Vec<Lines>,
    scratch: Scratch,
}

impl Block {
    fn filter(&mut self, recursion: &Recursion) {
        recursion.apply(&mut self.lines, &mut self.scratch);
    }

    /// The pixels of the lines, to be written, without the margins.
    fn of_length(&mut self, pixels: usize) -> &mut [Lines] {
        self.lines.resize(pixels + 2 * MARGIN, [0.0; LINES]);
        &mut self.lines[MARGIN..MARGIN + pixels]
    }

    /// Reads rows from `first` on.
    fn read_rows<T: Copy + Into<f64>>(&mut self, values: &[T], width: usize, first: usize) {
        let lines = self.of_length(width);
        for (line, row) in values.chunks_exact(width).skip(first).take(LINES).enumerate() {
            lines.iter_mut().zip(row).for_each(|(lines, &value)| lines[line] = value.into());
        }
    }

    /// Writes the rows back, from their pixel `left` on.
    fn write_rows(&self, plane: &mut Plane, first: usize, left: usize) {
        let rows = plane.values.chunks_exact_mut(plane.width).skip(first).take(LINES);
        for (line, row) in rows.enumerate() {
            row.iter_mut().zip(&self.lines[MARGIN + left..]).for_each(|(value, lines)| *value = lines[line] as f32);
        }
    }

    /// Reads columns from `first` on.
    fn read_columns<T: Copy + Into<f64>>(&mut self, values: &[T], width: usize, first: usize) {
        let count = LINES.min(width - first);
        let lines = self.of_length(values.len() / width);
        for (lines, row) in lines.iter_mut().zip(values.chunks_exact(width)) {
            lines.iter_mut().zip(&row[first..first + count]).for_each(|(line, &value)| *line = value.into());
        }
    }

    /// Writes the columns back, from their pixel `top` on.
    fn write_columns(&self, plane: &mut Plane, first: usize, top: usize) {
        let count = LINES.min(plane.width - first);
        let rows = plane.values.chunks_exact_mut(plane.width);
        for (row, lines) in rows.zip(&self.lines[MARGIN + top..]) {
            row[first..first + count].iter_mut().zip(lines).for_each(|(value, &line)| *value = line as f32);
        }
    }
}
