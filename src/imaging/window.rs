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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(pixels: Vec<f32>) -> Radiograph {
        Radiograph { width: pixels.len(), height: 1, pixels, spacing: None }
    }

    #[test]
    fn percentiles_lie_between_ranks_as_numpys_do() {
        // numpy.percentile([15, 20, 35, 40, 50], [0, 5, 30, 40, 95, 100])
        let image = row(vec![50.0, 15.0, 40.0, 20.0, 35.0]);
        for (percent, value) in [(0.0, 15.0), (5.0, 16.0), (30.0, 23.0), (40.0, 29.0), (95.0, 48.0), (100.0, 50.0)] {
            let (low, _) = image.percentile_window([percent, 50.0]);
            assert!((low - value).abs() < 1e-12, "{percent}: {low}");
        }
        assert_eq!(row(Vec::new()).percentile_window([1.0, 99.0]), (0.0, 0.0));
        assert_eq!(row(vec![3.0]).percentile_window([1.0, 99.0]), (3.0, 3.0));
    }

    #[test]
    fn a_window_maps_to_0_and_1_and_clips() {
        let image = row(vec![-1.0, 10.0, 15.0, 20.0, 99.0]);
        assert_eq!(image.windowed((10.0, 20.0)).pixels, [0.0, 0.0, 0.5, 1.0, 1.0]);
        assert_eq!(image.grey_levels((10.0, 20.0)), [0, 0, 128, 255, 255]);
        assert_eq!(image.windowed((10.0, 10.0)).pixels, [0.0; 5], "a window without width");
    }

    proptest! {
        #[test]
        fn percentiles_agree_with_a_full_sort(
            values in prop::collection::vec(-1e4..1e4f32, 1..200),
            percent in 0.0..=100.0f64,
        ) {
            let mut sorted: Vec<f64> = values.iter().copied().map(f64::from).collect();
            sorted.sort_by(f64::total_cmp);
            let rank = percent / 100.0 * (sorted.len() - 1) as f64;
            let (below, above) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
            let expected = below + (above - below) * rank.fract();
            let (low, high) = row(values).percentile_window([percent, percent]);
            prop_assert!((low - expected).abs() < 1e-9 * (1.0 + expected.abs()));
            prop_assert_eq!(low, high);
        }
    }
}
