//! GLCM: which grey levels lie side by side.
//!
//! Definitions: PyRadiomics 3.0.1 `glcm` (Haralick 1973 and successors), one matrix a direction;
//! every feature is the mean of its values over the directions that have a pair, or that of the
//! weighted sum of all matrices. PyRadiomics adds 2.2e-16 inside each logarithm to survive a
//! probability of 0; here empty entries do not exist, so nothing is added.

use super::direction_mean::DirectionMean;
use super::discretise::Levels;
use super::error::RadiomicsError;
use super::glcm::{Counter, Entry};
use super::image::Spacing;
use super::maximal_correlation::MaximalCorrelation;
use super::offsets;
use super::settings::Settings;

type Values = [(&'static str, f64); 24];

/// The 24 features of the region, averaged over all directions at the settings' distances, or of
/// the merged directions.
pub(super) fn features(levels: &Levels, spacing: Spacing, settings: &Settings) -> Result<Values, RadiomicsError> {
    let mut counter = Counter::new(levels, settings.symmetrical_glcm);
    let mut entries = Vec::new();
    let mut marginals = Marginals::new(levels);
    let mut maximal_correlation = MaximalCorrelation::default();
    let mut mean = DirectionMean::new();
    let mut add = |entries: &[Entry]| {
        if !entries.is_empty() {
            marginals.fill(entries);
            let mcc = maximal_correlation.of(entries, &marginals.of_pixel, &marginals.of_neighbour);
            mean.add(direction_features(entries, &marginals, mcc));
        }
    };

    let directions = offsets::half_plane(&settings.distances, levels.grid.width, levels.grid.height);
    match settings.weighting_norm {
        None => {
            for offset in directions {
                counter.count(offset, &mut entries);
                add(&entries);
            }
        }
        Some(norm) => {
            for offset in directions {
                let weight = norm.length(offset, spacing).map_or(1.0, |length| (-length * length).exp());
                counter.merge(offset, weight, &mut entries);
            }
            counter.take_merged(&mut entries);
            add(&entries);
        }
    }
    let none = || RadiomicsError::NoNeighbours { class: "glcm", distances: settings.distances.clone() };
    mean.finish().ok_or_else(none)
}

/// Distributions that follow from one matrix.
#[derive(Debug)]
struct Marginals<'a> {
    levels: &'a Levels,
    /// px, one a level present.
    of_pixel: Vec<f64>,
    /// py; the same when the matrix is symmetric.
    of_neighbour: Vec<f64>,
    /// p of |i - j| = k, at index k.
    difference: Vec<f64>,
    /// p of i + j = k, at index k.
    sum: Vec<f64>,
}

impl<'a> Marginals<'a> {
    fn new(levels: &'a Levels) -> Self {
        let (present, highest) = (levels.grey_levels.len(), levels.highest());
        Self {
            levels,
            of_pixel: vec![0.0; present],
            of_neighbour: vec![0.0; present],
            difference: vec![0.0; highest],
            sum: vec![0.0; 2 * highest + 1],
        }
    }

    fn fill(&mut self, entries: &[Entry]) {
        for distribution in [&mut self.of_pixel, &mut self.of_neighbour, &mut self.difference, &mut self.sum] {
            distribution.fill(0.0);
        }
        for entry in entries {
            let [i, j] = [entry.i, entry.j].map(usize::from);
            let [low, high] = [i, j].map(|index| self.levels.grey_levels[index] as usize);
            let both = entry.multiplicity * entry.probability;
            self.difference[high.abs_diff(low)] += both;
            self.sum[low + high] += both;
            self.of_pixel[i] += entry.probability;
            self.of_neighbour[j] += entry.probability;
            if entry.multiplicity == 2.0 {
                self.of_pixel[j] += entry.probability;
                self.of_neighbour[i] += entry.probability;
            }
        }
    }

    /// Mean and variance of a level under `distribution`.
    fn moments(&self, distribution: &[f64]) -> (f64, f64) {
        let by_level = || self.levels.grey_levels.iter().map(|&level| f64::from(level)).zip(distribution);
        let mean = by_level().map(|(level, p)| p * level).sum::<f64>();
        (mean, by_level().map(|(level, p)| p * (level - mean).powi(2)).sum())
    }
}

/// A distribution over 0, 1, 2 ... as a weighted sum.
fn expectation(distribution: &[f64], weight: impl Fn(f64) -> f64) -> f64 {
    distribution.iter().enumerate().map(|(k, &p)| p * weight(k as f64)).sum()
}

/// Shannon's entropy in bits.
fn entropy(distribution: &[f64]) -> f64 {
    -distribution.iter().filter(|&&p| p > 0.0).map(|p| p * p.log2()).sum::<f64>()
}

/// The features of one matrix.
fn direction_features(entries: &[Entry], marginals: &Marginals, mcc: f64) -> Values {
    let Marginals { levels, difference, sum, .. } = marginals;
    let highest = levels.highest() as f64;
    let (mean_i, variance_i) = marginals.moments(&marginals.of_pixel);
    let (mean_j, variance_j) = marginals.moments(&marginals.of_neighbour);

    let (mut product, mut covariance, mut energy, mut joint_entropy, mut largest) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for entry in entries {
        let [i, j] = [entry.i, entry.j].map(|index| f64::from(levels.grey_levels[usize::from(index)]));
        let both = entry.multiplicity * entry.probability;
        product += both * (i * j);
        covariance += both * ((i - mean_i) * (j - mean_j));
        energy += both * entry.probability;
        joint_entropy -= both * entry.probability.log2();
        largest = f64::max(largest, entry.probability);
    }

    let difference_average = expectation(difference, |k| k);
    let cluster = |power: i32| expectation(sum, |k| (k - mean_i - mean_j).powi(power));
    // HXY1 and HXY2 are both HX + HY when px and py are the marginals of p.
    let [pixel_entropy, neighbour_entropy] = [&marginals.of_pixel, &marginals.of_neighbour].map(|p| entropy(p));
    let shared_information = (pixel_entropy + neighbour_entropy - joint_entropy).max(0.0);
    let level_entropy = pixel_entropy.max(neighbour_entropy);
    let deviations = (variance_i * variance_j).sqrt();

    [
        ("Autocorrelation", product),
        ("ClusterProminence", cluster(4)),
        ("ClusterShade", cluster(3)),
        ("ClusterTendency", cluster(2)),
        ("Contrast", expectation(difference, |k| k * k)),
        ("Correlation", if deviations == 0.0 { 1.0 } else { covariance / deviations }),
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
        ("JointAverage", mean_i),
        ("JointEnergy", energy),
        ("JointEntropy", joint_entropy.max(0.0)),
        ("MCC", mcc),
        ("MaximumProbability", largest),
        ("SumAverage", expectation(sum, |k| k)),
        ("SumEntropy", entropy(sum).max(0.0)),
        ("SumSquares", variance_i),
    ]
}
