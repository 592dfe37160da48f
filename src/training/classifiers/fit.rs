//! The fit of a classifier of any kind, as its settings say.

use super::samples::Samples;
use super::settings::Settings;
use super::{boosting, forest, leaf_wise, logistic, neighbours, perceptron, svm};
use crate::classifier::{Classifier, Kind};
use crate::training::design::Design;

/// Why a classifier is not fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// A class has no samples.
    #[error(
        "{kind}: class {class} has no sample to fit on; a model needs samples of all classes, in cross-validation of \
         enough patients that every fold leaves some"
    )]
    EmptyClass {
        /// What was to be fitted.
        kind: Kind,
        /// The class.
        class: usize,
    },
    /// The solver gave up.
    #[error("{kind} with {settings} has no fit: {reason}; try other settings or fewer features")]
    NoFit {
        /// What was to be fitted.
        kind: Kind,
        /// With what.
        settings: String,
        /// What the solver says.
        reason: String,
    },
}

/// Fits the classifier that `settings` describe to `labels`, each below `classes`.
///
/// # Errors
/// [`FitError`] when a class has no samples, or a solver gives up.
pub fn fit(
    design: &Design,
    labels: &[usize],
    classes: usize,
    settings: &Settings,
    seed: u64,
) -> Result<Classifier, FitError> {
    let kind = settings.kind();
    if let Some(class) = (0..classes).find(|class| !labels.contains(class)) {
        return Err(FitError::EmptyClass { kind, class });
    }
    let samples = Samples { design, labels, classes };
    let no_fit = |reason: String| FitError::NoFit { kind, settings: settings.to_string(), reason };
    Ok(match *settings {
        Settings::LogisticRegression { c } => {
            Classifier::LogisticRegression(logistic::fit(&samples, c).map_err(no_fit)?)
        }
        Settings::Svm { c, gamma } => Classifier::Svm(svm::fit(&samples, c, gamma, seed).map_err(no_fit)?),
        Settings::NearestNeighbours { neighbours, weighting } => {
            Classifier::NearestNeighbours(neighbours::fit(&samples, neighbours, weighting))
        }
        Settings::RandomForest { trees, least_leaf } => {
            Classifier::RandomForest(forest::fit(&samples, forest::Rule::Random, (trees, least_leaf), seed))
        }
        Settings::ExtraTrees { trees, least_leaf } => {
            Classifier::ExtraTrees(forest::fit(&samples, forest::Rule::Extra, (trees, least_leaf), seed))
        }
        Settings::GradientBoosting { trees, depth, learning_rate } => {
            Classifier::GradientBoosting(boosting::fit(&samples, (trees, depth, learning_rate), seed).map_err(no_fit)?)
        }
        Settings::LightGbm { trees, leaves, learning_rate, least_leaf } => {
            let rule = leaf_wise::Rule { trees, leaves, learning_rate, least_leaf };
            Classifier::LightGbm(leaf_wise::fit(&samples, &rule))
        }
        Settings::MultilayerPerceptron { hidden, penalty } => {
            Classifier::MultilayerPerceptron(perceptron::fit(&samples, hidden, penalty, seed))
        }
    })
}
