//! Support vectors.

use serde::{Deserialize, Serialize};

use super::check;

/// Support vector machines with the kernel exp(-gamma |x - y|^2), one a class against the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Svm {
    /// Of the kernel, one over squared standard scores.
    pub gamma: f64,
    /// The support vectors of all machines [vectors, features].
    pub vectors: Vec<Vec<f64>>,
    /// One a class.
    pub machines: Vec<Machine>,
}

/// One class against the rest. Its probability is 1 / (1 + exp(slope * decision + offset)): Platt JC, in: Advances in
/// large margin classifiers, MIT Press 2000:61-74.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// What the decision starts at.
    pub intercept: f64,
    /// One a support vector, 0 for those of other machines.
    pub weights: Vec<f64>,
    /// Platt's A.
    pub slope: f64,
    /// Platt's B.
    pub offset: f64,
}

impl Svm {
    pub(super) fn features(&self) -> usize {
        self.vectors.first().map_or(0, Vec::len)
    }

    /// The probabilities of the machines, which know nothing of each other, made to sum to 1.
    pub(super) fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        let kernel = |v: &Vec<f64>| {
            let square: f64 = v.iter().zip(scores).map(|(a, b)| (a - b).powi(2)).sum();
            (-self.gamma * square).exp()
        };
        let kernels: Vec<f64> = self.vectors.iter().map(kernel).collect();
        let probability = |machine: &Machine| {
            let sum: f64 = machine.weights.iter().zip(&kernels).map(|(w, k)| w * k).sum();
            check::logistic(-(machine.slope * (machine.intercept + sum) + machine.offset))
        };
        check::shares(self.machines.iter().map(probability).collect())
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check::rows("vectors", &self.vectors)?;
        check::numbers("gamma", &[self.gamma])?;
        check::that(self.gamma > 0.0, || format!("gamma is {:e}, and must be above 0", self.gamma))?;
        for machine in &self.machines {
            check::count("weights of a machine", machine.weights.len(), self.vectors.len())?;
            check::numbers("weights of a machine", &machine.weights)?;
            check::numbers("a machine", &[machine.intercept, machine.slope, machine.offset])?;
        }
        Ok(())
    }
}
