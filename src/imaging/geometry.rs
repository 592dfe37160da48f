//! Cropping and resampling: deterministic, in f64.

use super::radiograph::{BoundingBox, Radiograph};

impl Radiograph {
    /// The pixels whose centre is inside `region`, at least one row and one column where the region
    /// overlaps the image.
    pub fn crop(&self, region: &BoundingBox) -> Self {
        let (x0, x1) = covered(region.x0, region.x1, self.width);
        let (y0, y1) = covered(region.y0, region.y1, self.height);
        let mut pixels = Vec::with_capacity((x1 - x0) * (y1 - y0));
        for row in y0..y1 {
            pixels.extend_from_slice(&self.pixels[row * self.width + x0..row * self.width + x1]);
        }
        Self { width: x1 - x0, height: y1 - y0, pixels, spacing: self.spacing }
    }

    /// The image at `width` x `height` pixels: each new pixel is the area average of what it covers
    /// where the image shrinks, and linear interpolation between pixel centres where it grows.
    pub fn resampled(&self, width: usize, height: usize) -> Self {
        let horizontal = weights(self.width, width);
        let vertical = weights(self.height, height);
        let mut rows = vec![0.0f64; width * self.height];
        for (source, target) in self.pixels.chunks_exact(self.width.max(1)).zip(rows.chunks_exact_mut(width.max(1))) {
            for (value, (first, share)) in target.iter_mut().zip(&horizontal) {
                *value = share.iter().zip(&source[*first..]).map(|(s, p)| s * f64::from(*p)).sum();
            }
        }
        let mut pixels = Vec::with_capacity(width * height);
        let mut sums = vec![0.0f64; width];
        for (first, share) in &vertical {
            sums.fill(0.0);
            for (offset, s) in share.iter().enumerate() {
                let row = &rows[(first + offset) * width..(first + offset + 1) * width];
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += s * value);
            }
            pixels.extend(sums.iter().map(|&s| s as f32));
        }
        let spacing = self.spacing.map(|mut s| {
            s.row_mm *= self.height as f64 / height as f64;
            s.column_mm *= self.width as f64 / width as f64;
            s
        });
        Self { width, height, pixels, spacing }
    }

    /// The image scaled to fit `width` x `height`, aspect ratio kept, in the top left corner, the
    /// rest `fill`; and the scale (new pixels per old pixel).
    pub fn letterboxed(&self, width: usize, height: usize, fill: f32) -> (Self, f64) {
        let scale = (width as f64 / self.width as f64).min(height as f64 / self.height as f64);
        let fitted = |n: usize, most: usize| ((n as f64 * scale).round() as usize).clamp(1, most);
        let inner = self.resampled(fitted(self.width, width), fitted(self.height, height));
        let mut pixels = vec![fill; width * height];
        for (target, source) in pixels.chunks_exact_mut(width).zip(inner.pixels.chunks_exact(inner.width)) {
            target[..inner.width].copy_from_slice(source);
        }
        (Self { width, height, pixels, spacing: inner.spacing }, scale)
    }
}

/// First and last+1 index of the pixels whose centre lies in `low..high`.
fn covered(low: f64, high: f64, count: usize) -> (usize, usize) {
    let index = |edge: f64| ((edge - 0.5).ceil().max(0.0) as usize).min(count);
    let (first, end) = (index(low), index(high));
    if first < end || count == 0 || high <= 0.0 || low >= count as f64 {
        return (first, end.max(first));
    }
    let only = (((low + high) / 2.0).max(0.0) as usize).min(count - 1);
    (only, only + 1)
}

/// For each of `new` pixels: the first old pixel it draws from and the shares, which sum to 1.
fn weights(old: usize, new: usize) -> Vec<(usize, Vec<f64>)> {
    let ratio = old as f64 / new as f64;
    let share_of = |index: usize| {
        if ratio > 1.0 {
            let (low, high) = (index as f64 * ratio, ((index + 1) as f64 * ratio).min(old as f64));
            let first = low.floor() as usize;
            let end = (high.ceil() as usize).min(old);
            let share = (first..end).map(|i| ((i + 1) as f64).min(high) - (i as f64).max(low));
            let share: Vec<f64> = share.map(|s| s / (high - low)).collect();
            (first, share)
        } else {
            let centre = ((index as f64 + 0.5) * ratio - 0.5).clamp(0.0, old as f64 - 1.0);
            let first = (centre.floor() as usize).min(old.saturating_sub(2));
            let beyond = centre - first as f64;
            (first, if old < 2 { vec![1.0] } else { vec![1.0 - beyond, beyond] })
        }
    };
    (0..new).map(share_of).collect()
}
