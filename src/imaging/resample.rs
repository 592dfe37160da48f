//! Changing the size of a radiograph.
//!
//! Each axis on its own: where it shrinks, an output pixel is the average of the area it covers;
//! where it grows, it is interpolated linearly between the two nearest centres. Sums are in f64 and
//! in a fixed order, so the same image gives the same bits everywhere.

use super::Radiograph;
use crate::findings::PixelSpacing;

impl Radiograph {
    /// The whole image at `width` x `height` pixels, aspect not kept. An axis that shrinks is
    /// averaged by area, one that grows is interpolated linearly, with half-pixel centres and the
    /// border repeated. A size of 0 on either side gives an image without pixels or with zeros.
    pub fn resampled(&self, width: usize, height: usize) -> Self {
        let step = |input: usize, output: usize| input as f64 / output.max(1) as f64;
        let (column_step, row_step) = (step(self.width, width), step(self.height, height));
        let spacing = self.spacing.map(|spacing| scaled(spacing, row_step, column_step));
        Self { spacing, ..self.sampled(&axis(self.width, width, column_step), &axis(self.height, height, row_step)) }
    }

    /// The image with pixels of `mm` x `mm`, or as near to that as whole pixels allow: the spacing
    /// of the result says exactly. `None` when the spacing of the image is not known or `mm` is not
    /// a positive number.
    pub fn resampled_to_spacing(&self, mm: f64) -> Option<Self> {
        let spacing = self.spacing?;
        if !(mm > 0.0 && mm.is_finite()) {
            return None;
        }
        let size = |pixels: usize, pixel_mm: f64| ((pixels as f64 * pixel_mm / mm).round() as usize).max(1);
        Some(self.resampled(size(self.width, spacing.column_mm), size(self.height, spacing.row_mm)))
    }

    /// The image shrunk by area to fit into `width` x `height` pixels, aspect kept, in the top left
    /// corner of a picture of that size with 0 in the rest; never enlarged. Beside it the scale: a
    /// coordinate of the result divided by it is the coordinate in this image.
    pub fn letterboxed(&self, width: usize, height: usize) -> (Self, f64) {
        let scale = (width as f64 / self.width.max(1) as f64).min(height as f64 / self.height.max(1) as f64).min(1.0);
        if scale <= 0.0 {
            return (Self { width, height, pixels: vec![0.0; width * height], spacing: None }, 1.0);
        }
        let step = 1.0 / scale;
        // The last column or row may cover the border only in part: it averages what there is. So the
        // scale is exact for every pixel instead of being bent to whole numbers.
        let length = |input: usize, limit: usize| ((input as f64 * scale - 1e-6).ceil() as usize).min(limit);
        let (used_width, used_height) = (length(self.width, width), length(self.height, height));
        let shrunk = self.sampled(&axis(self.width, used_width, step), &axis(self.height, used_height, step));

        let mut pixels = vec![0.0; width * height];
        for (target, source) in pixels.chunks_exact_mut(width).zip(shrunk.pixels.chunks_exact(used_width.max(1))) {
            target[..used_width].copy_from_slice(source);
        }
        let spacing = self.spacing.map(|spacing| scaled(spacing, step, step));
        (Self { width, height, pixels, spacing }, scale)
    }

    /// The image seen through one list of taps an axis; without spacing.
    fn sampled(&self, columns: &[Tap], rows: &[Tap]) -> Self {
        let (width, height) = (columns.len(), rows.len());
        let mut narrowed = Vec::with_capacity(width * self.height);
        for row in self.pixels.chunks_exact(self.width.max(1)) {
            narrowed.extend(columns.iter().map(|tap| tap.weigh(|index| f64::from(row[index]))));
        }
        let mut pixels = Vec::with_capacity(width * height);
        for tap in rows {
            pixels.extend((0..width).map(|column| tap.weigh(|index| narrowed[index * width + column]) as f32));
        }
        Self { width, height, pixels, spacing: None }
    }
}

fn scaled(spacing: PixelSpacing, row_step: f64, column_step: f64) -> PixelSpacing {
    PixelSpacing { row_mm: spacing.row_mm * row_step, column_mm: spacing.column_mm * column_step, ..spacing }
}

/// The input pixels that make one output pixel.
struct Tap {
    /// Index of the first.
    first: usize,
    /// Their weights, sum 1; none when the input is empty.
    weights: Vec<f64>,
}

