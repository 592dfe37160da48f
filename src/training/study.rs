//! The study on the training set: from features to a fusion model, and what was seen on the way.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::classifiers::{self, Choice, FitError, HeldOut, Settings};
use super::features_file::Provenance;
use super::lasso::Folds;
use super::likeness;
use super::path_record::path_record;
use super::recalibration;
use super::selection::{self, Rule, Selection};
use super::table::TrainingSet;
use crate::classifier::Kind;
use crate::evaluation::PathRecord;
use crate::findings::Triage;
use crate::model::{Family, Feature, Fusion};
use crate::statistics::macro_area;

/// How a study is done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How features are selected.
    pub selection: selection::Settings,
    /// Folds of cross-validation; a patient is in one.
    pub folds: usize,
    /// Kinds of classifiers that are tried, the first of equally good ones is taken.
    pub kinds: Vec<Kind>,
    /// Of everything that chance decides.
    pub seed: u64,
    /// At most so many at a time; they change nothing but the time.
    pub threads: NonZeroUsize,
}

/// Told how far a study is.
pub trait Progress: Sync {
    /// A part of the work begins, of so many steps.
    fn begin(&self, what: &str, steps: usize);
    /// One of its steps is done.
    fn step(&self);
}

/// What a study gave.
#[derive(Debug, Clone)]
pub struct Study {
    /// The model.
    pub fusion: Fusion,
    /// How it came about.
    pub record: Record,
    /// What the model says of each training body when it has not seen the body's patient: [bodies, classes].
    pub out_of_fold: Vec<Vec<f64>>,
    /// Its study model and operating points, when somebody has fitted them.
    pub triage: Option<Triage>,
}

/// The file of a bundle that holds the [`Record`] of its fusion model.
pub const RECORD: &str = "training.json";

/// How a fusion model came about: a bundle's `training.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Bodies of the training set.
    pub bodies: usize,
    /// Their patients.
    pub patients: usize,
    /// Bodies of each class.
    pub classes: Vec<usize>,
    /// What computed the features of which cases, when that is known.
    pub provenance: Option<Provenance>,
    /// Features that were given.
    pub features: usize,
    /// The pattern of those that were left out.
    pub without: Option<String>,
    /// The families that were offered; all where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// What the model reaches on other sets when a family is left out; the first rows are of all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// How many might be selected at most.
    pub at_most: Option<usize>,
    /// Of the others, defined, varying and no copies.
    pub candidates: usize,
    /// Folds of cross-validation.
    pub folds: usize,
    /// Seed of chance.
    pub seed: u64,
    /// Which penalty was wanted.
    pub rule: Rule,
    /// LASSO's path and which penalty was taken.
    pub path: PathRecord,
    /// What each kind reached by cross-validation, in the order they were tried.
    pub classifiers: Vec<Tried>,
    /// The kind that was taken.
    pub taken: Kind,
    /// Macro area of its calibrated out-of-fold probabilities.
    pub cross_validated_area: f64,
}

/// What a model reaches on a set it was not fitted on, when a family of features is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The family; `None` where none is left out.
    pub family: Option<Family>,
    /// The set.
    pub set: String,
    /// Macro one-vs-rest area; `None` where the set lacks a class.
    pub macro_area: Option<f64>,
    /// Area of any fracture against none.
    pub fracture_area: Option<f64>,
}

/// What a kind of classifier reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// With its best settings.
    pub settings: Settings,
    /// Macro one-vs-rest area of the out-of-fold probabilities.
    pub area: f64,
    /// All settings that were tried, with their areas.
    pub all: Vec<(Settings, f64)>,
}

