//! Evaluation: what a study reports of bundles that were tried on bodies with known classes.
//!
//! Owns: the figures of each set, the comparison of two bundles, and how they are shown (JSON, page, table).
//! Comes in: true classes, patients and probabilities. Goes out: a [`Report`]. Never: runs a model, reads a
//! file, or gives a number for what the bodies do not define.

mod comparison;
mod curves;
mod error;
mod figures;
mod input;
mod markup;
mod output;
mod page;
mod path;
mod plots;
mod report;
mod text;
mod triage;
mod words;

pub use comparison::{SetComparison, Test, Tested};
pub use curves::{CALIBRATION_BINS, Calibration, DecisionCurve, RocPoint};
pub use error::EvaluationError;
pub use figures::{ClassFigures, Estimate, SetFigures};
pub use input::{Judged, SelectedFeature, Subject, TRAINING};
pub use path::{PathFeature, PathRecord};
pub use report::{BootstrapRecord, Evaluated, Report, SCHEMA};
pub use triage::{JudgedUnit, PREVALENCES, PointFigures, Predictive, Unit, UnitFigures};

use std::collections::HashSet;

use crate::RESEARCH_USE_ONLY;
use crate::findings::ClassName;
use crate::statistics::Bootstrap;

/// The figures of `subject`, and of `against` with the tests between the two. Class 0 of `classes` is what is not
/// fractured. `path` is the record of the subject's training; `bootstrap` draws patients for intervals that have no
/// formula. The same input gives the same report.
///
/// # Errors
/// [`EvaluationError`] when lengths or probabilities are wrong, or the two bundles were tried on other bodies.
pub fn evaluate(
    classes: &[ClassName],
    subject: &Subject,
    against: Option<&Subject>,
    path: Option<&PathRecord>,
    bootstrap: Bootstrap,
) -> Result<Report, EvaluationError> {
    if classes.len() < 2 {
        return Err(EvaluationError::Classes(classes.len()));
    }
    let mut codes = HashSet::new();
    if let Some(twice) = classes.iter().find(|class| !codes.insert(&class.code)) {
        return Err(EvaluationError::ClassTwice(twice.code.clone()));
    }
    if subject.sets.is_empty() {
        return Err(EvaluationError::NoSets(subject.title()));
    }
    subject.check(classes.len())?;
    against.map_or(Ok(()), |other| other.check(classes.len()))?;
    path.map_or(Ok(()), |path| path.check(classes.len()))?;
    let pairs = against.map_or(Ok(Vec::new()), |other| comparison::pairs(subject, other))?;
    Ok(Report {
        notice: RESEARCH_USE_ONLY.to_owned(),
        schema: SCHEMA.to_owned(),
        bootstrap: bootstrap.into(),
        classes: classes.to_vec(),
        subject: Evaluated::of(subject, classes, bootstrap),
        against: against.map(|other| Evaluated::of(other, classes, bootstrap)),
        comparisons: pairs.iter().map(|(a, b)| SetComparison::of(a, b, classes, bootstrap)).collect(),
        path: path.cloned(),
    })
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