impl Tap {
    fn weigh(&self, value: impl Fn(usize) -> f64) -> f64 {
        self.weights.iter().enumerate().map(|(offset, weight)| weight * value(self.first + offset)).sum()
    }
}

/// The taps of an axis of `input` pixels whose output pixels are `step` input pixels apart.
fn axis(input: usize, output: usize, step: f64) -> Vec<Tap> {
    let tap = |index: usize| {
        if input == 0 {
            Tap { first: 0, weights: Vec::new() }
        } else if step >= 1.0 {
            area_tap(input, index as f64 * step, (index + 1) as f64 * step)
        } else {
            linear_tap(input, (index as f64 + 0.5) * step - 0.5)
        }
    };
    (0..output).map(tap).collect()
}

/// Weights by how much of each pixel is between `start` and `end`.
fn area_tap(input: usize, start: f64, end: f64) -> Tap {
    let first = (start.floor() as usize).min(input - 1);
    let last = (end.ceil() as usize).clamp(first + 1, input);
    let covered: Vec<f64> =
        (first..last).map(|index| (end.min((index + 1) as f64) - start.max(index as f64)).max(0.0)).collect();
    let total: f64 = covered.iter().sum();
    if total > 0.0 {
        Tap { first, weights: covered.iter().map(|part| part / total).collect() }
    } else {
        Tap { first, weights: vec![1.0] }
    }
}

