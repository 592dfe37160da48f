//! An axis: its range, where its ticks are, and what it measures.

/// One of the two axes of a chart.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Value at the left or lower end.
    pub low: f64,
    /// Value at the other end, above it.
    pub high: f64,
    /// Where ticks stand, with what they say.
    pub ticks: Vec<(f64, String)>,
    /// What is measured, with its unit.
    pub label: String,
}

impl Axis {
    /// 0 to 1 with a tick each fifth.
    pub fn share(label: &str) -> Self {
        let ticks = (0..=5).map(|i| f64::from(i) / 5.0).map(|t| (t, format!("{t:.1}")));
        Self { low: 0.0, high: 1.0, ticks: ticks.collect(), label: label.to_owned() }
    }

    /// A range with about five round ticks; a range without width is widened.
    pub fn spanning(low: f64, high: f64, label: &str) -> Self {
        let (low, high) = if high - low > 1e-12 { (low, high) } else { (low - 0.5, high + 0.5) };
        let raw = (high - low) / 5.0;
        let magnitude = 10.0_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * magnitude).into_iter().find(|s| *s >= raw).unwrap_or(raw);
        let decimals = (0..9).find(|d| is_whole(step * 10.0_f64.powi(*d))).unwrap_or(9) as usize;
        let first = (low / step).ceil() as i64;
        let last = (high / step).floor() as i64;
        let ticks = (first..=last).map(|i| i as f64 * step).map(|t| (t, minus(&format!("{t:.decimals$}"))));
        Self { low, high, ticks: ticks.collect(), label: label.to_owned() }
    }

    /// 0 at the low end, 1 at the high.
    pub fn position(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6
}

/// With a minus sign that is as wide as a plus.
fn minus(number: &str) -> String {
    number.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(low: f64, high: f64) -> Vec<String> {
        Axis::spanning(low, high, "").ticks.into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(said(-0.31, 0.64), ["\u{2212}0.2", "0.0", "0.2", "0.4", "0.6"]);
        assert_eq!(said(0.45, 1.09), ["0.6", "0.8", "1.0"]);
        assert_eq!(said(0.0, 10.0), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(said(2.0, 2.0).len(), 5, "a single value still has a range around it");
    }
}
