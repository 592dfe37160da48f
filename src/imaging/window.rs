//! Percentile windows: grey values of any device to a fixed range.

use super::radiograph::Radiograph;

impl Radiograph {
    /// The values at two percentiles (0 to 100), by linear interpolation between order statistics
    /// (the default of `numpy.percentile`).
    pub fn percentile_window(&self, percentiles: [f64; 2]) -> (f64, f64) {
        let mut values = self.pixels.clone();
        let [low, high] = percentiles.map(|p| percentile(&mut values, p));
        (low, high)
    }

    /// Values mapped so that `window` becomes 0 to 1; clipped to it when `clip`. A flat window gives
    /// zeros.
    pub fn windowed(&self, window: (f64, f64), clip: bool) -> Self {
        let (low, high) = window;
        let scale = if high > low { 1.0 / (high - low) } else { 0.0 };
        let map = |p: &f32| {
            let value = (f64::from(*p) - low) * scale;
            (if clip { value.clamp(0.0, 1.0) } else { value }) as f32
        };
        Self { pixels: self.pixels.iter().map(map).collect(), ..*self }
    }
}

/// One percentile; reorders `values`.
fn percentile(values: &mut [f32], percent: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let rank = (percent / 100.0).clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let below = rank.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f32::total_cmp);
    let next = above.iter().copied().min_by(f32::total_cmp).unwrap_or(low);
    f64::from(low) + (rank - below as f64) * (f64::from(next) - f64::from(low))
}
