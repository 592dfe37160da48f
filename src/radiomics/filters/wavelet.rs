//! The undecimated wavelet transform, one level, with Daubechies' shortest coiflet (`coif1`).
//!
//! Source of the filter: I. Daubechies, "Orthonormal bases of compactly supported wavelets II", SIAM
//! J. Math. Anal. 24 (1993) 499-519: one pair of vanishing moments, a solution in √7. Along an axis
//! of N pixels `y[n] = Σ h[k] x[(n + 3 - k) mod N]`, as PyWavelets' `swtn` has it; an odd N is made
//! even by one more pixel, the first again, which PyRadiomics cuts off afterwards.

use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

const TAPS: usize = 6;
/// Pixels that the filter sees before the one it answers for.
const BEFORE: usize = 2;
type Taps = [f64; TAPS];

/// The scaling filter h: √7-3, 1-√7, 14-2√7, 14+2√7, 5+√7, 1-√7, each over 16√2. Two of the taps
/// are rounded up as in PyWavelets' table: an area of one value has details of about 1e-16 of it,
/// whose signs, and with them the bins around 0, hang on the last bits.
const LOW: Taps = [
    -0.015655728135791993,
    -0.07273261951252645,
    0.3848648468648578,
    0.8525720202116004,
    0.3378976624574818,
    -0.07273261951252645,
];
/// The wavelet filter: its mirror, back to front with every other sign turned.
const HIGH: Taps = [-LOW[5], LOW[4], -LOW[3], LOW[2], -LOW[1], LOW[0]];

/// The sub-bands in PyRadiomics' order; the first letter is for the x axis.
pub(super) const SUB_BANDS: [&str; 4] = ["LH", "HL", "HH", "LL"];

/// The images of [`SUB_BANDS`] in `frame`, each made when it is asked for.
pub(super) fn sub_bands(image: &Image, frame: Frame) -> impl Iterator<Item = Vec<f64>> {
    let along_x = along_rows(image, frame, [LOW, HIGH]);
    let bands = [(0, HIGH), (1, LOW), (1, HIGH), (0, LOW)];
    bands.into_iter().map(move |(x, along_y)| along_columns(&along_x[x], image, frame, along_y))
}

/// The rows of the frame, and those that the filter needs above and below it, each filtered twice.
fn along_rows(image: &Image, frame: Frame, filters: [Taps; 2]) -> [Vec<f64>; 2] {
    let rows = frame.height + TAPS - 1;
    let mut filtered = [vec![0.0; rows * frame.width], vec![0.0; rows * frame.width]];
    let columns: Vec<usize> =
        (0..frame.width + TAPS - 1).map(|column| wrapped(frame.left + column, image.width)).collect();
    let order = |column| (column, order(frame.left + column, image.width));
    let last_columns: Vec<(usize, [usize; TAPS])> =
        (0..frame.width).map(order).filter(|&(_, order)| order != FORWARDS).collect();
    let mut pixels = vec![0.0; columns.len()];
    for row in 0..rows {
        let source = &image.pixels[wrapped(frame.top + row, image.height) * image.width..][..image.width];
        for (pixel, &column) in pixels.iter_mut().zip(&columns) {
            *pixel = source[column];
        }
        for (filtered, taps) in filtered.iter_mut().zip(filters) {
            let answers = &mut filtered[row * frame.width..][..frame.width];
            for (k, tap) in taps.iter().enumerate() {
                add_product(answers, *tap, &pixels[TAPS - 1 - k..]);
            }
            for &(column, order) in &last_columns {
                answers[column] = order.iter().map(|&k| taps[k] * pixels[column + TAPS - 1 - k]).sum();
            }
        }
    }
    filtered
}

const FORWARDS: [usize; TAPS] = [0, 1, 2, 3, 4, 5];

