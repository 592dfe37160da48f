//! Weighted sums: logistic regression, and a layer of a perceptron.

use serde::{Deserialize, Serialize};

use super::{check, probabilities_of};

/// Sums of inputs, one a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// What each sum starts at; for logistic regression one a class.
    pub intercepts: Vec<f64>,
    /// [sums, inputs].
    pub coefficients: Vec<Vec<f64>>,
}

impl Linear {
    /// How many inputs it wants.
    pub(super) fn inputs(&self) -> usize {
        self.coefficients.first().map_or(0, Vec::len)
    }

    /// The sums.
    pub(super) fn sums(&self, inputs: &[f64]) -> Vec<f64> {
        let sum = |row: &Vec<f64>| row.iter().zip(inputs).map(|(c, x)| c * x).sum::<f64>();
        self.intercepts.iter().zip(&self.coefficients).map(|(intercept, row)| intercept + sum(row)).collect()
    }

    /// Softmax of the sums.
    pub(super) fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        probabilities_of(self.sums(scores))
    }

    pub(super) fn check(&self, what: &str) -> Result<(), String> {
        check::rows(what, &self.coefficients)?;
        check::count("intercepts", self.intercepts.len(), self.coefficients.len())?;
        check::numbers("intercepts", &self.intercepts)
    }
}
