//! The cubic spline through the pixels of an image.
//!
//! Coefficients by recursive filters (Unser, Aldroubi and Eden 1993, part II; Unser 1999, box 2) on
//! an image that goes on as its mirror, with the constants and the order of operations of ITK's
//! `BSplineInterpolateImageFunction`: whole-number pixels lose the fraction of a resampled value, so
//! a difference in the last bit can become one grey level.

use crate::radiomics::image::Image;

/// The pole of the cubic spline's recursive filter, √3 - 2.
fn pole() -> f64 {
    3.0_f64.sqrt() - 2.0
}

/// Where a power of the pole counts as zero.
const TOLERANCE: f64 = 1e-10;

/// A surface that is a cubic polynomial between pixels and twice continuously differentiable.
pub(super) struct Spline {
    width: usize,
    height: usize,
    /// Weights of the B-splines centred on the pixels, row by row.
    coefficients: Vec<f64>,
}

impl Spline {
    /// The spline that has the value of every pixel of `image` at its centre. Time and memory grow
    /// with the number of pixels.
    pub fn through(image: &Image) -> Self {
        let Image { width, height, ref pixels, .. } = *image;
        let mut coefficients = pixels.clone();
        for row in coefficients.chunks_exact_mut(width) {
            filter(row);
        }
        let mut column = vec![0.0; height];
        for x in 0..width {
            for (y, value) in column.iter_mut().enumerate() {
                *value = coefficients[y * width + x];
            }
            filter(&mut column);
            for (y, &value) in column.iter().enumerate() {
                coefficients[y * width + x] = value;
            }
        }
        Self { width, height, coefficients }
    }

    /// The value at `x`, `y`, in pixels from the centre of the first one and inside the image.
    pub fn value(&self, x: f64, y: f64) -> f64 {
        let ((columns, x_weights), (rows, y_weights)) = (support(x, self.width), support(y, self.height));
        let mut value = 0.0;
        for (row, y_weight) in rows.into_iter().zip(y_weights) {
            let row = &self.coefficients[row * self.width..][..self.width];
            for (column, x_weight) in columns.into_iter().zip(x_weights) {
                value += x_weight * y_weight * row[column];
            }
        }
        value
    }
}

/// The four pixels of a line of `count` whose B-splines reach `position`, and how much each counts.
fn support(position: f64, count: usize) -> ([usize; 4], [f64; 4]) {
    // ITK looks for the pixel in 32 bits; close to the next one that is the next one already.
    let first = (position as f32).floor() as isize - 1;
    let w = position - (first + 1) as f64;
    let after_next = 1.0 / 6.0 * w * w * w;
    let before = 1.0 / 6.0 + 0.5 * w * (w - 1.0) - after_next;
    let next = w + before - 2.0 * after_next;
    let at = 1.0 - before - next - after_next;
    ([0, 1, 2, 3].map(|step| mirrored(first + step, count)), [before, at, next, after_next])
}

/// The pixel of a line of `count` that stands at `index` in its mirror image, which repeats neither end.
fn mirrored(index: isize, count: usize) -> usize {
    let (index, last) = (index.unsigned_abs(), count - 1);
    if index <= last {
        return index;
    }
    // Lines of one or two pixels are met in their mirror image more than once.
    let index = index % (2 * last).max(1);
    index.min(2 * last - index)
}

/// Turns the values of one line into the coefficients of the spline through them, in place.
fn filter(line: &mut [f64]) {
    let count = line.len();
    if count == 1 {
        return; // a line of one pixel stays what it is
    }
    let pole = pole();
    let gain = (1.0 - pole) * (1.0 - 1.0 / pole);
    line.iter_mut().for_each(|value| *value *= gain);

    line[0] = first_causal(line, pole);
    for index in 1..count {
        line[index] += pole * line[index - 1];
    }
    line[count - 1] = pole / (pole * pole - 1.0) * (pole * line[count - 2] + line[count - 1]);
    for index in (0..count - 1).rev() {
        line[index] = pole * (line[index + 1] - line[index]);
    }
}

/// What the forward filter has gathered at the first value of a line that comes out of its mirror image.
fn first_causal(line: &[f64], pole: f64) -> f64 {
    let horizon = (TOLERANCE.ln() / pole.abs().ln()).ceil() as usize;
    let mut power = pole;
    if horizon < line.len() {
        let mut sum = line[0];
        for value in &line[1..horizon] {
            sum += power * value;
            power *= pole;
        }
        return sum;
    }
    // The line and its mirror image repeat: a geometric series.
    let (last, inverse) = (line.len() - 1, 1.0 / pole);
    let farthest = pole.powf(last as f64);
    let mut sum = line[0] + farthest * line[last];
    let mut power_back = farthest * (farthest * inverse);
    for value in &line[1..last] {
        sum += (power + power_back) * value;
        power *= pole;
        power_back *= inverse;
    }
    sum / (1.0 - power * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize, value: impl Fn(f64, f64) -> f64) -> Image {
        let at = |index: usize| value((index % width) as f64, (index / width) as f64);
        Image { width, height, pixels: (0..width * height).map(at).collect(), row_mm: 1.0, column_mm: 1.0 }
    }

    #[test]
    fn knots_are_hit() {
        let jagged = |x: f64, y: f64| ((x * 12.9 + y * 78.2).sin() * 43_758.5).fract() * 100.0;
        for (width, height) in [(30, 25), (7, 19), (5, 4), (2, 3), (9, 1), (1, 1)] {
            let image = image(width, height, jagged);
            let spline = Spline::through(&image);
            for (index, pixel) in image.pixels.iter().enumerate() {
                let value = spline.value((index % width) as f64, (index / width) as f64);
                assert!((value - pixel).abs() < 1e-7, "{width} x {height}, pixel {index}: {value}, not {pixel}");
            }
        }
    }

    #[test]
    fn a_cubic_polynomial_is_its_own_spline_away_from_the_border() {
        let cubic = |x: f64| 0.02 * x.powi(3) - 0.7 * x.powi(2) + 3.0 * x - 5.0;
        let surface = |x: f64, y: f64| cubic(x) * (1.0 - cubic(y) / 10.0);
        let spline = Spline::through(&image(60, 50, surface));
        for (x, y) in [(30.0, 25.0), (29.3, 24.75), (30.99, 25.01), (28.5, 24.5)] {
            let (value, exact) = (spline.value(x, y), surface(x, y));
            assert!((value - exact).abs() < 1e-6 * exact.abs(), "at {x}, {y}: {value}, not {exact}");
        }
    }

    #[test]
    fn beyond_the_last_centre_the_image_is_its_mirror() {
        let spline = Spline::through(&image(8, 1, |x, _| (x * 1.7).cos()));
        for beyond in [0.1, 0.25, 0.49] {
            assert!((spline.value(-beyond, 0.0) - spline.value(beyond, 0.0)).abs() < 1e-12);
            assert!((spline.value(7.0 + beyond, 0.0) - spline.value(7.0 - beyond, 0.0)).abs() < 1e-12);
        }
    }
}
