//! The LASSO path of the training, as far as a report shows it.

use serde::{Deserialize, Serialize};

use super::EvaluationError;

/// How features entered the model as the penalty fell, and how well each penalty did on folds that were left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathRecord {
    /// The penalties, falling.
    pub penalties: Vec<f64>,
    /// Mean over the folds of the log loss on the fold, one a penalty.
    pub loss: Vec<f64>,
    /// Its standard error over the folds.
    pub standard_error: Vec<f64>,
    /// Index of the penalty with the least loss.
    pub best: usize,
    /// Index of the penalty that was taken.
    pub chosen: usize,
    /// Every feature that has a coefficient anywhere on the path.
    pub features: Vec<PathFeature>,
}

/// A feature along the path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathFeature {
    /// Its name.
    pub name: String,
    /// Coefficients `[penalty][class]` of its z-score.
    pub coefficients: Vec<Vec<f64>>,
}

impl PathRecord {
    /// How many features have a coefficient at a penalty.
    pub fn selected(&self, penalty: usize) -> usize {
        self.features.iter().filter(|f| f.coefficients[penalty].iter().any(|c| *c != 0.0)).count()
    }

    /// That every list has its length and every number is one.
    ///
    /// # Errors
    /// [`EvaluationError::Path`] says which is not.
    pub fn check(&self, classes: usize) -> Result<(), EvaluationError> {
        let n = self.penalties.len();
        let wrong = |reason: &str| Err(EvaluationError::Path(reason.to_owned()));
        if n < 2 || self.loss.len() != n || self.standard_error.len() != n {
            return wrong("it needs two penalties or more, each with a loss and a standard error");
        }
        if self.best >= n || self.chosen >= n {
            return wrong("the best or the chosen penalty is none of its penalties");
        }
        if self.penalties.iter().any(|p| !p.is_finite() || *p <= 0.0) || !self.penalties.is_sorted_by(|a, b| a > b) {
            return wrong("its penalties are not above 0 and falling");
        }
        if self.loss.iter().chain(&self.standard_error).any(|v| !v.is_finite()) {
            return wrong("a loss or its standard error is no number");
        }
        let complete = |f: &PathFeature| {
            f.coefficients.len() == n
                && f.coefficients.iter().all(|c| c.len() == classes && c.iter().all(|v| v.is_finite()))
        };
        match self.features.iter().find(|f| !complete(f)) {
            Some(f) => wrong(&format!("feature {} has not {classes} coefficients at each penalty", f.name)),
            None => Ok(()),
        }
    }
}
