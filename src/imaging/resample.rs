//! Changing the size of a radiograph.
//!
//! Each axis on its own: where it shrinks, an output pixel is the average of the area it covers;
//! where it grows, it is interpolated linearly between the two nearest centres. Sums are in f64 and
//! in a fixed order, so the same image gives the same bits everywhere.

use super::{PixelSpacing, Radiograph};

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
