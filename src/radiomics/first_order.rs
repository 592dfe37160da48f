//! First order: how the values are distributed, wherever they are.
//!
//! Definitions: PyRadiomics 3.0.1 `firstorder`. Kurtosis is not the excess: a normal distribution
//! has 3. Entropy and Uniformity are those of the discretised levels.

use super::discretise::Levels;
use super::image::Spacing;
use super::lanes;

/// The 18 features of `values` (at least one), whose grey levels are `levels`. `shift` is added to each value in the three energy
/// features.
pub(super) fn features(values: &[f64], levels: &Levels, spacing: Spacing, shift: f64) -> [(&'static str, f64); 18] {
    let (minimum, maximum) = levels.range;
    let [tenth, lower_quartile, median, upper_quartile, ninetieth] =
        percentiles(values, [minimum, maximum], [10.0, 25.0, 50.0, 75.0, 90.0]);

    let count = values.len() as f64;
    let [sum, energy] = lanes::sums(values, |values| {
        let shifted = values.map(|value| value + shift);
        [values, lanes::product(shifted, shifted)]
    });
    // The mean of a constant is that constant, without rounding: its moments are 0.
    let mean = if minimum == maximum { minimum } else { sum / count };
    let about_the_mean = lanes::sums(values, |values| {
        let deviations = values.map(|value| value - mean);
        let squares = lanes::product(deviations, deviations);
        [deviations.map(f64::abs), squares, lanes::product(squares, deviations), lanes::product(squares, squares)]
    });
    let [mean_absolute_deviation, variance, third_moment, fourth_moment] = about_the_mean.map(|sum| sum / count);

    let share = |&pixels: &usize| pixels as f64 / count;
    let entropy: f64 = -levels.counts.iter().map(share).map(|p| p * p.log2()).sum::<f64>();
    let uniformity: f64 = levels.counts.iter().map(share).map(|p| p * p).sum();

    [
        ("10Percentile", tenth),
        ("90Percentile", ninetieth),
        ("Energy", energy),
        ("Entropy", entropy.max(0.0)),
        ("InterquartileRange", upper_quartile - lower_quartile),
        // Both are 0 for a constant region.
        ("Kurtosis", if variance == 0.0 { 0.0 } else { fourth_moment / (variance * variance) }),
        ("Maximum", maximum),
        ("MeanAbsoluteDeviation", mean_absolute_deviation),
        ("Mean", mean),
        ("Median", median),
        ("Minimum", minimum),
        ("Range", maximum - minimum),
        ("RobustMeanAbsoluteDeviation", robust_deviation(values, tenth, ninetieth)),
        ("RootMeanSquared", (energy / count).sqrt()),
        ("Skewness", if variance == 0.0 { 0.0 } else { third_moment / variance.powf(1.5) }),
        ("TotalEnergy", energy * spacing.row_mm * spacing.column_mm),
        ("Uniformity", uniformity),
        ("Variance", variance),
    ]
}

/// Mean absolute deviation, from their own mean, of the values from `low` to `high`, both included.
fn robust_deviation(values: &[f64], low: f64, high: f64) -> f64 {
    let counts = |value: f64| if (low <= value) & (value <= high) { 1.0 } else { 0.0 };
    let [count, sum] = lanes::sums(values, |values| {
        let counts = values.map(counts);
        [counts, lanes::product(counts, values)]
    });
    let mean = sum / count;
    lanes::sum(values, |value| counts(value) * (value - mean).abs()) / count
}

/// Percentiles of values between `smallest` and `largest`, by linear interpolation between the closest
/// ranks, in the very operations of numpy's default: one that lies on a value must not miss it by a
/// rounding error, as it bounds the robust deviation.
fn percentiles<const N: usize>(values: &[f64], [smallest, largest]: [f64; 2], percents: [f64; N]) -> [f64; N] {
    let last = values.len() - 1;
    let ranks = percents.map(|percent| last as f64 * (percent / 100.0));
    let closest = |rank: f64| [rank as usize, (rank as usize + 1).min(last)];
    let ranked = Ranked::new(values, [smallest, largest], ranks.iter().flat_map(|&rank| closest(rank)));
    ranks.map(|rank| {
        let [below, above] = closest(rank).map(|rank| ranked.at(rank));
        let part = rank.fract();
        if part < 0.5 { below + (above - below) * part } else { above - (above - below) * (1.0 - part) }
    })
}

/// Values at some ranks, found without sorting them all: they are counted in buckets of equal width,
/// and only the buckets that hold a wanted rank are put in order.
struct Ranked {
    /// The values of the wanted buckets, ascending.
    sorted: Vec<f64>,
    /// At index b, how many values lie in the buckets before b.
    before: [usize; BUCKETS + 1],
    /// At index b, how many of those are in `sorted`.
    sorted_before: [usize; BUCKETS],
}

const BUCKETS: usize = 256;
/// The last binary digit of a number this large counts ones.
const ROUND: f64 = (1_u64 << 52) as f64;

impl Ranked {
    /// Finds the `wanted` ranks, 0 the smallest, among finite `values` (at least one).
    fn new(values: &[f64], [smallest, largest]: [f64; 2], wanted: impl Iterator<Item = usize>) -> Self {
        let buckets_per_unit = (BUCKETS - 1) as f64 / (largest - smallest);
        // Never falls when the value rises. Adding ROUND rounds to a whole number and leaves it in the
        // lowest bits, which are 0 for what is not a number, as from a constant region.
        let bucket = |value: &f64| ((value - smallest) * buckets_per_unit + ROUND).to_bits() as u8;
        let buckets: Vec<u8> = values.iter().map(bucket).collect();
        let counts = lanes::histogram(buckets.iter().map(|&bucket| usize::from(bucket)), BUCKETS);
        let mut before = [0; BUCKETS + 1];
        for bucket in 0..BUCKETS {
            before[bucket + 1] = before[bucket] + counts[bucket];
        }

        let mut ranked = Self { sorted: Vec::new(), before, sorted_before: [0; BUCKETS] };
        let mut is_wanted = [false; BUCKETS];
        wanted.for_each(|rank| is_wanted[ranked.bucket(rank)] = true);
        let mut kept = 0;
        for bucket in 0..BUCKETS {
            ranked.sorted_before[bucket] = kept;
            kept += if is_wanted[bucket] { before[bucket + 1] - before[bucket] } else { 0 };
        }
        let both = values.iter().zip(&buckets);
        ranked.sorted.extend(both.filter(|&(_, &bucket)| is_wanted[usize::from(bucket)]).map(|(&value, _)| value));
        ranked.sorted.sort_unstable_by(f64::total_cmp);
        ranked
    }

    /// The value of a rank that was wanted.
    fn at(&self, rank: usize) -> f64 {
        let bucket = self.bucket(rank);
        self.sorted[self.sorted_before[bucket] + rank - self.before[bucket]]
    }

    fn bucket(&self, rank: usize) -> usize {
        self.before.partition_point(|&before| before <= rank) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_interpolate_as_numpy_does() {
        // numpy.percentile([1, 2, 4, 8], [0, 10, 25, 50, 90, 100])
        let percents = [0.0, 10.0, 25.0, 50.0, 90.0, 100.0];
        let found = percentiles(&[8.0, 2.0, 1.0, 4.0], [1.0, 8.0], percents);
        for (found, expected) in found.into_iter().zip([1.0, 1.3, 1.75, 3.0, 6.8, 8.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        }
        assert_eq!(percentiles(&[5.0], [5.0, 5.0], percents), [5.0; 6]);
        assert_eq!(percentiles(&[-1e308, 1e308, 1e308], [-1e308, 1e308], [50.0, 90.0]), [1e308; 2]);
    }

    #[test]
    fn ranks_are_those_of_the_sorted_values() {
        let values: Vec<f64> = (0..5000_u64).map(|index| (index * index * 7919 % 10_007) as f64 / 3.0).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let ranks = [0, 1, 17, 2500, 2501, 4998, 4999];
        let ranked = Ranked::new(&values, [sorted[0], sorted[4999]], ranks.into_iter());
        assert_eq!(ranks.map(|rank| ranked.at(rank)), ranks.map(|rank| sorted[rank]));
    }
}
