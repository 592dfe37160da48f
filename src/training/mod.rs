//! Training and comparing fusion models: the study that `train` and `evaluate` do.
//!
//! Owns: how features are selected, classifiers fitted, and figures computed. Comes in: features with classes, sets and
//! patients. Goes out: a fitted model and what is known about it. Never: computes a feature (that is
//! the code that serves) or looks at another set than the training's when it chooses.

pub mod correlation_filter;
pub mod design;
pub mod evaluation;
pub mod lasso;
pub mod standard_scores;
pub mod statistics;
pub mod table;
