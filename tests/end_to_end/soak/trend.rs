//! Whether a quantity grows: the line through its samples.

/// A straight line through samples, by least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Change in an hour.
    pub per_hour: f64,
    /// How far that is off by chance alone, were the samples independent (they are not: see [`Trend::growth`]).
    pub standard_error: f64,
    /// Hours between the first sample and the last.
    pub hours: f64,
}

impl Trend {
    /// The line through the second half of `samples` of (seconds, value): the first half is for warming up.
    pub fn of_second_half(samples: &[(f64, f64)]) -> Self {
        Self::of(&samples[samples.len() / 2..])
    }

    fn of(samples: &[(f64, f64)]) -> Self {
        assert!(samples.len() > 2, "{} samples are too few for a line", samples.len());
        let n = samples.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / n;
        let (t, y) = (mean(|s| s.0 / 3600.0), mean(|s| s.1));
        let from_mean = samples.iter().map(|s| (s.0 / 3600.0 - t, s.1 - y));
        let spread: f64 = from_mean.clone().map(|(dt, _)| dt * dt).sum();
        let per_hour = from_mean.clone().map(|(dt, dy)| dt * dy).sum::<f64>() / spread;
        let residuals: f64 = from_mean.map(|(dt, dy)| (dy - per_hour * dt).powi(2)).sum();
        let standard_error = (residuals / (n - 2.0) / spread).sqrt();
        let hours = (samples[samples.len() - 1].0 - samples[0].0) / 3600.0;
        Self { per_hour, standard_error, hours }
    }

    /// How much the line rises from its first sample to its last. A level that moves by steps (an allocator takes and
    /// gives back whole chunks) makes a line rise by up to one and a half steps, however long it is watched; a leak
    /// rises without end. So a bound on this has a part that stands for one step, and a part for each hour.
    pub fn growth(&self) -> f64 {
        self.per_hour * self.hours
    }
}

#[test]
fn a_leak_is_told_from_a_level_that_moves() {
    let every_ten_seconds = |value: fn(f64) -> f64| -> Vec<(f64, f64)> {
        (0..720).map(|i| f64::from(i) * 10.0).map(|t| (t, value(t))).collect()
    };
    let level = Trend::of_second_half(&every_ten_seconds(|t| 50.0 + (t / 70.0).sin()));
    assert!(level.growth().abs() < 0.1, "{level:?}");
    let leak = Trend::of_second_half(&every_ten_seconds(|t| 50.0 + (t / 70.0).sin() + t / 3600.0 * 3.0));
    assert!((leak.per_hour - 3.0).abs() < 0.2 && (leak.hours - 1.0).abs() < 0.01, "{leak:?}");
    let warming_up = Trend::of_second_half(&every_ten_seconds(|t| t.min(3600.0)));
    assert!(warming_up.per_hour.abs() < 1e-6, "the first half does not count: {warming_up:?}");
    let step = Trend::of_second_half(&every_ten_seconds(|t| if t < 5400.0 { 50.0 } else { 51.0 }));
    assert!((1.4..1.51).contains(&step.growth()), "one step counts one and a half times: {step:?}");
}

#[test]
fn the_error_of_a_line_is_that_of_the_textbook() {
    // y = 2 t + (1, -1, -1, 1) at t = 0, 1, 2, 3 hours: residuals 1 each, spread 5, two degrees of freedom.
    let line = Trend::of(&[(0.0, 1.0), (3600.0, 1.0), (7200.0, 3.0), (10_800.0, 7.0)]);
    assert!(
        (line.per_hour - 2.0).abs() < 1e-9 && (line.standard_error - (2.0_f64 / 5.0).sqrt()).abs() < 1e-9,
        "{line:?}"
    );
}
