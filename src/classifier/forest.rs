//! The mean of many trees.

use serde::{Deserialize, Serialize};

use super::check;
use super::tree::Tree;

/// Trees whose leaves hold the shares of the classes in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// Number of features.
    pub features: usize,
    /// Number of classes.
    pub classes: usize,
    /// The trees.
    pub trees: Vec<Tree>,
}

impl Forest {
    /// The mean of the leaves' shares.
    pub(super) fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        let mut parts = vec![0.0; self.classes];
        for tree in &self.trees {
            parts.iter_mut().zip(tree.says(scores, self.classes)).for_each(|(sum, share)| *sum += share);
        }
        check::shares(parts)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check::that(!self.trees.is_empty(), || "it has no trees".to_owned())?;
        check::that(self.classes > 0, || "it has no classes".to_owned())?;
        for tree in &self.trees {
            tree.check(self.features, self.classes)?;
            for shares in tree.leaves().chunks(self.classes) {
                let sum: f64 = shares.iter().sum();
                check::that(shares.iter().all(|s| *s >= 0.0) && (sum - 1.0).abs() < 1e-6, || {
                    format!("a leaf holds {shares:?}, which are not the shares of the classes, 1 together")
                })?;
            }
        }
        Ok(())
    }
}
