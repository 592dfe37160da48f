//! Values between the centres of pixels, with ITK's rules at the edges.

use super::bspline::Spline;
use crate::radiomics::image::Image;
use crate::radiomics::settings::Interpolator;

/// An image that has a value at every place inside it.
pub(super) enum Surface<'a> {
    /// Steps at the edges of pixels.
    NearestNeighbour(&'a Image),
    /// Straight lines between the centres.
    Linear(&'a Image),
    /// Cubic, and smooth.
    BSpline(Spline),
}

impl<'a> Surface<'a> {
    /// The surface through the pixels of `image`.
    pub fn of(image: &'a Image, interpolator: Interpolator) -> Self {
        match interpolator {
            Interpolator::NearestNeighbour => Self::NearestNeighbour(image),
            Interpolator::Linear => Self::Linear(image),
            Interpolator::BSpline => Self::BSpline(Spline::through(image)),
        }
    }

    /// The value at `x`, `y`, in pixels from the centre of the first one, which [`is_inside`].
    pub fn value(&self, x: f64, y: f64) -> f64 {
        match self {
            Self::NearestNeighbour(image) => {
                image.pixels[nearest(y, image.height) * image.width + nearest(x, image.width)]
            }
            Self::Linear(image) => linear(image, x, y),
            Self::BSpline(spline) => spline.value(x, y),
        }
    }
}

/// Whether a place belongs to one of `count` pixels in a line: a pixel owns its lower edge only
/// (`ImageFunction::IsInsideBuffer`).
pub(super) fn is_inside(position: f64, count: usize) -> bool {
    -0.5 <= position && position < count as f64 - 0.5
}

/// The pixel that owns a place which [`is_inside`]: halfway between two it is the later one.
pub(super) fn nearest(position: f64, count: usize) -> usize {
    // Not below 0 after the half is added; rounding can reach the next pixel when there is none.
    ((position + 0.5).floor() as usize).min(count - 1)
}

/// Along the row above and the row below, then between the two; beyond the outer centres the
/// value stays what it is there.
fn linear(image: &Image, x: f64, y: f64) -> f64 {
    let (left, right, x_part) = between(x, image.width);
    let (above, below, y_part) = between(y, image.height);
    let along = |row: usize| {
        let [from, to] = [left, right].map(|column| image.pixels[row * image.width + column]);
        from + (to - from) * x_part
    };
    let from = along(above);
    from + (along(below) - from) * y_part
}

/// The pixels before and after a place in a line of `count` and the part of the way between them.
fn between(position: f64, count: usize) -> (usize, usize, f64) {
    let before = position.floor().max(0.0);
    let part = (position - before).max(0.0);
    let before = before as usize;
    (before, (before + 1).min(count - 1), part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_owns_its_lower_edge() {
        assert_eq!([-0.51, -0.5, 2.49, 2.5, f64::NAN].map(|x| is_inside(x, 3)), [false, true, true, false, false]);
        assert_eq!([-0.5, 0.49, 0.5, 1.5, 2.49].map(|x| nearest(x, 3)), [0, 0, 1, 2, 2]);
    }

    #[test]
    fn linear_values_stop_at_the_outer_centres() {
        let image = Image { width: 2, height: 2, pixels: vec![0.0, 4.0, 8.0, 20.0], row_mm: 1.0, column_mm: 1.0 };
        let surface = Surface::of(&image, Interpolator::Linear);
        assert_eq!(surface.value(0.25, 0.5), 0.5 * (1.0 + 11.0));
        assert_eq!(surface.value(-0.4, 0.5), 4.0);
        assert_eq!(surface.value(1.4, 1.4), 20.0);
    }
}
