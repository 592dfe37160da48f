//! Two bundles on the same bodies.

use serde::{Deserialize, Serialize};

use super::EvaluationError;
use super::figures::{drawn_again, interval_of};
use super::input::{Judged, Subject, TRAINING};
use crate::findings::ClassName;
use crate::statistics::{Bootstrap, Interval, areas, holm, macro_area};

/// The least width of an interval that is no rounding.
const LEAST_WIDTH: f64 = 1e-9;

/// What is tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tested {
    /// The one-vs-rest area of the class with this code, by DeLong's paired test.
    Class(String),
    /// The macro area, by bootstrap of patients.
    MacroAuc,
}

impl Tested {
    /// For people: the class's name, or "macro".
    pub fn title(&self, classes: &[ClassName]) -> String {
        match self {
            Self::Class(code) => {
                classes.iter().find(|c| c.code == *code).map_or_else(|| code.clone(), |c| c.name.clone())
            }
            Self::MacroAuc => "all classes (macro)".to_owned(),
        }
    }
}

/// A test of no difference between two areas on the same bodies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Which areas.
    pub of: Tested,
    /// The first bundle's area less the second's; null when they are not defined.
    pub difference: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// The difference in standard errors (DeLong's test only).
    pub z: Option<f64>,
    /// Two-sided p-value; null when the test is not defined.
    pub p: Option<f64>,
    /// The same after Holm's correction over the defined tests of the set.
    pub p_holm: Option<f64>,
    /// Why the p-value is null.
    pub undefined: Option<String>,
}

/// All tests of a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetComparison {
    /// The set.
    pub set: String,
    /// One test a class, then the macro area.
    pub tests: Vec<Test>,
}

impl SetComparison {
    /// Of two judgements of the same bodies.
    pub(super) fn of(first: &Judged, second: &Judged, classes: &[ClassName], bootstrap: Bootstrap) -> Self {
        let mut tests: Vec<Test> = (0..classes.len()).map(|c| paired(first, second, c, &classes[c].code)).collect();
        tests.push(by_bootstrap(first, second, bootstrap));
        let defined: Vec<f64> = tests.iter().filter_map(|t| t.p).collect();
        let mut corrected = holm(&defined).into_iter();
        for test in &mut tests {
            test.p_holm = test.p.and_then(|_| corrected.next());
        }
        Self { set: first.set.clone(), tests }
    }
}

/// DeLong's test of one class.
fn paired(first: &Judged, second: &Judged, class: usize, code: &str) -> Test {
    let found = areas(&first.is(class), &[&first.of(class), &second.of(class)]).map(|a| a.difference(0, 1));
    // Areas that differ without any variance (a perfect one and a wholly wrong one) would have a p-value of 0 however
    // few the bodies are.
    let varies = found.filter(|d| d.difference == 0.0 || d.interval.high - d.interval.low > LEAST_WIDTH);
    let undefined = match (&found, &varies) {
        (None, _) => Some("the set has not two bodies of the class and two others"),
        (_, None) => Some("the areas differ and have no variance"),
        _ => None,
    };
    Test {
        of: Tested::Class(code.to_owned()),
        difference: found.map(|d| d.difference),
        interval: varies.map(|d| d.interval),
        z: varies.map(|d| d.z),
        p: varies.map(|d| d.p),
        p_holm: None,
        undefined: undefined.map(str::to_owned),
    }
}

/// The macro areas, drawing the same patients for both.
fn by_bootstrap(first: &Judged, second: &Judged, bootstrap: Bootstrap) -> Test {
    let difference = |drawn: &[usize]| {
        let (labels, rows) = drawn_again(first, drawn);
        let (_, others) = drawn_again(second, drawn);
        Some(macro_area(&labels, &rows)? - macro_area(&labels, &others)?)
    };
    let everybody: Vec<usize> = (0..first.labels.len()).collect();
    let value = difference(&everybody);
    let found = value.and_then(|_| bootstrap.of(&first.patients, &first.labels, difference));
    let varies = found.filter(|f| value == Some(0.0) || interval_of(Some(*f)).is_some());
    let undefined = match (value, &found, &varies) {
        (None, ..) => Some("a class is missing"),
        (_, None, _) => Some("too few resamples have every class"),
        (_, _, None) => Some("the areas differ and no resample changes that"),
        _ => None,
    };
    Test {
        of: Tested::MacroAuc,
        difference: value,
        interval: varies.map(|f| f.interval),
        z: None,
        p: varies.map(|f| f.p),
        p_holm: None,
        undefined: undefined.map(str::to_owned),
    }
}

/// Each set of `first` with the same set of `second`.
///
/// # Errors
/// [`EvaluationError::OtherBodies`] when one has a set, or a body in it, that the other has not.
pub(super) fn pairs<'a>(
    first: &'a Subject,
    second: &'a Subject,
) -> Result<Vec<(&'a Judged, &'a Judged)>, EvaluationError> {
    let refuse = |set: &str, reason: String| EvaluationError::OtherBodies {
        bundle: first.title(),
        against: second.title(),
        set: set.to_owned(),
        reason,
    };
    let in_sets = |subject: &'a Subject, set: &str| subject.sets.iter().find(|j| j.set == set);
    if let Some(more) = second.sets.iter().find(|j| in_sets(first, &j.set).is_none()) {
        return Err(refuse(&more.set, "only the second was tried on it".to_owned()));
    }
    // What a model was fitted on tells nothing of it.
    let tested = first.sets.iter().filter(|judged| judged.set != TRAINING);
    tested
        .map(|a| {
            let b =
                in_sets(second, &a.set).ok_or_else(|| refuse(&a.set, "only the first was tried on it".to_owned()))?;
            match differ(a, b) {
                Some(reason) => Err(refuse(&a.set, reason)),
                None => Ok((a, b)),
            }
        })
        .collect()
}

/// How the bodies of two judgements differ, if they do.
fn differ(a: &Judged, b: &Judged) -> Option<String> {
    if a.labels.len() != b.labels.len() {
        return Some(format!("{} bodies and {}", a.labels.len(), b.labels.len()));
    }
    let first = (0..a.labels.len()).find(|&i| a.labels[i] != b.labels[i] || a.patients[i] != b.patients[i])?;
    let what = if a.patients[first] == b.patients[first] { "class" } else { "patient" };
    Some(format!("body {first} has another {what}"))
}
