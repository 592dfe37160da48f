//! Laplacian of Gaussian: along either axis the second derivative, smoothed along the other, summed.
//!
//! Definition: ITK's `LaplacianRecursiveGaussianImageFilter`, normalised across scale (times σ²). Its
//! pixels are 32-bit between two passes and at the end, whatever those of the image are: rounding
//! there is part of the answer.

use std::ops::Range;

use super::recursive_gaussian::{LANES, Lanes, RecursiveGaussian};
use crate::radiomics::error::RadiomicsError;
use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

/// Fewest pixels along an axis that ITK's recursion takes.
const PIXELS_AT_LEAST: usize = 4;

/// The LoG of width `sigma_mm` in `frame`.
///
/// # Errors
/// [`RadiomicsError::ImageTooSmallForLog`] where PyRadiomics would leave the filter out.
pub(super) fn response(image: &Image, frame: Frame, sigma_mm: f64) -> Result<Vec<f64>, RadiomicsError> {
    let Image { width, height, row_mm, column_mm, ref pixels } = *image;
    let fits = |pixels: usize, mm: f64| pixels >= PIXELS_AT_LEAST && pixels as f64 >= (sigma_mm / mm).ceil() + 1.0;
    if !fits(width, column_mm) || !fits(height, row_mm) {
        return Err(RadiomicsError::ImageTooSmallForLog { width, height, sigma_mm });
    }
    let columns = frame.left..frame.left + frame.width;
    let rows = frame.top..frame.top + frame.height;
    let smoothing = |mm: f64| RecursiveGaussian::smoothing(sigma_mm / mm);
    let derivative = |mm: f64| RecursiveGaussian::second_derivative(sigma_mm / mm, sigma_mm * sigma_mm);

    // Each first pass is as long as the film in one direction: gone before the other one begins.
    let along_x = {
        let derived = along_rows(&derivative(column_mm), pixels, width, columns.clone());
        along_columns(&smoothing(row_mm), &derived, frame.width, rows.clone())
    };
    let along_y = {
        let derived = along_columns(&derivative(row_mm), pixels, width, rows);
        along_rows(&smoothing(column_mm), &derived, width, columns)
    };

    let (per_column, per_row) = (1.0 / (column_mm * column_mm), 1.0 / (row_mm * row_mm));
    let sum = |(&x, &y): (&f32, &f32)| {
        let x = (f64::from(x) * per_column) as f32;
        f64::from((f64::from(x) + f64::from(y) * per_row) as f32)
    };
    Ok(along_x.iter().zip(&along_y).map(sum).collect())
}

/// Filters every row of `source`, whose rows are of `width`, and answers with the columns `kept`.
fn along_rows<T: Copy + Into<f64>>(
    gaussian: &RecursiveGaussian,
    source: &[T],
    width: usize,
    kept: Range<usize>,
) -> Vec<f32> {
    let mut result = vec![0.0; source.len() / width * kept.len()];
    let mut line = vec![[0.0; LANES]; width];
    let mut filtered = line.clone();
    let blocks = source.chunks(LANES * width).zip(result.chunks_mut(LANES * kept.len()));
    for (rows, answers) in blocks {
        for (lane, row) in rows.chunks_exact(width).enumerate() {
            for (pixel, &value) in line.iter_mut().zip(row) {
                pixel[lane] = value.into();
            }
        }
        gaussian.filter(&line, kept.clone(), &mut filtered);
        for (lane, row) in answers.chunks_exact_mut(kept.len()).enumerate() {
            for (answer, pixel) in row.iter_mut().zip(&filtered[kept.clone()]) {
                *answer = pixel[lane] as f32;
            }
        }
    }
    result
}

/// Filters every column of `source`, whose rows are of `width`, and answers with the rows `kept`.
fn along_columns<T: Copy + Into<f64>>(
    gaussian: &RecursiveGaussian,
    source: &[T],
    width: usize,
    kept: Range<usize>,
) -> Vec<f32> {
    let mut result = vec![0.0; kept.len() * width];
    let mut line: Vec<Lanes> = vec![[0.0; LANES]; source.len() / width];
    let mut filtered = line.clone();
    for left in (0..width).step_by(LANES) {
        for (pixel, row) in line.iter_mut().zip(source.chunks_exact(width)) {
            match row[left..].first_chunk::<LANES>() {
                Some(values) => *pixel = values.map(Into::into),
                None => pixel.iter_mut().zip(&row[left..]).for_each(|(pixel, &value)| *pixel = value.into()),
            }
        }
        gaussian.filter(&line, kept.clone(), &mut filtered);
        for (row, pixel) in result.chunks_exact_mut(width).zip(&filtered[kept.clone()]) {
            for (answer, value) in row[left..].iter_mut().zip(pixel) {
                *answer = *value as f32;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize, pixel: impl Fn(f64, f64) -> f64) -> Image {
        let (row_mm, column_mm) = (0.5, 0.4);
        let at = |index: usize| pixel((index % width) as f64 * column_mm, (index / width) as f64 * row_mm);
        Image { width, height, pixels: (0..width * height).map(at).collect(), row_mm, column_mm }
    }

    #[test]
    fn a_constant_has_none() {
        let image = image(30, 20, |_, _| 1000.0);
        let values = response(&image, Frame { left: 0, top: 0, width: 30, height: 20 }, 1.5).unwrap();
        assert!(values.iter().all(|value| value.abs() < 1e-3), "{values:?}");
    }

    /// x² + 2y² has the Laplacian 6 everywhere: times σ² = 4 that is 24.
    #[test]
    fn a_paraboloid_has_its_curvature_far_from_the_border() {
        let image = image(201, 201, |x, y| (x - 40.0).powi(2) + 2.0 * (y - 50.0).powi(2));
        let value = response(&image, Frame { left: 100, top: 100, width: 1, height: 1 }, 2.0).unwrap()[0];
        assert!((value - 24.0).abs() < 1e-2, "{value}");
    }

    #[test]
    fn too_small_an_image_is_refused() {
        let fits = |width, height, sigma_mm| {
            let frame = Frame { left: 0, top: 0, width: 1, height: 1 };
            response(&image(width, height, |x, y| x * y), frame, sigma_mm).is_ok()
        };
        assert!(!fits(3, 9, 0.5) && !fits(9, 3, 0.5) && !fits(1, 9, 0.5));
        assert!(fits(4, 4, 1.2) && !fits(4, 4, 1.3), "ceil(1.3 / 0.4) + 1 = 5 columns");
        assert!(fits(6, 5, 2.0) && !fits(5, 5, 2.0) && !fits(6, 4, 2.0));
    }
}
