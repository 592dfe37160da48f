//! Calibrated probabilities: what a classifier says, as often as it comes true.

use serde::{Deserialize, Serialize};

use crate::classifier::probabilities_of;

/// One slope for all classes and an intercept each, on the logarithms of a classifier's probabilities.
///
/// Multinomial recalibration: Van Hoorde K et al. Stat Med 2014;33:2585-96. With one slope the order of the samples by
/// a class hardly changes, and of a linear model the contributions stay exact: all are multiplied by the slope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Below 1 for a classifier that is too sure of itself. Positive.
    pub slope: f64,
    /// One a class.
    pub intercepts: Vec<f64>,
}

/// A probability of 0 is as good as one of one in a million: forests say 0 of what they have not seen.
pub(crate) const LEAST: f64 = 1e-6;

impl Calibration {
    /// The calibrated probabilities of one sample; they sum to 1.
    pub fn apply(&self, probabilities: &[f64]) -> Vec<f64> {
        let score = |(p, intercept): (&f64, &f64)| self.slope * p.max(LEAST).ln() + intercept;
        probabilities_of(probabilities.iter().zip(&self.intercepts).map(score).collect())
    }
}
