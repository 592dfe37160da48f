//! Cutting a region of interest out of a radiograph.

use std::ops::Range;

use super::{BoundingBox, Radiograph};

impl Radiograph {
    /// The pixels whose centre is inside `region`, clipped to the image; spacing is kept. Width or
    /// height is 0 when no centre is inside.
    pub fn crop(&self, region: &BoundingBox) -> Self {
        let columns = centres_inside(region.x0, region.x1, self.width);
        let rows = centres_inside(region.y0, region.y1, self.height);
        let pixels = rows.clone().flat_map(|row| &self.pixels[row * self.width..][columns.clone()]).copied().collect();
        Self { width: columns.len(), height: rows.len(), pixels, spacing: self.spacing }
    }
}

/// Indices of the pixels, `i + 0.5` their centre, from `start` (included) to `end` (excluded), so
/// that boxes side by side share no pixel.
fn centres_inside(start: f64, end: f64, length: usize) -> Range<usize> {
    // The cast of a float saturates and makes NaN 0, so any box is safe.
    let index = |edge: f64| ((edge - 0.5).ceil().max(0.0) as usize).min(length);
    let first = index(start);
    first..index(end).max(first)
}
