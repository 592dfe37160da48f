//! Which penalty: by samples that the fit has not seen.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::{Design, EXACT_ENOUGH, path_to};
use crate::parallel;
use crate::training::statistics::log_loss;

/// The fold of every sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    of: Vec<usize>,
    count: usize,
}

impl Folds {
    /// As given: a number below `count` for each sample.
    pub fn given(of: Vec<usize>, count: usize) -> Self {
        Self { of, count }
    }

    /// All samples of a group in one fold, and each class spread over the folds as evenly as the groups let it.
    ///
    /// The groups that hold most of a class first, equal ones in an order of chance: each goes where it leaves the
    /// classes' shares of the folds most alike.
    pub fn stratified<G: Ord>(labels: &[usize], group: &[G], classes: usize, count: usize, seed: u64) -> Self {
        let mut groups: BTreeMap<&G, Vec<usize>> = BTreeMap::new();
        for (i, g) in group.iter().enumerate() {
            groups.entry(g).or_default().push(i);
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        let mut all = vec![0.0_f64; classes];
        labels.iter().for_each(|&l| all[l] += 1.0);
        let weight = |samples: &[usize]| samples.iter().map(|&i| 1.0 / all[labels[i]]).sum::<f64>();
        groups.shuffle(&mut StdRng::seed_from_u64(seed));
        groups.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        let mut held = vec![vec![0.0; classes]; count];
        let mut of = vec![0; labels.len()];
        for samples in &groups {
            // What filling a fold with these costs: the growth of the sum of its squared shares of the classes.
            let cost = |fold: &[f64]| -> f64 {
                let mut with = fold.to_vec();
                samples.iter().for_each(|&i| with[labels[i]] += 1.0);
                with.iter().zip(fold).zip(&all).map(|((w, f), a)| (w * w - f * f) / (a * a)).sum()
            };
            let best = (0..count).min_by(|&a, &b| cost(&held[a]).total_cmp(&cost(&held[b]))).unwrap_or(0);
            for &i in samples {
                held[best][labels[i]] += 1.0;
                of[i] = best;
            }
        }
        Self { of, count }
    }

    /// How many folds.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The samples outside and inside a fold.
    pub fn split(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.of.len()).partition(|&i| self.of[i] != fold)
    }
}

/// How well each penalty does on what its fit has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// The penalties, falling.
    pub penalties: Vec<f64>,
    /// Mean over the folds of the log loss on the fold.
    pub loss: Vec<f64>,
    /// Its standard error over the folds.
    pub standard_error: Vec<f64>,
}

impl CrossValidation {
    /// Index of the penalty with the least loss.
    pub fn best(&self) -> usize {
        (0..self.loss.len()).min_by(|&a, &b| self.loss[a].total_cmp(&self.loss[b])).unwrap_or(0)
    }

    /// Index of the largest penalty whose loss is within one standard error of the least.
    pub fn one_standard_error(&self) -> usize {
        let best = self.best();
        let limit = self.loss[best] + self.standard_error[best];
        (0..=best).find(|&i| self.loss[i] <= limit).unwrap_or(best)
    }
}

/// Fits the path of `penalties` without each fold and measures it on the fold. `prepare` makes the two designs
/// comparable from the first alone (z-scores, say). `after` is told of each model.
pub fn cross_validate(
    design: &Design,
    labels: &[usize],
    classes: usize,
    (penalties, folds): (&[f64], &Folds),
    threads: NonZeroUsize,
    prepare: impl Fn(Design, Design) -> (Design, Design) + Sync,
    after: impl Fn() + Sync,
) -> CrossValidation {
    let numbers: Vec<usize> = (0..folds.count()).collect();
    let losses: Vec<Vec<f64>> = parallel::map(&numbers, threads, |&fold| {
        let (outside, inside) = folds.split(fold);
        let of = |samples: &[usize]| -> Vec<usize> { samples.iter().map(|&i| labels[i]).collect() };
        let (seen, unseen) = prepare(design.rows(&outside), design.rows(&inside));
        let models = path_to(EXACT_ENOUGH, &seen, &of(&outside), classes, penalties, &after);
        models.iter().map(|model| log_loss(&of(&inside), &model.probabilities(&unseen))).collect()
    });
    let n = folds.count() as f64;
    let (loss, standard_error) = (0..penalties.len())
        .map(|i| {
            let of_folds = losses.iter().map(|fold| fold[i]);
            let mean = of_folds.clone().sum::<f64>() / n;
            (mean, (of_folds.map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt())
        })
        .unzip();
    CrossValidation { penalties: penalties.to_vec(), loss, standard_error }
}