/// The order in which PyWavelets adds up the taps at `position`: pixels beyond the end of the axis
/// first, and those in their own order, against that of the taps.
fn order(position: usize, length: usize) -> [usize; TAPS] {
    let beyond = (position + TAPS - BEFORE).saturating_sub(even(length));
    let mut order = FORWARDS;
    order[..beyond.min(TAPS)].reverse();
    order
}

/// The rows of the frame out of those that [`along_rows`] made.
fn along_columns(source: &[f64], image: &Image, frame: Frame, taps: Taps) -> Vec<f64> {
    let mut filtered = vec![0.0; frame.width * frame.height];
    for (row, answers) in filtered.chunks_exact_mut(frame.width).enumerate() {
        for k in order(frame.top + row, image.height) {
            add_product(answers, taps[k], &source[(row + TAPS - 1 - k) * frame.width..]);
        }
    }
    filtered
}

fn add_product(sums: &mut [f64], tap: f64, pixels: &[f64]) {
    for (sum, pixel) in sums.iter_mut().zip(pixels) {
        *sum += tap * pixel;
    }
}

/// The pixel `BEFORE` pixels before `position` on an axis that goes round after an even number.
fn wrapped(position: usize, length: usize) -> usize {
    (position + even(length) - BEFORE) % even(length) % length
}

fn even(length: usize) -> usize {
    length + length % 2
}

#[cfg(test)]
mod tests {
    use std::f64::consts::SQRT_2;

    use super::*;

    #[test]
    fn the_filters_are_the_orthonormal_coiflet() {
        let root = 7.0_f64.sqrt();
        let numerators = [root - 3.0, 1.0 - root, 14.0 - 2.0 * root, 14.0 + 2.0 * root, 5.0 + root, 1.0 - root];
        for (tap, numerator) in LOW.iter().zip(numerators) {
            assert!((tap - numerator / (16.0 * SQRT_2)).abs() < 2e-16, "{tap}");
        }
        let inner = |a: Taps, b: Taps| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        assert!((inner(LOW, LOW) - 1.0).abs() < 1e-15 && (inner(HIGH, HIGH) - 1.0).abs() < 1e-15);
        assert!(inner(LOW, HIGH).abs() < 1e-15 && HIGH.iter().sum::<f64>().abs() < 1e-15);
    }

    #[test]
    fn a_constant_has_no_detail_and_twice_its_value_as_approximation() {
        let image = Image { width: 5, height: 3, pixels: vec![7.0; 15], row_mm: 1.0, column_mm: 1.0 };
        let bands: Vec<_> = sub_bands(&image, Frame { left: 0, top: 0, width: 5, height: 3 }).collect();
        for (values, (name, expected)) in bands.iter().zip(SUB_BANDS.iter().zip([0.0, 0.0, 0.0, 14.0])) {
            assert!(values.iter().all(|value| (value - expected).abs() < 1e-13), "{name}: {values:?}");
        }
    }

    #[test]
    fn the_first_letter_is_the_x_axis() {
        let stripes = (0..64).map(|index| f64::from(index % 2)).collect(); // change along x only
        let image = Image { width: 8, height: 8, pixels: stripes, row_mm: 1.0, column_mm: 1.0 };
        let bands: Vec<_> = sub_bands(&image, Frame { left: 0, top: 0, width: 8, height: 8 }).collect();
        let largest = |band: &[f64]| band.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        assert!(largest(&bands[0]) < 1e-13 && largest(&bands[1]) > 0.9, "LH is empty, HL is not");
    }

    #[test]
    fn an_odd_axis_sees_its_first_pixel_twice() {
        let seen: Vec<usize> = (0..5 + TAPS - 1).map(|position| wrapped(position, 5)).collect();
        assert_eq!(seen, [4, 0, 0, 1, 2, 3, 4, 0, 0, 1]);
        assert_eq!([wrapped(0, 1), wrapped(1, 1), wrapped(2, 1)], [0, 0, 0]);
    }
}
