//! Wavelet: one level of the undecimated coiflet of order 1, four sub-bands.
//!
//! As PyWavelets' `swtn`, which PyRadiomics calls: along each axis y[n] = sum over k of h[k] x[n+3-k],
//! periodic; an axis of odd length gets its first pixel appended.

use crate::radiomics::image::Image;
use crate::radiomics::region::Frame;

const TAPS: usize = 6;

/// The low-pass and the high-pass decomposition filter of coif1. The low-pass one is
/// (√7 - 3, 1 - √7, 14 - 2√7, 14 + 2√7, 5 + √7, 1 - √7) / 16√2 (Daubechies, Ten Lectures on Wavelets,
/// section 8.2), as decimals because the last bit decides for a pixel on the edge of a bin; the
/// high-pass one is it reversed with alternating signs.
fn filters() -> [[f64; TAPS]; 2] {
    let [a, b, c, d, e, f] = [
        -0.015655728135791993,
        -0.07273261951252645,
        0.3848648468648578,
        0.8525720202116004,
        0.3378976624574818,
        -0.07273261951252645,
    ];
    [[a, b, c, d, e, f], [-f, e, -d, c, -b, a]]
}

/// The sub-bands in PyRadiomics' order; the first letter is the filter along a row.
pub(super) const SUB_BANDS: [&str; 4] = ["LH", "HL", "HH", "LL"];

/// The images of [`SUB_BANDS`].
pub(super) fn sub_bands(image: &Image, frame: Frame) -> [Vec<f64>; 4] {
    let filters @ [to_low, to_high] = filters();
    let rows = periodic_window(frame.top, frame.height, image.height);
    let columns = periodic_window(frame.left, frame.width, image.width);
    let mut line = vec![0.0; columns.len()];
    let [mut low, mut high] = [(); 2].map(|()| vec![0.0; rows.len() * frame.width]);
    for (index, &row) in rows.iter().enumerate() {
        let pixels = &image.pixels[row * image.width..][..image.width];
        line.iter_mut().zip(&columns).for_each(|(value, &column)| *value = pixels[column]);
        for (filter, filtered) in filters.iter().zip([&mut low, &mut high]) {
            let across = filtered[index * frame.width..][..frame.width].iter_mut();
            accumulate(across, filter, |tap| &line[tap..]);
        }
    }
    let down = |filtered: &[f64], filter: &[f64; TAPS]| {
        let mut values = vec![0.0; frame.width * frame.height];
        accumulate(values.iter_mut(), filter, |tap| &filtered[tap * frame.width..]);
        values
    };
    [down(&low, &to_high), down(&high, &to_low), down(&high, &to_high), down(&low, &to_low)]
}

/// Indices of the pixels that `length` outputs from `start` on look at: 2 before and 3 behind.
fn periodic_window(start: usize, length: usize, size: usize) -> Vec<usize> {
    // An odd axis is one longer; its last pixel is the first once more.
    let period = size + size % 2;
    let at = |index: usize| (index + period - 2) % period % size;
    (start..start + length + TAPS - 1).map(at).collect()
}

/// Sets each of `sums` to the sum of the taps, last first, times what lies as many steps ahead; added
/// up from the first tap on, as PyWavelets does, so that the last bit is the same.
fn accumulate<'a>(
    sums: impl Iterator<Item = &'a mut f64>,
    [a, b, c, d, e, f]: &[f64; TAPS],
    ahead: impl Fn(usize) -> &'a [f64],
) {
    let inputs = ahead(0).iter().zip(ahead(1)).zip(ahead(2)).zip(ahead(3)).zip(ahead(4)).zip(ahead(5));
    for (sum, (((((x0, x1), x2), x3), x4), x5)) in sums.zip(inputs) {
        *sum = a * x5 + b * x4 + c * x3 + d * x2 + e * x1 + f * x0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_all_low() {
        let image = Image { width: 5, height: 3, pixels: vec![7.0; 15], row_mm: 1.0, column_mm: 1.0 };
        let frame = Frame { left: 1, top: 0, width: 3, height: 3 };
        for (name, values) in SUB_BANDS.into_iter().zip(sub_bands(&image, frame)) {
            assert_eq!(values.len(), 9);
            let expected = if name == "LL" { 14.0 } else { 0.0 };
            assert!(values.iter().all(|value| (value - expected).abs() < 1e-10), "{name} {values:?}");
        }
    }

    #[test]
    fn the_decimals_are_those_of_the_closed_form() {
        let root = 7_f64.sqrt();
        let closed = [root - 3.0, 1.0 - root, 14.0 - 2.0 * root, 14.0 + 2.0 * root, 5.0 + root, 1.0 - root];
        let [low, _] = filters();
        assert!(low.iter().zip(closed).all(|(tap, exact)| (tap - exact / (16.0 * 2_f64.sqrt())).abs() < 2e-16));
    }

    #[test]
    fn the_filters_are_orthonormal() {
        let [low, high] = filters();
        for filter in [low, high] {
            assert!((filter.iter().map(|tap| tap * tap).sum::<f64>() - 1.0).abs() < 1e-12);
        }
        assert!(low.iter().zip(high).map(|(low, high)| low * high).sum::<f64>().abs() < 1e-12);
    }
}
