//! The settings that are tried.

use super::settings::Settings;
use crate::classifier::{Kind, Weighting};

/// The settings of `kind` to choose from, the simplest first: of equally good ones the first is taken.
pub fn grid(kind: Kind) -> Vec<Settings> {
    match kind {
        Kind::LogisticRegression => [0.001, 0.01, 0.1, 1.0, 10.0].map(|c| Settings::LogisticRegression { c }).to_vec(),
        Kind::Svm => {
            [(0.1, 1.0), (1.0, 0.2), (1.0, 1.0), (10.0, 0.2), (10.0, 1.0)].map(|(c, gamma)| Settings::Svm { c, gamma })
        }
        .to_vec(),
        Kind::NearestNeighbours => [
            (51, Weighting::Uniform),
            (31, Weighting::Uniform),
            (15, Weighting::Uniform),
            (31, Weighting::Distance),
            (15, Weighting::Distance),
            (5, Weighting::Distance),
        ]
        .map(|(neighbours, weighting)| Settings::NearestNeighbours { neighbours, weighting })
        .to_vec(),
        Kind::RandomForest => LEAVES.map(|least_leaf| Settings::RandomForest { trees: TREES, least_leaf }).to_vec(),
        Kind::ExtraTrees => LEAVES.map(|least_leaf| Settings::ExtraTrees { trees: TREES, least_leaf }).to_vec(),
        Kind::GradientBoosting => [(50, 2, 0.1), (100, 2, 0.1), (100, 3, 0.1), (200, 3, 0.05), (100, 5, 0.1)]
            .map(|(trees, depth, learning_rate)| Settings::GradientBoosting { trees, depth, learning_rate })
            .to_vec(),
        Kind::LightGbm => [(50, 4), (100, 4), (50, 8), (100, 8), (100, 31)]
            .map(|(trees, leaves)| Settings::LightGbm { trees, leaves, learning_rate: 0.1, least_leaf: 20 })
            .to_vec(),
        Kind::MultilayerPerceptron => [(8, 1.0), (16, 1.0), (32, 1.0), (16, 0.01), (32, 0.01)]
            .map(|(hidden, penalty)| Settings::MultilayerPerceptron { hidden, penalty })
            .to_vec(),
    }
}

/// More trees never harm; beyond these they hardly help, and a bundle grows.
const TREES: usize = 300;

/// Samples a leaf holds at least.
const LEAVES: [usize; 4] = [20, 10, 5, 1];
