//! Which penalty: by samples that the fit has not seen.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::solver::Solver;
use crate::parallel;
use crate::statistics::log_loss;
use crate::training::design::Design;

/// How exact models are that only judge a fold: their log loss is the same to the fourth digit, in a third of the time.
const EXACT_ENOUGH: f64 = 1e-3;

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

/// How far a path is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// To its last penalty.
    End,
    /// Until the loss has clearly risen again: smaller penalties only fit the noise of the folds, and take the longest.
    Risen,
}

/// Penalties that all folds take before the loss is looked at.
const STRETCH: usize = 5;

/// Fits the path of `penalties` without each fold and measures it on the fold. `prepare` makes the two designs
/// comparable from the first alone (z-scores, say). `after` is told of each model. What is found has the penalties that
/// were reached.
pub fn cross_validate(
    design: &Design,
    labels: &[usize],
    classes: usize,
    (penalties, folds, until): (&[f64], &Folds, Until),
    threads: NonZeroUsize,
    prepare: impl Fn(Design, Design) -> (Design, Design) + Sync,
    after: impl Fn() + Sync,
) -> CrossValidation {
    let numbers: Vec<usize> = (0..folds.count()).collect();
    let parts: Vec<Part> = parallel::map(&numbers, threads, |&fold| {
        let (outside, inside) = folds.split(fold);
        let of = |samples: &[usize]| -> Vec<usize> { samples.iter().map(|&i| labels[i]).collect() };
        let (seen, unseen) = prepare(design.rows(&outside), design.rows(&inside));
        Part { seen, seen_labels: of(&outside), unseen, unseen_labels: of(&inside) }
    });
    let start = |part| Mutex::new(Follower::new(part, classes, penalties));
    let followers: Vec<Mutex<Follower>> = parts.iter().map(start).collect();
    let mut found = CrossValidation { penalties: Vec::new(), loss: Vec::new(), standard_error: Vec::new() };
    for stretch in penalties.chunks(STRETCH) {
        let losses = parallel::map(&followers, threads, |follower| {
            // No other thread has this fold.
            let mut follower = follower.lock().unwrap_or_else(PoisonError::into_inner);
            stretch.iter().map(|&penalty| follower.loss_at(penalty, &after)).collect::<Vec<f64>>()
        });
        found.add(stretch, &losses);
        if until == Until::Risen && found.has_risen(stretch.len()) {
            break;
        }
    }
    found
}

/// A fold, and what is outside it.
struct Part {
    seen: Design,
    seen_labels: Vec<usize>,
    unseen: Design,
    unseen_labels: Vec<usize>,
}

/// The path without a fold, as far as it has been followed.
struct Follower<'a> {
    part: &'a Part,
    solver: Solver<'a>,
    before: f64,
}

impl<'a> Follower<'a> {
    fn new(part: &'a Part, classes: usize, penalties: &[f64]) -> Self {
        let solver = Solver::new(&part.seen, &part.seen_labels, classes, EXACT_ENOUGH);
        Self { part, solver, before: penalties.first().copied().unwrap_or(0.0) }
    }

    /// The log loss on the fold at the next penalty.
    fn loss_at(&mut self, penalty: f64, after: impl Fn()) -> f64 {
        let model = self.solver.solve(penalty, self.before);
        self.before = penalty;
        after();
        log_loss(&self.part.unseen_labels, &model.probabilities(&self.part.unseen))
    }
}

impl CrossValidation {
    /// The losses of each fold at more penalties.
    fn add(&mut self, penalties: &[f64], losses: &[Vec<f64>]) {
        let n = losses.len() as f64;
        for (i, &penalty) in penalties.iter().enumerate() {
            let of_folds = losses.iter().map(|fold| fold[i]);
            let mean = of_folds.clone().sum::<f64>() / n;
            self.penalties.push(penalty);
            self.loss.push(mean);
            self.standard_error.push((of_folds.map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt());
        }
    }

    /// Whether none of the `latest` penalties is within a standard error of the least loss.
    fn has_risen(&self, latest: usize) -> bool {
        let best = self.best();
        let limit = self.loss[best] + self.standard_error[best];
        self.loss[self.loss.len() - latest..].iter().all(|loss| *loss > limit) && best + latest < self.loss.len()
    }
}
