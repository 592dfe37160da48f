//! Forests of decision trees.
//!
//! Breiman L. Random forests. Mach Learn 2001;45:5-32. Geurts P, Ernst D, Wehenkel L. Extremely randomized trees.
//! Mach Learn 2006;63:3-42. Ours and no crate's: `smartcore`'s classifiers give classes and no probabilities, its
//! regressors would grow a forest for each class, whose answers do not sum to 1, and neither shows its nodes.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::samples::Samples;
use crate::classifier::{Child, Forest, Tree};

/// Which forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Samples drawn again for each tree, the best threshold of each candidate.
    Random,
    /// All samples, a threshold of chance for each candidate.
    Extra,
}

/// `trees` trees, with `least_leaf` samples or more in each leaf. The square root of the number of features, rounded
/// down, are candidates at a split, and more when none of those can split.
pub fn fit(samples: &Samples, rule: Rule, (trees, least_leaf): (usize, usize), seed: u64) -> Forest {
    let mut chance = StdRng::seed_from_u64(seed);
    let n = samples.labels.len();
    let trees = (0..trees.max(1)).map(|_| {
        let rows: Vec<usize> = match rule {
            Rule::Random => (0..n).map(|_| chance.random_range(0..n)).collect(),
            Rule::Extra => (0..n).collect(),
        };
        let mut growing =
            Growing { samples, rule, least_leaf: least_leaf.max(1), chance: &mut chance, tree: Tree::default() };
        growing.grow(rows);
        growing.tree
    });
    Forest { features: samples.design.features(), classes: samples.classes, trees: trees.collect() }
}

struct Growing<'a> {
    samples: &'a Samples<'a>,
    rule: Rule,
    least_leaf: usize,
    chance: &'a mut StdRng,
    tree: Tree,
}

/// A way to part the samples of a node.
struct Split {
    feature: usize,
    threshold: f64,
    /// Sum over the sides of squared counts of the classes by the count: the larger, the purer by Gini.
    purity: f64,
}

impl Growing<'_> {
    /// Grows what is below a node that holds `rows`.
    fn grow(&mut self, rows: Vec<usize>) -> Child {
        let counts = self.counts(&rows);
        let pure = counts.iter().filter(|&&c| c > 0.0).count() <= 1;
        let split = if pure || rows.len() < 2 * self.least_leaf { None } else { self.best(&rows, &counts) };
        let Some(Split { feature, threshold, .. }) = split else {
            let n = rows.len() as f64;
            return self.tree.leaf(&counts.iter().map(|c| c / n).collect::<Vec<f64>>());
        };
        let column = self.samples.design.column(feature);
        let (left, right) = rows.into_iter().partition(|&i| column[i] <= threshold);
        let at = self.tree.split(feature, threshold);
        let (left, right) = (self.grow(left), self.grow(right));
        self.tree.join(at, left, right);
        at
    }

    fn counts(&self, rows: &[usize]) -> Vec<f64> {
        let mut counts = vec![0.0; self.samples.classes];
        rows.iter().for_each(|&i| counts[self.samples.labels[i]] += 1.0);
        counts
    }

    /// The purest split of the candidates; `None` when no feature can split.
    fn best(&mut self, rows: &[usize], counts: &[f64]) -> Option<Split> {
        let width = self.samples.design.features();
        let mut order: Vec<usize> = (0..width).collect();
        order.shuffle(self.chance);
        let candidates = (width as f64).sqrt() as usize;
        let mut best: Option<Split> = None;
        for (tried, feature) in order.into_iter().enumerate() {
            if tried >= candidates.max(1) && best.is_some() {
                break;
            }
            let found = match self.rule {
                Rule::Random => self.best_threshold(feature, rows, counts),
                Rule::Extra => self.any_threshold(feature, rows, counts),
            };
            if let Some(found) = found
                && best.as_ref().is_none_or(|b| found.purity > b.purity)
            {
                best = Some(found);
            }
        }
        best
    }

    fn best_threshold(&self, feature: usize, rows: &[usize], counts: &[f64]) -> Option<Split> {
        let column = self.samples.design.column(feature);
        let mut order: Vec<(f64, usize)> = rows.iter().map(|&i| (column[i], self.samples.labels[i])).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut left = vec![0.0; counts.len()];
        let mut best: Option<Split> = None;
        for at in 1..order.len() {
            let (before, here) = (order[at - 1], order[at]);
            left[before.1] += 1.0;
            if before.0 == here.0 || at < self.least_leaf || order.len() - at < self.least_leaf {
                continue;
            }
            let purity = purity(&left, counts);
            if best.as_ref().is_none_or(|b| purity > b.purity) {
                best = Some(Split { feature, threshold: between(before.0, here.0), purity });
            }
        }
        best
    }

    fn any_threshold(&mut self, feature: usize, rows: &[usize], counts: &[f64]) -> Option<Split> {
        let column = self.samples.design.column(feature);
        let values = || rows.iter().map(|&i| column[i]);
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if low >= high {
            return None;
        }
        let threshold = self.chance.random_range(low..high);
        let left: Vec<usize> = rows.iter().copied().filter(|&i| column[i] <= threshold).collect();
        let right = rows.len() - left.len();
        (left.len().min(right) >= self.least_leaf).then(|| Split {
            feature,
            threshold,
            purity: purity(&self.counts(&left), counts),
        })
    }
}

