//! Fitted classifiers, as a bundle holds them.
//!
//! Owns: what each kind keeps when it is fitted, in plain arrays, and how it judges. Comes in: standard scores of the
//! selected features, one a feature. Goes out: one probability a class. Never: fits anything (that is
//! [`crate::training`]), reads a file, or trusts one: what is read is checked before it may judge.

mod boosted;
mod check;
mod forest;
mod kind;
mod linear;
mod neighbours;
mod perceptron;
mod softmax;
mod svm;
mod tree;

pub use boosted::{Boosted, Link};
pub use forest::Forest;
pub use kind::Kind;
pub use linear::Linear;
pub use neighbours::{Neighbours, Weighting};
pub use perceptron::Perceptron;
pub(crate) use softmax::{probabilities_of, softmax};
pub use svm::{Machine, Svm};
pub(crate) use tree::Child;
pub use tree::Tree;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A fitted classifier. What is deserialised has been checked: it judges without a panic and ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "kebab-case")]
pub enum Classifier {
    /// Multinomial, with an L2 penalty.
    LogisticRegression(Linear),
    /// One machine a class against the rest.
    Svm(Svm),
    /// The training samples themselves.
    NearestNeighbours(Neighbours),
    /// Trees of samples drawn again.
    RandomForest(Forest),
    /// Trees with thresholds of chance.
    ExtraTrees(Forest),
    /// Trees grown level by level, each on what those before it left.
    GradientBoosting(Boosted),
    /// Trees grown leaf by leaf, each on what those before it left.
    #[serde(rename = "lightgbm")]
    LightGbm(Boosted),
    /// Layers of rectified sums.
    MultilayerPerceptron(Perceptron),
}

/// Why a classifier is not used.
#[derive(Debug, thiserror::Error)]
#[error("the classifier cannot be used: {reason}; write it again with `spinetriage train`")]
pub struct ClassifierError {
    /// What is wrong with it.
    pub reason: String,
}

impl Classifier {
    /// Reads a classifier.
    ///
    /// # Errors
    /// [`ClassifierError`] says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, ClassifierError> {
        serde_json::from_str(text).map_err(|e| ClassifierError { reason: e.to_string() })
    }

    /// One probability a class, in [0, 1] and 1 together, for the standard scores of [`Self::features`] features.
    ///
    /// # Panics
    /// When there is another number of scores: the caller has compared its features with [`Self::features`].
    pub fn probabilities(&self, scores: &[f64]) -> Vec<f64> {
        assert_eq!(scores.len(), self.features(), "one score a feature");
        // A score beyond what a fitted number may be could end in infinity less infinity.
        let scores: Vec<f64> = scores.iter().map(|&z| check::bounded(z)).collect();
        match self {
            Self::LogisticRegression(model) => model.probabilities(&scores),
            Self::Svm(model) => model.probabilities(&scores),
            Self::NearestNeighbours(model) => model.probabilities(&scores),
            Self::RandomForest(model) | Self::ExtraTrees(model) => model.probabilities(&scores),
            Self::GradientBoosting(model) | Self::LightGbm(model) => model.probabilities(&scores),
            Self::MultilayerPerceptron(model) => model.probabilities(&scores),
        }
    }

    /// Which of the eight it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::LogisticRegression(_) => Kind::LogisticRegression,
            Self::Svm(_) => Kind::Svm,
            Self::NearestNeighbours(_) => Kind::NearestNeighbours,
            Self::RandomForest(_) => Kind::RandomForest,
            Self::ExtraTrees(_) => Kind::ExtraTrees,
            Self::GradientBoosting(_) => Kind::GradientBoosting,
            Self::LightGbm(_) => Kind::LightGbm,
            Self::MultilayerPerceptron(_) => Kind::MultilayerPerceptron,
        }
    }

    /// How many scores it wants.
    pub fn features(&self) -> usize {
        match self {
            Self::LogisticRegression(model) => model.inputs(),
            Self::Svm(model) => model.features(),
            Self::NearestNeighbours(model) => model.features(),
            Self::RandomForest(model) | Self::ExtraTrees(model) => model.features,
            Self::GradientBoosting(model) | Self::LightGbm(model) => model.features,
            Self::MultilayerPerceptron(model) => model.features(),
        }
    }

    /// How many probabilities it gives.
    pub fn classes(&self) -> usize {
        match self {
            Self::LogisticRegression(model) => model.intercepts.len(),
            Self::Svm(model) => model.machines.len(),
            Self::NearestNeighbours(model) => model.classes,
            Self::RandomForest(model) | Self::ExtraTrees(model) => model.classes,
            Self::GradientBoosting(model) | Self::LightGbm(model) => model.intercepts.len(),
            Self::MultilayerPerceptron(model) => model.classes(),
        }
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::LogisticRegression(model) => model.check("coefficients"),
            Self::Svm(model) => model.check(),
            Self::NearestNeighbours(model) => model.check(),
            Self::RandomForest(model) | Self::ExtraTrees(model) => model.check(),
            Self::GradientBoosting(model) | Self::LightGbm(model) => model.check(),
            Self::MultilayerPerceptron(model) => model.check(),
        }?;
        check::that(self.classes() >= 2, || format!("it has {} classes, and needs two or more", self.classes()))
    }
}

impl Serialize for Classifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Classifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        read.check().map_err(D::Error::custom)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
