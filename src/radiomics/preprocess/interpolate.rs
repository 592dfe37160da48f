//! Values between pixels, as ITK's interpolators give them. Positions are in pixels, 0 the centre of
//! the first one.

use super::bspline;
use crate::radiomics::image::Image;
use crate::radiomics::settings::Interpolator;

/// An image that can be asked for its value anywhere.
pub(super) struct Field<'a> {
    image: &'a Image,
    interpolator: Interpolator,
    /// Spline coefficients, where the interpolator needs them.
    coefficients: Vec<f64>,
}

impl<'a> Field<'a> {
    pub fn new(image: &'a Image, interpolator: Interpolator) -> Self {
        let coefficients = match interpolator {
            Interpolator::BSpline => bspline::coefficients(&image.pixels, image.width),
            _ => Vec::new(),
        };
        Self { image, interpolator, coefficients }
    }

    /// The value at a position; 0 beyond the image, whose pixels end half a pixel from their centre.
    pub fn value(&self, row: f64, column: f64) -> f64 {
        let Image { width, height, ref pixels, .. } = *self.image;
        if !(is_within(row, height) && is_within(column, width)) {
            return 0.0;
        }
        match self.interpolator {
            Interpolator::NearestNeighbour => pixels[nearest(row) * width + nearest(column)],
            Interpolator::Linear => {
                let ((top, bottom, down), (left, right, across)) = (between(row, height), between(column, width));
                let along = |row: usize| {
                    let (left, right) = (pixels[row * width + left], pixels[row * width + right]);
                    left + (right - left) * across
                };
                let (top, bottom) = (along(top), along(bottom));
                top + (bottom - top) * down
            }
            Interpolator::BSpline => {
                let columns = bspline::support(column, width);
                let along = |row: usize| -> f64 {
                    columns.iter().map(|&(column, weight)| weight * self.coefficients[row * width + column]).sum()
                };
                bspline::support(row, height).iter().map(|&(row, weight)| weight * along(row)).sum()
            }
        }
    }
}

/// Whether a position lies on one of `count` pixels.
pub(super) fn is_within(position: f64, count: usize) -> bool {
    (-0.5..count as f64 - 0.5).contains(&position)
}

/// The pixel whose centre is nearest; half-way the one behind.
pub(super) fn nearest(position: f64) -> usize {
    (position + 0.5).floor() as usize
}

/// The pixels before and behind a position, and how far it is on the way; at the ends the last pixel.
fn between(position: f64, count: usize) -> (usize, usize, f64) {
    let position = position.clamp(0.0, (count - 1) as f64);
    let before = position.floor();
    (before as usize, (before as usize + 1).min(count - 1), position - before)
}
