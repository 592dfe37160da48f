//! The eight kinds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Multinomial logistic regression with an L2 penalty.
    LogisticRegression,
    /// Support vector machines with a Gaussian kernel, one a class, with Platt's probabilities.
    Svm,
    /// The classes of the nearest training samples.
    NearestNeighbours,
    /// Breiman L. Random forests. Mach Learn 2001;45:5-32.
    RandomForest,
    /// Geurts P, Ernst D, Wehenkel L. Extremely randomized trees. Mach Learn 2006;63:3-42.
    ExtraTrees,
    /// Chen T, Guestrin C. XGBoost: a scalable tree boosting system. KDD 2016:785-794.
    GradientBoosting,
    /// Ke G et al. LightGBM: a highly efficient gradient boosting decision tree. NIPS 2017:3146-3154.
    #[serde(rename = "lightgbm")]
    #[value(name = "lightgbm")]
    LightGbm,
    /// One hidden layer of rectified linear units.
    MultilayerPerceptron,
}

impl Kind {
    /// All kinds, the simplest first.
    pub const ALL: [Self; 8] = [
        Self::LogisticRegression,
        Self::Svm,
        Self::NearestNeighbours,
        Self::RandomForest,
        Self::ExtraTrees,
        Self::GradientBoosting,
        Self::LightGbm,
        Self::MultilayerPerceptron,
    ];

    /// As files and arguments write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogisticRegression => "logistic-regression",
            Self::Svm => "svm",
            Self::NearestNeighbours => "nearest-neighbours",
            Self::RandomForest => "random-forest",
            Self::ExtraTrees => "extra-trees",
            Self::GradientBoosting => "gradient-boosting",
            Self::LightGbm => "lightgbm",
            Self::MultilayerPerceptron => "multilayer-perceptron",
        }
    }

    /// As a report writes it.
    pub fn title(self) -> &'static str {
        match self {
            Self::LogisticRegression => "Logistic regression",
            Self::Svm => "Support vector machine",
            Self::NearestNeighbours => "Nearest neighbours",
            Self::RandomForest => "Random forest",
            Self::ExtraTrees => "Extra trees",
            Self::GradientBoosting => "Gradient boosting",
            Self::LightGbm => "LightGBM",
            Self::MultilayerPerceptron => "Multilayer perceptron",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
