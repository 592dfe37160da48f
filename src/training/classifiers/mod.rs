//! Fits the eight classifiers, and finds by cross-validation how each is best set.
//!
//! Comes in: standard scores of the selected features, undefined ones 0, and labels. Goes out: a
//! [`Classifier`](crate::classifier::Classifier) that a bundle can hold. The same samples, settings and seed give the
//! same bytes, whatever the number of threads. Never: looks at samples it was not given, or weighs classes.

mod boosting;
mod fit;
mod forest;
mod grid;
mod leaf_wise;
mod logistic;
mod neighbours;
mod perceptron;
mod samples;
mod selection;
mod settings;
mod svm;

pub use fit::{FitError, fit};
pub use grid::grid;
pub use selection::{Choice, HeldOut, choose};
pub use settings::Settings;

#[cfg(test)]
mod tests;
