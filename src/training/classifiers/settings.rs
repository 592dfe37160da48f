//! What is chosen of a classifier before it is fitted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::classifier::{Kind, Weighting};

/// A kind and how it is set; the names are scikit-learn's, LightGBM's and XGBoost's where they are not words.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Settings {
    /// See [`Kind::LogisticRegression`].
    LogisticRegression {
        /// Inverse of the L2 penalty, scikit-learn's C.
        c: f64,
    },
    /// See [`Kind::Svm`].
    Svm {
        /// What a sample on the wrong side costs at most.
        c: f64,
        /// The kernel's gamma, times the number of features.
        gamma: f64,
    },
    /// See [`Kind::NearestNeighbours`].
    NearestNeighbours {
        /// How many are asked.
        neighbours: usize,
        /// How much each says.
        weighting: Weighting,
    },
    /// See [`Kind::RandomForest`].
    RandomForest {
        /// Number of trees.
        trees: usize,
        /// Samples a leaf holds at least.
        least_leaf: usize,
    },
    /// See [`Kind::ExtraTrees`].
    ExtraTrees {
        /// Number of trees.
        trees: usize,
        /// Samples a leaf holds at least.
        least_leaf: usize,
    },
    /// See [`Kind::GradientBoosting`].
    GradientBoosting {
        /// Rounds, of one tree a class.
        trees: usize,
        /// Splits between a root and a leaf at most.
        depth: usize,
        /// Part of a tree's answer that is taken.
        learning_rate: f64,
    },
    /// See [`Kind::LightGbm`].
    #[serde(rename = "lightgbm")]
    LightGbm {
        /// Rounds, of one tree a class.
        trees: usize,
        /// Leaves of a tree at most.
        leaves: usize,
        /// Part of a tree's answer that is taken.
        learning_rate: f64,
        /// Samples a leaf holds at least.
        least_leaf: usize,
    },
    /// See [`Kind::MultilayerPerceptron`].
    MultilayerPerceptron {
        /// Units of the hidden layer.
        hidden: usize,
        /// L2 penalty, scikit-learn's alpha.
        penalty: f64,
    },
}

impl Settings {
    /// Whose they are.
    pub fn kind(&self) -> Kind {
        match self {
            Self::LogisticRegression { .. } => Kind::LogisticRegression,
            Self::Svm { .. } => Kind::Svm,
            Self::NearestNeighbours { .. } => Kind::NearestNeighbours,
            Self::RandomForest { .. } => Kind::RandomForest,
            Self::ExtraTrees { .. } => Kind::ExtraTrees,
            Self::GradientBoosting { .. } => Kind::GradientBoosting,
            Self::LightGbm { .. } => Kind::LightGbm,
            Self::MultilayerPerceptron { .. } => Kind::MultilayerPerceptron,
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogisticRegression { c } => write!(f, "C = {c}"),
            Self::Svm { c, gamma } => write!(f, "C = {c}, gamma = {gamma} / features"),
            Self::NearestNeighbours { neighbours, weighting: Weighting::Uniform } => {
                write!(f, "{neighbours} neighbours, each alike")
            }
            Self::NearestNeighbours { neighbours, weighting: Weighting::Distance } => {
                write!(f, "{neighbours} neighbours, by distance")
            }
            Self::RandomForest { trees, least_leaf } | Self::ExtraTrees { trees, least_leaf } => {
                write!(f, "{trees} trees, {least_leaf} samples a leaf or more")
            }
            Self::GradientBoosting { trees, depth, learning_rate } => {
                write!(f, "{trees} rounds, depth {depth}, learning rate {learning_rate}")
            }
            Self::LightGbm { trees, leaves, learning_rate, least_leaf } => write!(
                f,
                "{trees} rounds, {leaves} leaves, learning rate {learning_rate}, {least_leaf} samples a leaf or more"
            ),
            Self::MultilayerPerceptron { hidden, penalty } => write!(f, "{hidden} units, penalty {penalty}"),
        }
    }
}
