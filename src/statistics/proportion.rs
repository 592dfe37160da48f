//! A part of a whole, with its interval.

use super::delong::Interval;
use super::normal::HALF_WIDTH_95;

/// Wilson's 95 % interval of `hits` among `of` (Wilson EB, J Am Stat Assoc 1927;22:209-212): also where none or all are
/// hits. From 0 to 1 where there is nothing.
pub fn wilson(hits: usize, of: usize) -> Interval {
    if of == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (n, z) = (of as f64, HALF_WIDTH_95);
    let p = hits as f64 / n;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_statsmodels_gives_it() {
        // statsmodels 0.14, proportion_confint(hits, of, method="wilson").
        for (hits, of, low, high) in [(81, 263, 0.255_225_9, 0.366_193_3), (15, 148, 0.062_386_3, 0.160_563_5)] {
            let found = wilson(hits, of);
            assert!((found.low - low).abs() < 5e-4 && (found.high - high).abs() < 5e-4, "{found:?}");
        }
        let (none, all) = (wilson(0, 10), wilson(10, 10));
        assert!(none.low < 1e-12 && (none.high - 0.277_532_8).abs() < 1e-6, "{none:?}");
        assert!(all.high > 1.0 - 1e-12 && (all.low - 0.722_467_2).abs() < 1e-6, "{all:?}");
        assert_eq!((wilson(0, 0).low, wilson(0, 0).high), (0.0, 1.0));
    }
}
