//! Multinomial logistic regression with an L1 penalty, along a path of penalties.
//!
//! Minimises, over the coefficients B [features, classes] and unpenalised intercepts,
//! `mean over samples of -ln P(right class) + penalty * sum |B|`. scikit-learn's `C` is
//! 1 / (samples * penalty). Newton's method class by class with coordinate descent inside, warm starts and
//! strong rules: Friedman J, Hastie T, Tibshirani R. J Stat Softw 2010;33(1); Tibshirani R et al. J R Stat Soc B
//! 2012;74:245-266.

mod cross_validation;
mod model;
mod solver;

pub use cross_validation::{CrossValidation, Folds, Until, cross_validate};
pub use model::Model;

use super::design::Design;
use solver::Solver;

/// How exact models are that are kept: coefficients then equal scikit-learn's to the fourth digit and more.
const EXACT: f64 = 1e-6;

/// The smallest penalty with which no feature has a coefficient.
pub fn largest_penalty(design: &Design, labels: &[usize], classes: usize) -> f64 {
    let solver = Solver::new(design, labels, classes, EXACT);
    (0..design.features()).map(|j| solver.steepest(j)).fold(0.0, f64::max)
}

/// `count` penalties from `largest` down to `ratio` times it, evenly spaced in their logarithms.
pub fn penalties(largest: f64, ratio: f64, count: usize) -> Vec<f64> {
    let step = |i: usize| i as f64 / (count.max(2) - 1) as f64;
    (0..count).map(|i| largest * ratio.powf(step(i))).collect()
}

/// The model of each of `penalties`, which fall; features are z-scores, or nearly. `after` is told of each
/// model when it is there.
pub fn path(design: &Design, labels: &[usize], classes: usize, penalties: &[f64], after: impl Fn()) -> Vec<Model> {
    let mut solver = Solver::new(design, labels, classes, EXACT);
    let mut before = penalties.first().copied().unwrap_or(0.0);
    let solve = |&penalty: &f64| {
        let model = solver.solve(penalty, before);
        before = penalty;
        after();
        model
    };
    penalties.iter().map(solve).collect()
}

#[cfg(test)]
mod tests;
