//! GLCM: which grey levels lie side by side.
//!
//! Definitions: PyRadiomics 3.0.1 `glcm` (Haralick 1973 and successors), symmetric matrices, one a
//! direction; every feature is the mean of its values over the directions that have a pair.
//! PyRadiomics adds 2.2e-16 inside each logarithm to survive a probability of 0; here empty
//! entries do not exist, so nothing is added.

use super::direction_mean::DirectionMean;
use super::discretise::Levels;
use super::error::RadiomicsError;
use super::glcm::{Counter, Entry};
use super::maximal_correlation::MaximalCorrelation;
use super::offsets;

type Values = [(&'static str, f64); 24];

/// The 24 features of the region, averaged over all directions at `distances`.
pub(super) fn features(levels: &Levels, distances: &[u32]) -> Result<Values, RadiomicsError> {
    let mut counter = Counter::new(levels);
    let mut entries = Vec::new();
    let mut marginals = Marginals::new(levels);
    let mut maximal_correlation = MaximalCorrelation::default();

    let mut mean = DirectionMean::new();
    for offset in offsets::half_plane(distances, levels.width, levels.height) {
        counter.count(offset, &mut entries);
        if !entries.is_empty() {
            marginals.fill(&entries);
            let mcc = maximal_correlation.of(&entries, &marginals.level);
            mean.add(direction_features(&entries, &marginals, mcc));
        }
    }
    mean.finish().ok_or_else(|| RadiomicsError::NoNeighbours { class: "glcm", distances: distances.to_vec() })
}

/// Distributions that follow from one direction's matrix.
#[derive(Debug)]
struct Marginals<'a> {
    levels: &'a Levels,
    /// px, one a level present; py is the same.
    level: Vec<f64>,
    /// p of |i - j| = k, at index k.
    difference: Vec<f64>,
    /// p of i + j = k, at index k.
    sum: Vec<f64>,
}

impl<'a> Marginals<'a> {
    fn new(levels: &'a Levels) -> Self {
        let highest = levels.highest();
        Self {
            levels,
            level: vec![0.0; levels.grey_levels.len()],
            difference: vec![0.0; highest],
            sum: vec![0.0; 2 * highest + 1],
        }
    }

    fn fill(&mut self, entries: &[Entry]) {
        self.level.fill(0.0);
        self.difference.fill(0.0);
        self.sum.fill(0.0);
        for entry in entries {
            let [low, high] = [entry.low, entry.high].map(usize::from);
            let [i, j] = [low, high].map(|index| self.levels.grey_levels[index] as usize);
            let both = entry.multiplicity() * entry.probability;
            self.difference[j - i] += both;
            self.sum[i + j] += both;
            self.level[low] += entry.probability;
            if low != high {
                self.level[high] += entry.probability;
            }
        }
    }

    /// Levels and their probability.
    fn by_level(&self) -> impl Iterator<Item = (f64, f64)> {
        self.levels.grey_levels.iter().map(|&level| f64::from(level)).zip(self.level.iter().copied())
    }
}

/// A distribution over 0, 1, 2 ... as a weighted sum.
fn expectation(distribution: &[f64], weight: impl Fn(f64) -> f64) -> f64 {
    let present = distribution.iter().enumerate().filter(|&(_, &p)| p > 0.0);
    present.map(|(k, &p)| p * weight(k as f64)).sum()
}

/// Shannon's entropy in bits.
fn entropy(distribution: &[f64]) -> f64 {
    -distribution.iter().filter(|&&p| p > 0.0).map(|p| p * p.log2()).sum::<f64>()
}

/// The features of one direction.
fn direction_features(entries: &[Entry], marginals: &Marginals, mcc: f64) -> Values {
    let Marginals { levels, difference, sum, .. } = marginals;
    let highest = levels.highest() as f64;
    let over_pairs = |value: &dyn Fn(f64, f64) -> f64| -> f64 {
        let term = |entry: &Entry| {
            let [i, j] = [entry.low, entry.high].map(|index| f64::from(levels.grey_levels[usize::from(index)]));
            entry.multiplicity() * entry.probability * value(i, j)
        };
        entries.iter().map(term).sum()
    };

    let mean: f64 = marginals.by_level().map(|(i, p)| p * i).sum();
    let variance: f64 = marginals.by_level().map(|(i, p)| p * (i - mean).powi(2)).sum();
    let covariance = over_pairs(&|i, j| (i - mean) * (j - mean));
    let difference_average = expectation(difference, |k| k);
    let cluster = |power: i32| expectation(sum, |k| (k - 2.0 * mean).powi(power));

    let probabilities = |term: fn(f64) -> f64| -> f64 {
        entries.iter().map(|entry| entry.multiplicity() * term(entry.probability)).sum()
    };
    let joint_entropy = -probabilities(|p| p * p.log2());
    let level_entropy = entropy(&marginals.level);
    // HXY1 and HXY2 are both HX + HY when px and py are the marginals of p; here HX = HY.
    let shared_information = (2.0 * level_entropy - joint_entropy).max(0.0);

    [
        ("Autocorrelation", over_pairs(&|i, j| i * j)),
        ("ClusterProminence", cluster(4)),
        ("ClusterShade", cluster(3)),
        ("ClusterTendency", cluster(2)),
        ("Contrast", expectation(difference, |k| k * k)),
        ("Correlation", if variance == 0.0 { 1.0 } else { covariance / variance }),
        ("DifferenceAverage", difference_average),
        ("DifferenceEntropy", entropy(difference).max(0.0)),
        ("DifferenceVariance", expectation(difference, |k| (k - difference_average).powi(2))),
        ("Id", expectation(difference, |k| 1.0 / (1.0 + k))),
        ("Idm", expectation(difference, |k| 1.0 / (1.0 + k * k))),
        ("Idmn", expectation(difference, |k| 1.0 / (1.0 + (k / highest).powi(2)))),
        ("Idn", expectation(difference, |k| 1.0 / (1.0 + k / highest))),
        ("Imc1", if level_entropy > 0.0 { -shared_information / level_entropy } else { 0.0 }),
        ("Imc2", (-2.0 * shared_information).exp_m1().abs().sqrt()),
        ("InverseVariance", expectation(difference, |k| if k == 0.0 { 0.0 } else { 1.0 / (k * k) })),
        ("JointAverage", mean),
        ("JointEnergy", probabilities(|p| p * p)),
        ("JointEntropy", joint_entropy.max(0.0)),
        ("MCC", mcc),
        ("MaximumProbability", entries.iter().map(|entry| entry.probability).fold(0.0, f64::max)),
        ("SumAverage", expectation(sum, |k| k)),
        ("SumEntropy", entropy(sum).max(0.0)),
        ("SumSquares", variance),
    ]
}