/// The middle, or `low` where rounding would put it at `high`.
fn between(low: f64, high: f64) -> f64 {
    let middle = low + (high - low) / 2.0;
    if middle < high { middle } else { low }
}

fn purity(left: &[f64], all: &[f64]) -> f64 {
    let side = |counts: &[f64]| counts.iter().map(|c| c * c).sum::<f64>() / counts.iter().sum::<f64>();
    side(left) + side(&all.iter().zip(left).map(|(a, l)| a - l).collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::Classifier;
    use crate::training::design::Design;

    #[test]
    fn the_purest_split_is_found_and_leaves_are_shares() {
        // 0, 1, 2 | 4, 6: the threshold is half-way; one sample of the right side is of the other class.
        let design = Design::from_rows(&[vec![4.0], vec![0.0], vec![2.0], vec![6.0], vec![1.0], vec![6.0]]);
        let labels = [1, 0, 0, 1, 0, 0];
        let samples = Samples { design: &design, labels: &labels, classes: 2 };
        let mut chance = StdRng::seed_from_u64(1);
        let rule = Rule::Random;
        let mut growing =
            Growing { samples: &samples, rule, least_leaf: 3, chance: &mut chance, tree: Tree::default() };
        growing.grow((0..6).collect());
        let json = serde_json::to_value(&growing.tree).unwrap();
        assert_eq!(json["threshold"], serde_json::json!([3.0]));
        assert_eq!(json["leaves"], serde_json::json!([1.0, 0.0, 1.0 / 3.0, 2.0 / 3.0]));
    }

    #[test]
    fn leaves_hold_as_many_samples_as_they_must() {
        let rows: Vec<Vec<f64>> = (0..40).map(|i| vec![f64::from(i), f64::from(i % 7)]).collect();
        let (design, labels) = (Design::from_rows(&rows), (0..40).map(|i| i / 3 % 2).collect::<Vec<usize>>());
        let samples = Samples { design: &design, labels: &labels, classes: 2 };
        for rule in [Rule::Random, Rule::Extra] {
            let mut chance = StdRng::seed_from_u64(1);
            let mut growing =
                Growing { samples: &samples, rule, least_leaf: 6, chance: &mut chance, tree: Tree::default() };
            growing.grow((0..40).collect());
            let forest = Forest { features: 2, classes: 2, trees: vec![growing.tree] };
            let tree = Classifier::RandomForest(forest);
            // Samples of one leaf are judged alike.
            let mut judged: Vec<Vec<f64>> = rows.iter().map(|row| tree.probabilities(row)).collect();
            judged.sort_by(|a, b| a[0].total_cmp(&b[0]));
            assert!(judged.chunk_by(|a, b| a == b).all(|leaf| leaf.len() >= 6), "{rule:?}");
            assert!(judged.first() != judged.last(), "{rule:?} has no split");
        }
    }

    #[test]
    fn a_threshold_parts_neighbouring_numbers() {
        let (low, high) = (1.0_f64, 1.0_f64.next_up());
        assert!(low <= between(low, high) && between(low, high) < high);
    }
}
