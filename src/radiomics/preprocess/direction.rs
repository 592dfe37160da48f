//! The grid of new pixels, one direction at a time: rows and columns do not depend on each other.

/// A direction of an image, of which `first` and `extent` are the part the region covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direction {
    /// Pixels of the image.
    count: usize,
    /// Distance of their centres, mm.
    old_mm: f64,
    /// Distance of the new ones, mm.
    new_mm: f64,
    /// First pixel of the region.
    first: usize,
    /// Pixels from the first to the last of the region.
    extent: usize,
}

/// The new pixels of a direction. They fill the image from its edge on, as the old ones do; kept are
/// those that the padded region covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Number of pixels kept, whole; not finite or beyond counting when they are too many.
    pub count: f64,
    /// Distance of their centres, mm.
    pub new_mm: f64,
    /// Distance of the old ones, mm.
    old_mm: f64,
    /// Centre of the first one kept, mm from the centre of the first old one.
    origin_mm: f64,
}

impl Direction {
    /// `asked_mm` 0 keeps the distance, and so does a region one pixel wide: there is nothing in it
    /// to interpolate between.
    pub fn new(count: usize, old_mm: f64, asked_mm: f64, first: usize, extent: usize) -> Self {
        let new_mm = if asked_mm == 0.0 || extent == 1 { old_mm } else { asked_mm };
        Self { count, old_mm, new_mm, first, extent }
    }

    /// Whether the distance stays, in the tolerance of NumPy's `allclose`.
    pub fn keeps_its_spacing(&self) -> bool {
        (self.old_mm - self.new_mm).abs() <= 1e-8 + 1e-5 * self.new_mm
    }

    /// First pixel and number of pixels of the region with up to `padding` pixels on both sides.
    pub fn padded(&self, padding: u32) -> (usize, usize) {
        let first = self.first.saturating_sub(padding as usize);
        let end = (self.first + self.extent).saturating_add(padding as usize).min(self.count);
        (first, end - first)
    }

    /// The new pixels that cover the region, with `padding` new pixels and whatever is needed to
    /// cover half an old one on both sides, but not beyond the image.
    pub fn grid(&self, padding: u32) -> Grid {
        let Self { old_mm, new_mm, .. } = *self;
        let (ratio, padding) = (old_mm / new_mm, f64::from(padding));
        let (first, end) = (self.first as f64, (self.first + self.extent) as f64);
        let lower = ((first - 0.5) * ratio - padding).floor().max(0.0);
        let upper = ((end - 0.5) * ratio + padding).ceil().min((self.count as f64 * ratio).ceil() - 1.0);
        // The edges of both grids coincide, so their first centres are half the difference apart.
        let origin = 0.5 * (new_mm - old_mm) / old_mm + lower / ratio;
        Grid { count: upper - lower + 1.0, new_mm, old_mm, origin_mm: origin * old_mm }
    }
}

impl Grid {
    /// Centre of the new pixel `index`, in old pixels from the centre of the first one.
    pub fn position(&self, index: f64) -> f64 {
        (index * self.new_mm + self.origin_mm) * (1.0 / self.old_mm)
    }

    /// The same but for rounding: along a row ITK goes from the first position to the one after the
    /// last in equal parts. The last bit decides which of two equally near pixels is the nearest.
    pub fn position_on_the_way(&self, index: f64) -> f64 {
        let (start, end) = (self.position(0.0), self.position(self.count));
        start + index / self.count * (end - start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_both_grids_coincide() {
        let grid = Direction::new(10, 1.0, 2.0, 0, 10).grid(5);
        assert_eq!(grid.count, 5.0);
        assert_eq!([0.0, 4.0].map(|index| grid.position(index)), [0.5, 8.5]);
        assert_eq!(grid.position_on_the_way(4.0), 8.5);
    }

    #[test]
    fn padding_stops_at_the_image() {
        let direction = Direction::new(20, 1.0, 0.5, 2, 5);
        assert_eq!(direction.padded(3), (0, 10));
        assert_eq!(direction.padded(u32::MAX), (0, 20));
        assert_eq!(direction.grid(u32::MAX).count, 40.0);
    }

    #[test]
    fn what_is_one_pixel_wide_keeps_its_size() {
        assert!(Direction::new(20, 1.0, 0.5, 7, 1).keeps_its_spacing());
        assert!(Direction::new(20, 1.0, 0.0, 7, 4).keeps_its_spacing());
        assert!(!Direction::new(20, 1.0, 0.5, 7, 2).keeps_its_spacing());
    }
}
