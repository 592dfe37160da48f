//! Training and comparing fusion models: the study that `train` and `evaluate` do.
//!
//! Owns: how features are selected, classifiers fitted, and figures computed. Comes in: features with classes, sets and
//! patients. Goes out: a fitted model and what is known about it. Never: computes a feature (that is
//! the code that serves) or looks at another set than the training's when it chooses.

pub mod bundle_writer;
mod card;
pub mod cases;
pub mod classifiers;
pub mod correlation_filter;
pub mod design;
pub mod extraction;
pub mod features_file;
pub mod judgement;
pub mod labelled;
pub mod lasso;
mod likeness;
mod linear_system;
pub mod path_record;
pub mod problem;
pub mod recalibration;
pub mod selection;
pub mod standard_scores;
pub mod study;
pub mod table;
pub mod triage;
