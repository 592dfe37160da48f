//! A model of the path, and what it says of samples.

use crate::classifier::softmax;
use crate::training::design::Design;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The penalty it was fitted with.
    pub penalty: f64,
    /// One intercept a class.
    pub intercepts: Vec<f64>,
    /// The features with a coefficient that is not 0, ascending, with one coefficient a class.
    pub coefficients: Vec<(usize, Vec<f64>)>,
}

impl Model {
    /// One probability a class of every sample.
    pub fn probabilities(&self, design: &Design) -> Vec<Vec<f64>> {
        let mut scores = vec![self.intercepts.clone(); design.samples()];
        for (feature, coefficients) in &self.coefficients {
            for (score, x) in scores.iter_mut().zip(design.column(*feature)) {
                for (s, b) in score.iter_mut().zip(coefficients) {
                    *s += b * x;
                }
            }
        }
        for score in &mut scores {
            softmax(score);
        }
        scores
    }
}