/// Selects features, tries the classifiers and calibrates the best; `classes` is the number of classes. The set's type
/// holds no body of another set, so that none takes part in a choice.
///
/// # Errors
/// [`FitError`] when a classifier cannot be fitted.
pub fn study(set: &TrainingSet, classes: usize, plan: &Plan, progress: &dyn Progress) -> Result<Study, FitError> {
    let (labels, threads) = (set.labels(), plan.threads);
    let folds = Folds::stratified(labels, set.patients(), classes, plan.folds, plan.seed);
    progress.begin("LASSO", plan.selection.penalties * (plan.folds + 1));
    let features = (set.values(), set.features());
    let selection = selection::select(features, labels, classes, &folds, &plan.selection, threads, || progress.step());
    progress.begin("selecting without each fold", plan.folds);
    let held_out = without_each_fold(set, classes, &selection, &folds, plan, progress);

    let mut choices: Vec<Choice> = Vec::with_capacity(plan.kinds.len());
    for kind in &plan.kinds {
        let settings = classifiers::grid(*kind);
        progress.begin(kind.title(), settings.len() * held_out.len());
        let step = || progress.step();
        choices.push(classifiers::choose(&settings, &held_out, (labels, classes), plan.seed, threads, step)?);
    }
    let best = first_of_the_best(&choices);
    let calibration = recalibration::fit(labels, &best.probabilities, classes);
    let scored = selection.scored();
    let classifier = classifiers::fit(&scored.apply(set.values()), labels, classes, &best.settings, plan.seed)?;

    let calibrated: Vec<Vec<f64>> = best.probabilities.iter().map(|p| calibration.apply(p)).collect();
    let record = Record {
        bodies: labels.len(),
        patients: set.patients().iter().collect::<BTreeSet<_>>().len(),
        classes: (0..classes).map(|class| labels.iter().filter(|l| **l == class).count()).collect(),
        features: set.features().len(),
        candidates: selection.candidates.features.len(),
        folds: plan.folds,
        seed: plan.seed,
        rule: plan.selection.rule,
        without: plan.selection.without.as_ref().map(ToString::to_string),
        families: plan.selection.families.clone(),
        left_out: Vec::new(),
        at_most: Some(plan.selection.at_most).filter(|at_most| *at_most != usize::MAX),
        provenance: None,
        path: path_record(&selection.path, &selection.cross_validation, selection.chosen, |place| {
            set.features()[selection.candidates.features[place]].clone()
        }),
        taken: best.settings.kind(),
        cross_validated_area: macro_area(labels, &calibrated).unwrap_or(0.5),
        classifiers: choices.iter().map(Tried::of).collect(),
    };
    let feature = |(i, &j): (usize, &usize)| Feature {
        name: set.features()[j].clone(),
        mean: scored.scores.mean[i],
        scale: scored.scores.scale[i],
    };
    let features = scored.features.iter().enumerate().map(feature).collect();
    let likeness = likeness::fit(&scored.apply(set.values()));
    let fusion = Fusion { features, classifier, calibration: Some(calibration), likeness };
    Ok(Study { fusion, record, out_of_fold: calibrated, triage: None })
}

/// Every fold with the features that would have been selected without it, at the penalty that was taken.
fn without_each_fold(
    set: &TrainingSet,
    classes: usize,
    selection: &Selection,
    folds: &Folds,
    plan: &Plan,
    progress: &dyn Progress,
) -> Vec<HeldOut> {
    let penalties = &selection.cross_validation.penalties[..=selection.chosen];
    HeldOut::all(set.values(), set.labels(), folds, plan.threads, |seen, labels, unseen| {
        let scored = selection::select_at((&seen, set.features()), labels, classes, penalties, &plan.selection);
        progress.step();
        (scored.apply(&seen), scored.apply(&unseen))
    })
}

/// # Panics
/// Without a choice: a plan has kinds.
fn first_of_the_best(choices: &[Choice]) -> &Choice {
    choices.iter().reduce(|best, next| if next.area > best.area { next } else { best }).expect("a plan names kinds")
}

impl Tried {
    fn of(choice: &Choice) -> Self {
        Self { settings: choice.settings, area: choice.area, all: choice.tried.clone() }
    }
}
