//! First order: how the values are distributed, wherever they are.
//!
//! Definitions: PyRadiomics 3.0.1 `firstorder`. Kurtosis is not the excess: a normal distribution
//! has 3. Entropy and Uniformity are those of the discretised levels.

use super::discretise::Levels;
use super::image::Spacing;

/// The 18 features of `values` (at least one). `shift` is added to each value in the three energy
/// features.
pub(super) fn features(values: &[f64], levels: &Levels, spacing: Spacing, shift: f64) -> [(&'static str, f64); 18] {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (minimum, maximum) = (sorted[0], sorted[sorted.len() - 1]);
    let percentile = |percent: f64| percentile(&sorted, percent);
    let (tenth, ninetieth) = (percentile(10.0), percentile(90.0));

    let count = values.len() as f64;
    let mean = mean(values.iter().copied());
    let energy: f64 = values.iter().map(|value| (value + shift).powi(2)).sum();
    let moments = CentralMoments::new(values, mean);

    // The robust deviation is that of the values from the 10th to the 90th percentile, both included.
    let start = sorted.partition_point(|&value| value < tenth);
    let end = sorted.partition_point(|&value| value <= ninetieth);
    let central = &sorted[start..end];

    let share = |&pixels: &usize| pixels as f64 / count;
    let entropy: f64 = -levels.counts.iter().map(share).map(|p| p * p.log2()).sum::<f64>();
    let uniformity: f64 = levels.counts.iter().map(share).map(|p| p * p).sum();

    [
        ("10Percentile", tenth),
        ("90Percentile", ninetieth),
        ("Energy", energy),
        ("Entropy", entropy.max(0.0)),
        ("InterquartileRange", percentile(75.0) - percentile(25.0)),
        ("Kurtosis", moments.kurtosis()),
        ("Maximum", maximum),
        ("MeanAbsoluteDeviation", mean_absolute_deviation(values)),
        ("Mean", mean),
        ("Median", percentile(50.0)),
        ("Minimum", minimum),
        ("Range", maximum - minimum),
        ("RobustMeanAbsoluteDeviation", mean_absolute_deviation(central)),
        ("RootMeanSquared", (energy / count).sqrt()),
        ("Skewness", moments.skewness()),
        ("TotalEnergy", energy * spacing.row_mm * spacing.column_mm),
        ("Uniformity", uniformity),
        ("Variance", moments.second),
    ]
}

/// Central moments with divisor n.
struct CentralMoments {
    second: f64,
    third: f64,
    fourth: f64,
}

impl CentralMoments {
    fn new(values: &[f64], mean: f64) -> Self {
        let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
        for value in values {
            let deviation = value - mean;
            let square = deviation * deviation;
            second += square;
            third += square * deviation;
            fourth += square * square;
        }
        let count = values.len() as f64;
        Self { second: second / count, third: third / count, fourth: fourth / count }
    }

    /// 0 for a constant region.
    fn skewness(&self) -> f64 {
        if self.second == 0.0 { 0.0 } else { self.third / self.second.powf(1.5) }
    }

    /// 0 for a constant region.
    fn kurtosis(&self) -> f64 {
        if self.second == 0.0 { 0.0 } else { self.fourth / (self.second * self.second) }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

fn mean_absolute_deviation(values: &[f64]) -> f64 {
    let centre = mean(values.iter().copied());
    mean(values.iter().map(|value| (value - centre).abs()))
}

/// Linear interpolation between the closest ranks, in the very operations of numpy's default: a
/// percentile that lies on a value must not miss it by a rounding error, as it bounds the robust
/// deviation.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let rank = (sorted.len() - 1) as f64 * (percent / 100.0);
    let index = rank as usize;
    let (below, above) = (sorted[index], sorted[(index + 1).min(sorted.len() - 1)]);
    let part = rank - index as f64;
    if part < 0.5 { below + (above - below) * part } else { above - (above - below) * (1.0 - part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_interpolate_as_numpy_does() {
        // numpy.percentile([1, 2, 4, 8], [0, 10, 25, 50, 90, 100])
        let sorted = [1.0, 2.0, 4.0, 8.0];
        let expected = [(0.0, 1.0), (10.0, 1.3), (25.0, 1.75), (50.0, 3.0), (90.0, 6.8), (100.0, 8.0)];
        for (percent, value) in expected {
            assert!((percentile(&sorted, percent) - value).abs() < 1e-12, "{percent}");
        }
        assert_eq!(percentile(&[5.0], 90.0), 5.0);
    }

    #[test]
    fn moments_of_a_constant_are_zero() {
        let moments = CentralMoments::new(&[3.0; 4], 3.0);
        assert_eq!([moments.second, moments.skewness(), moments.kurtosis()], [0.0; 3]);
    }
}
