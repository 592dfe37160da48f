//! A decision tree in flat arrays.

use serde::{Deserialize, Serialize};

use super::check;

/// A binary tree. Its splits and its leaves have numbers of their own from 0 on; split 0 is the root. A child is the
/// number of a split, or -1 - the number of a leaf, as LightGBM writes it. Children are behind their parent, so every
/// walk ends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// The feature of each split.
    feature: Vec<usize>,
    /// Scores up to and including it go left.
    threshold: Vec<f64>,
    left: Vec<i64>,
    right: Vec<i64>,
    /// What the leaves say, a fixed number of values each.
    leaves: Vec<f64>,
}

/// A place in a tree that is growing: a split or a leaf, as its parent writes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child(i64);

impl Tree {
    /// Adds a leaf that says `values`, as many in every leaf.
    pub(crate) fn leaf(&mut self, values: &[f64]) -> Child {
        let number = self.leaves.len() / values.len().max(1);
        self.leaves.extend_from_slice(values);
        Child(!(number as i64))
    }

    /// Adds a split, before its children; [`Self::join`] tells it which they are.
    pub(crate) fn split(&mut self, feature: usize, threshold: f64) -> Child {
        self.feature.push(feature);
        self.threshold.push(threshold);
        self.left.push(0);
        self.right.push(0);
        Child(self.feature.len() as i64 - 1)
    }

    /// Gives `split` its children.
    pub(crate) fn join(&mut self, split: Child, left: Child, right: Child) {
        self.left[split.0 as usize] = left.0;
        self.right[split.0 as usize] = right.0;
    }

    /// What the leaf says that `scores` end in, `outputs` values.
    pub(super) fn says(&self, scores: &[f64], outputs: usize) -> &[f64] {
        let mut at = if self.feature.is_empty() { !0 } else { 0 };
        while at >= 0 {
            let split = at as usize;
            let left = scores[self.feature[split]] <= self.threshold[split];
            at = if left { self.left[split] } else { self.right[split] };
        }
        let leaf = !at as usize;
        &self.leaves[leaf * outputs..(leaf + 1) * outputs]
    }

    /// What all leaves say, one after the other.
    pub(super) fn leaves(&self) -> &[f64] {
        &self.leaves
    }

    /// That it is a tree for `features` scores whose leaves say `outputs` values.
    pub(super) fn check(&self, features: usize, outputs: usize) -> Result<(), String> {
        let splits = self.feature.len();
        check::count("threshold of a tree", self.threshold.len(), splits)?;
        check::count("left of a tree", self.left.len(), splits)?;
        check::count("right of a tree", self.right.len(), splits)?;
        let leaves = self.leaves.len() / outputs.max(1);
        check::that(leaves == splits + 1 && Some(self.leaves.len()) == leaves.checked_mul(outputs), || {
            format!(
                "leaves of a tree has {} entries, and {splits} splits need {outputs} for each of {} leaves",
                self.leaves.len(),
                splits + 1
            )
        })?;
        check::numbers("threshold of a tree", &self.threshold)?;
        check::numbers("leaves of a tree", &self.leaves)?;
        if let Some(feature) = self.feature.iter().find(|&&feature| feature >= features) {
            return Err(format!("a tree asks for feature {feature}, and there are {features} from 0 on"));
        }
        for (split, children) in self.left.iter().zip(&self.right).enumerate() {
            for &child in [children.0, children.1] {
                let (at, last) = if child < 0 { (!child, leaves) } else { (child, splits) };
                let exists = usize::try_from(at).is_ok_and(|at| at < last);
                check::that(exists && (child < 0 || child > split as i64), || {
                    format!("split {split} of a tree has child {child}, which is no leaf and no later split")
                })?;
            }
        }
        Ok(())
    }
}
