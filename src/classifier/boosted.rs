//! Sums of trees.

use serde::{Deserialize, Serialize};

use super::tree::Tree;
use super::{check, probabilities_of};

/// How sums become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The classes were fitted together: softmax.
    Softmax,
    /// Each class was fitted against the rest: logistic functions, made to sum to 1.
    OneVsRest,
}

/// A sum of trees for each class; their leaves hold one value, the learning rate in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boosted {
    /// Number of features.
    pub features: usize,
    /// How sums become probabilities.
    pub link: Link,
    /// What the sum of each class starts at.
    pub intercepts: Vec<f64>,
    /// The trees of each class.
    pub trees: Vec<Vec<Tree>>,
}

impl Boosted {
    pub(super) fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        let sum = |(intercept, trees): (&f64, &Vec<Tree>)| {
            trees.iter().fold(*intercept, |sum, tree| sum + tree.says(scores, 1)[0])
        };
        let sums = self.intercepts.iter().zip(&self.trees).map(sum);
        match self.link {
            Link::Softmax => probabilities_of(sums.collect()),
            Link::OneVsRest => check::shares(sums.map(check::logistic).collect()),
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check::numbers("intercepts", &self.intercepts)?;
        check::count("trees", self.trees.len(), self.intercepts.len())?;
        self.trees.iter().flatten().try_for_each(|tree| tree.check(self.features, 1))
    }
}
