//! Layers of rectified sums.

use serde::{Deserialize, Serialize};

use super::linear::Linear;
use super::{check, probabilities_of};

/// A multilayer perceptron: rectified linear units in all layers but the last, whose sums soften to probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perceptron {
    /// From the scores on; the last has one sum a class.
    pub layers: Vec<Linear>,
}

impl Perceptron {
    pub(super) fn features(&self) -> usize {
        self.layers.first().map_or(0, Linear::inputs)
    }

    pub(super) fn classes(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.intercepts.len())
    }

    pub(super) fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        let mut values = scores.to_vec();
        for (at, layer) in self.layers.iter().enumerate() {
            values = layer.sums(&values);
            if at + 1 < self.layers.len() {
                values.iter_mut().for_each(|v| *v = check::bounded(v.max(0.0)));
            }
        }
        probabilities_of(values)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check::that(!self.layers.is_empty(), || "it has no layers".to_owned())?;
        let mut width = self.features();
        for layer in &self.layers {
            layer.check("a layer's coefficients")?;
            check::count("a row of a layer's coefficients", layer.inputs(), width)?;
            width = layer.intercepts.len();
        }
        Ok(())
    }
}
