//! Cubic splines through all pixels.
//!
//! Unser, Aldroubi and Eden, B-spline signal processing, part II (IEEE Trans Signal Process 41,
//! 1993), as ITK's `BSplineInterpolateImageFunction` has it: beyond its ends a line goes on in
//! mirror image about its last pixel.

/// The root of the cubic spline's filter, sqrt(3) - 2.
const POLE: f64 = -0.267_949_192_431_122_7;
/// Where the powers of the pole no longer count.
const TOLERANCE: f64 = 1e-10;

/// Spline coefficients of an image of rows of `width`: along rows, then along columns.
pub(super) fn coefficients(pixels: &[f64], width: usize) -> Vec<f64> {
    let mut coefficients = pixels.to_vec();
    coefficients.chunks_exact_mut(width).for_each(to_coefficients);
    let height = pixels.len() / width;
    let mut line = vec![0.0; height];
    for column in 0..width {
        for (row, value) in line.iter_mut().enumerate() {
            *value = coefficients[row * width + column];
        }
        to_coefficients(&mut line);
        for (row, value) in line.iter().enumerate() {
            coefficients[row * width + column] = *value;
        }
    }
    coefficients
}

/// Turns the values of a line into its spline coefficients.
fn to_coefficients(line: &mut [f64]) {
    let count = line.len();
    if count < 2 {
        return;
    }
    let gain = (1.0 - POLE) * (1.0 - 1.0 / POLE);
    line.iter_mut().for_each(|value| *value *= gain);

    line[0] = first_forward(line);
    for index in 1..count {
        line[index] += POLE * line[index - 1];
    }
    line[count - 1] = POLE / (POLE * POLE - 1.0) * (line[count - 1] + POLE * line[count - 2]);
    for index in (0..count - 1).rev() {
        line[index] = POLE * (line[index + 1] - line[index]);
    }
}

/// The forward filter's first output: the sum over the mirror image before the line.
fn first_forward(line: &[f64]) -> f64 {
    let horizon = (TOLERANCE.ln() / POLE.abs().ln()).ceil() as usize;
    if horizon < line.len() {
        let (mut sum, mut power) = (line[0], POLE);
        for value in &line[1..horizon] {
            sum += power * value;
            power *= POLE;
        }
        return sum;
    }
    // A short line is mirrored at both ends for ever: a geometric series.
    let last = line.len() - 1;
    let far = POLE.powi(last as i32);
    let (mut power, mut mirrored) = (POLE, far * far / POLE);
    let mut sum = line[0] + far * line[last];
    for value in &line[1..last] {
        sum += (power + mirrored) * value;
        power *= POLE;
        mirrored /= POLE;
    }
    sum / (1.0 - far * far)
}

/// The four coefficients along an axis of `count` that a position lies between, with their weights.
pub(super) fn support(position: f64, count: usize) -> [(usize, f64); 4] {
    let first = position.floor() - 1.0;
    let w = position - (first + 1.0);
    let last_weight = w * w * w / 6.0;
    let first_weight = 1.0 / 6.0 + 0.5 * w * (w - 1.0) - last_weight;
    let third_weight = w + first_weight - 2.0 * last_weight;
    let weights = [first_weight, 1.0 - first_weight - third_weight - last_weight, third_weight, last_weight];
    let mut offset = first as isize;
    weights.map(|weight| {
        let index = mirrored(offset, count);
        offset += 1;
        (index, weight)
    })
}

/// An index beyond the ends, mirrored about the last pixel.
fn mirrored(index: isize, count: usize) -> usize {
    let last = count as isize - 1;
    if last == 0 {
        return 0;
    }
    let index = index.rem_euclid(2 * last);
    if index <= last { index as usize } else { (2 * last - index) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &[f64], position: f64) -> f64 {
        support(position, line.len()).iter().map(|&(index, weight)| weight * line[index]).sum()
    }

    #[test]
    fn the_spline_goes_through_every_pixel() {
        for count in [2, 3, 7, 60] {
            let values: Vec<f64> = (0..count).map(|index| f64::from(index * index * 7 % 11)).collect();
            let mut line = values.clone();
            to_coefficients(&mut line);
            for (index, value) in values.iter().enumerate() {
                assert!((at(&line, index as f64) - value).abs() < 1e-8, "{count}: {index}");
            }
        }
    }

    #[test]
    fn a_cubic_is_reproduced_away_from_the_ends() {
        let cubic = |x: f64| 0.01 * x * x * x - 0.4 * x * x + x;
        let mut line: Vec<f64> = (0..80).map(|index| cubic(f64::from(index))).collect();
        to_coefficients(&mut line);
        for position in [30.25, 40.5, 47.9] {
            assert!((at(&line, position) - cubic(position)).abs() < 1e-6);
        }
    }
}
