//! The classes of the nearest training samples.

use serde::{Deserialize, Serialize};

use super::check;

/// How much a neighbour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighting {
    /// Each as much.
    Uniform,
    /// The inverse of its distance; those at no distance alone, when there are some.
    Distance,
}

/// Nearest neighbours by Euclidean distance; of equally near ones, those first in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbours {
    /// How many are asked.
    pub neighbours: usize,
    /// How much each says.
    pub weighting: Weighting,
    /// Number of classes.
    pub classes: usize,
    /// Standard scores of the training samples [samples, features].
    pub vectors: Vec<Vec<f64>>,
    /// Class of each.
    pub labels: Vec<usize>,
}

impl Neighbours {
    pub(super) fn features(&self) -> usize {
        self.vectors.first().map_or(0, Vec::len)
    }

    pub(super) fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        let distance = |v: &Vec<f64>| v.iter().zip(scores).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let mut near: Vec<(f64, usize)> = self.vectors.iter().map(distance).zip(self.labels.iter().copied()).collect();
        // Stable: equal distances keep the order of the file.
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(self.neighbours);
        let same_place = near.first().is_some_and(|(d, _)| *d == 0.0);
        let mut parts = vec![0.0; self.classes];
        for (distance, label) in near {
            parts[label] += match self.weighting {
                Weighting::Uniform => 1.0,
                Weighting::Distance if same_place => f64::from(u8::from(distance == 0.0)),
                Weighting::Distance => 1.0 / distance,
            };
        }
        check::shares(parts)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check::rows("vectors", &self.vectors)?;
        let samples = self.vectors.len();
        check::count("labels", self.labels.len(), samples)?;
        check::that((1..=samples).contains(&self.neighbours), || {
            format!("it asks {} neighbours of {samples} samples", self.neighbours)
        })?;
        // No more classes than samples: what is allocated for a judgement is bounded by the file.
        check::that(self.classes <= samples, || format!("it has {} classes of {samples} samples", self.classes))?;
        match self.labels.iter().find(|&&label| label >= self.classes) {
            Some(label) => Err(format!("labels holds {label}, and there are {} classes from 0 on", self.classes)),
            None => Ok(()),
        }
    }
}
