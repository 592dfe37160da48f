//! Windows: the part of the value range that is looked at.

use super::Radiograph;

impl Radiograph {
    /// The values at two percentiles (0 to 100), interpolated linearly between the two nearest ranks
    /// as numpy's default does (method 7 of Hyndman and Fan, 1996). (0, 0) for an empty image.
    pub fn percentile_window(&self, percentiles: [f64; 2]) -> (f64, f64) {
        let mut values = self.pixels.clone();
        (percentile(&mut values, percentiles[0]), percentile(&mut values, percentiles[1]))
    }

    /// The values mapped linearly so that `window` becomes 0..1, and clipped to that. All 0 when the
    /// window has no width.
    pub fn windowed(&self, window: (f64, f64)) -> Self {
        let (low, high) = window;
        let width = high - low;
        let level = |value: f32| {
            if width > 0.0 { ((f64::from(value) - low) / width).clamp(0.0, 1.0) as f32 } else { 0.0 }
        };
        Self { pixels: self.pixels.iter().copied().map(level).collect(), ..*self }
    }

    /// The values of `window` as grey levels 0 to 255, for pictures of files without a VOI LUT.
    pub fn grey_levels(&self, window: (f64, f64)) -> Vec<u8> {
        self.windowed(window).pixels.iter().map(|level| (level * 255.0).round() as u8).collect()
    }
}

/// One percentile; reorders `values`.
fn percentile(values: &mut [f32], percent: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return 0.0;
    };
    let rank = (percent / 100.0).clamp(0.0, 1.0) * last as f64;
    let below = rank.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f32::total_cmp);
    let low = f64::from(low);
    let high = above.iter().copied().min_by(f32::total_cmp).map_or(low, f64::from);
    let fraction = rank - below as f64;
    // numpy's form: exact at either end.
    if fraction < 0.5 { low + (high - low) * fraction } else { high - (high - low) * (1.0 - fraction) }
}