/// Weights of the two pixels whose centres are around `position` (pixel 0 has its centre at 0).
fn linear_tap(input: usize, position: f64) -> Tap {
    let position = position.clamp(0.0, (input - 1) as f64);
    let first = position.floor() as usize;
    let fraction = position - first as f64;
    let weights = if fraction > 0.0 { vec![1.0 - fraction, fraction] } else { vec![1.0] };
    Tap { first, weights }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::findings::SpacingSource;

    fn image(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Radiograph {
        let pixels = (0..width * height).map(|at| value(at % width, at / width)).collect();
        let spacing = PixelSpacing { row_mm: 0.2, column_mm: 0.1, source: SpacingSource::ImagerPixelSpacing };
        Radiograph { width, height, pixels, spacing: Some(spacing) }
    }

    fn mean(image: &Radiograph) -> f64 {
        image.pixels.iter().copied().map(f64::from).sum::<f64>() / image.pixels.len() as f64
    }

    #[test]
    fn shrinking_averages_areas() {
        let wide = Radiograph { width: 4, height: 1, pixels: vec![1.0, 3.0, 5.0, 11.0], spacing: None };
        assert_eq!(wide.resampled(2, 1).pixels, [2.0, 8.0]);
        // An output pixel covers 4/3: all of the first and a third of the second, and so on.
        let thirds = wide.resampled(3, 1).pixels;
        for (third, expected) in thirds.iter().zip([1.5, 4.0, 9.5]) {
            assert!((third - expected).abs() < 1e-6, "{thirds:?}");
        }
    }

    #[test]
    fn growing_interpolates_between_centres_and_repeats_the_border() {
        let pair = Radiograph { width: 2, height: 1, pixels: vec![0.0, 4.0], spacing: None };
        assert_eq!(pair.resampled(4, 1).pixels, [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(pair.resampled(2, 3).pixels, [0.0, 4.0, 0.0, 4.0, 0.0, 4.0]);
    }

    #[test]
    fn the_same_size_is_the_same_image() {
        let picture = image(7, 5, |column, row| (column * 31 + row * 17) as f32 / 3.0);
        assert_eq!(picture.resampled(7, 5), picture);
        assert_eq!(picture.letterboxed(7, 5), (picture.clone(), 1.0));
    }

    #[test]
    fn spacing_follows_the_size() {
        let spacing = image(100, 50, |_, _| 1.0).resampled(50, 100).spacing.unwrap();
        assert_eq!((spacing.row_mm, spacing.column_mm), (0.1, 0.2));

        let square = image(100, 50, |_, _| 1.0).resampled_to_spacing(0.3).unwrap();
        assert_eq!((square.width, square.height), (33, 33));
        let spacing = square.spacing.unwrap();
        assert!((spacing.column_mm - 10.0 / 33.0).abs() < 1e-12 && (spacing.row_mm - 10.0 / 33.0).abs() < 1e-12);

        let unknown = Radiograph { spacing: None, ..image(4, 4, |_, _| 1.0) };
        assert_eq!(unknown.resampled_to_spacing(0.3), None);
        assert_eq!(image(4, 4, |_, _| 1.0).resampled_to_spacing(f64::NAN), None);
    }

    #[test]
    fn a_letterbox_keeps_the_aspect_and_never_enlarges() {
        let (boxed, scale) = image(200, 100, |_, _| 3.0).letterboxed(50, 50);
        assert_eq!((boxed.width, boxed.height, scale), (50, 50, 0.25));
        assert!(boxed.pixels[..50 * 25].iter().all(|&pixel| pixel == 3.0));
        assert!(boxed.pixels[50 * 25..].iter().all(|&pixel| pixel == 0.0));

        let (small, scale) = image(2, 1, |column, _| column as f32 + 1.0).letterboxed(3, 2);
        assert_eq!((small.pixels.as_slice(), scale), ([1.0, 2.0, 0.0, 0.0, 0.0, 0.0].as_slice(), 1.0));
    }

    /// A box found on the letterboxed picture must lie where the body is: with a scale bent to whole
    /// pixels, an edge at the far end of a 3001 pixel film would be off by several pixels.
    #[test]
    fn letterbox_coordinates_divide_back_exactly() {
        let edge = 2900;
        let film = image(17, 3001, |_, row| if row >= edge { 1.0 } else { 0.0 });
        let (boxed, scale) = film.letterboxed(512, 512);
        let first_row = (0..512).find(|&row| boxed.pixels[row * 512] > 0.0).unwrap();
        let share = f64::from(boxed.pixels[first_row * 512]);
        let found = (first_row as f64 + 1.0 - share) / scale;
        assert!((found - edge as f64).abs() < 1e-3, "edge at {found}");
    }

    #[test]
    fn nothing_stays_nothing() {
        let empty = Radiograph { width: 0, height: 0, pixels: Vec::new(), spacing: None };
        assert_eq!(empty.resampled(2, 2).pixels, [0.0; 4]);
        assert_eq!(empty.letterboxed(2, 2).0.pixels, [0.0; 4]);
        assert_eq!(image(3, 3, |_, _| 1.0).resampled(0, 2).pixels, [0.0; 0]);
        assert_eq!(image(3, 3, |_, _| 1.0).letterboxed(0, 2).0.pixels, [0.0; 0]);
    }

    proptest! {
        #[test]
        fn constant_images_stay_constant(
            value in -1e6..1e6f32, width in 1..40usize, height in 1..40usize, to_width in 1..40usize, to_height in 1..40usize,
        ) {
            let resized = image(width, height, |_, _| value).resampled(to_width, to_height);
            prop_assert_eq!((resized.width, resized.height), (to_width, to_height));
            prop_assert_eq!(resized.pixels, vec![value; to_width * to_height]);
        }

        #[test]
        fn shrinking_keeps_the_mean(
            values in prop::collection::vec(0.0..4096.0f32, 600), to_width in 1..=30usize, to_height in 1..=20usize,
        ) {
            let picture = image(30, 20, |column, row| values[row * 30 + column]);
            let resized = picture.resampled(to_width, to_height);
            prop_assert!((mean(&resized) - mean(&picture)).abs() < 1e-3, "{} {}", mean(&resized), mean(&picture));
        }

        #[test]
        fn values_stay_within_those_of_the_image(
            values in prop::collection::vec(-50.0..50.0f32, 35), to_width in 1..30usize, to_height in 1..30usize,
        ) {
            let picture = image(7, 5, |column, row| values[row * 7 + column]);
            let (low, high) = picture.percentile_window([0.0, 100.0]);
            for pixel in picture.resampled(to_width, to_height).pixels {
                prop_assert!((low..=high).contains(&f64::from(pixel)));
            }
        }

        #[test]
        fn a_letterbox_covers_the_scaled_image(
            width in 1..300usize, height in 1..300usize, to_width in 1..100usize, to_height in 1..100usize,
        ) {
            let (boxed, scale) = image(width, height, |_, _| 1.0).letterboxed(to_width, to_height);
            prop_assert_eq!(boxed.pixels.len(), to_width * to_height);
            prop_assert!(scale <= 1.0);
            let filled = boxed.pixels.iter().filter(|&&pixel| pixel == 1.0).count();
            prop_assert_eq!(filled, boxed.pixels.iter().filter(|&&pixel| pixel != 0.0).count());
            let length = |input: usize| (input as f64 * scale - 1e-6).ceil() as usize;
            prop_assert_eq!(filled, length(width) * length(height));
        }
    }
}
