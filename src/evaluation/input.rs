//! What is evaluated: the probabilities a bundle gave, with the truth beside them.

use std::collections::HashSet;

use super::{EvaluationError, JudgedUnit};

/// The set that models are fitted on.
pub const TRAINING: &str = "train";

/// How far the probabilities of a body may be from a sum of 1: what 32-bit arithmetic leaves, and rounding in files.
const SUM_TOLERANCE: f64 = 1e-3;

/// What one bundle says of the bodies of one set.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The set; [`TRAINING`] is the one that models are fitted on.
    pub set: String,
    /// True class of each body, its index.
    pub labels: Vec<usize>,
    /// Whose each body is: what the bootstrap draws.
    pub patients: Vec<String>,
    /// One probability a class of each body; the classes sum to 1.
    pub probabilities: Vec<Vec<f64>>,
}

/// A bundle under test.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Name of the bundle.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 (hex) of its manifest.
    pub digest: String,
    /// What kind of classifier it fuses with, for people.
    pub classifier: String,
    /// The features that it fuses.
    pub features: Vec<SelectedFeature>,
    /// The sets it was tried on.
    pub sets: Vec<Judged>,
    /// What its operating points are measured on; empty for a bundle without them.
    pub units: Vec<JudgedUnit>,
}

/// A feature that a classifier uses.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SelectedFeature {
    /// Its name.
    pub name: String,
    /// One coefficient a class, of the z-score; `None` for a classifier without them.
    pub coefficients: Option<Vec<f64>>,
    /// Mean size of what it adds to the score of each class, when known.
    pub contributions: Option<Vec<f64>>,
}

impl Judged {
    /// True for bodies of `class`.
    pub(super) fn is(&self, class: usize) -> Vec<bool> {
        self.labels.iter().map(|&l| l == class).collect()
    }

    /// Probability of `class`.
    pub(super) fn of(&self, class: usize) -> Vec<f64> {
        self.probabilities.iter().map(|p| p[class]).collect()
    }
}

impl Subject {
    /// Name and version, as every surface writes them.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// That everything has the length it must have, and probabilities are some.
    pub(super) fn check(&self, classes: usize) -> Result<(), EvaluationError> {
        let mut seen = HashSet::new();
        for judged in &self.sets {
            if !seen.insert(&judged.set) {
                return Err(EvaluationError::SetTwice { bundle: self.title(), set: judged.set.clone() });
            }
            judged.check(classes).map_err(|reason| EvaluationError::Set {
                bundle: self.title(),
                set: judged.set.clone(),
                reason,
            })?;
        }
        let wrong = |values: &Option<Vec<f64>>| {
            values.as_ref().is_some_and(|v| v.len() != classes || v.iter().any(|x| !x.is_finite()))
        };
        match self.features.iter().find(|f| wrong(&f.coefficients) || wrong(&f.contributions)) {
            Some(f) => Err(EvaluationError::Feature { bundle: self.title(), feature: f.name.clone(), classes }),
            None => Ok(()),
        }
    }
}

impl Judged {
    fn check(&self, classes: usize) -> Result<(), String> {
        let bodies = self.labels.len();
        if bodies == 0 {
            return Err("no body is in it".to_owned());
        }
        if self.patients.len() != bodies || self.probabilities.len() != bodies {
            let (patients, rows) = (self.patients.len(), self.probabilities.len());
            return Err(format!("{bodies} classes, {patients} patients and {rows} rows of probabilities"));
        }
        if let Some(i) = self.labels.iter().position(|&l| l >= classes) {
            return Err(format!("body {i} has class {}, there are {classes}", self.labels[i]));
        }
        let is_distribution = |p: &Vec<f64>| {
            p.len() == classes
                && p.iter().all(|v| (0.0..=1.0).contains(v))
                && (p.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE
        };
        match self.probabilities.iter().position(|p| !is_distribution(p)) {
            Some(i) => Err(format!(
                "the probabilities of body {i} are {:?}, not {classes} from 0 to 1 with a sum of 1",
                self.probabilities[i]
            )),
            None => Ok(()),
        }
    }
}
