//! Fits the study model and its two operating points.
//!
//! A study is a patient's bodies, all that were found on the films and assessed; it shows a fracture when a labelled
//! body is of a fractured class. The model is fitted on the training studies with out-of-fold probabilities of their
//! labelled bodies, the thresholds are taken there too, and what they reach is measured on other sets where there are
//! some.

use std::collections::BTreeMap;

use super::classifiers::{self, FitError, Settings};
use super::design::Design;
use super::labelled::Body;
use super::table::Table;
use crate::classifier::Classifier;
use crate::evaluation::{JudgedUnit, TRAINING, Unit};
use crate::findings::{ClassName, OperatingPoint, Rate, Triage, study_features};
use crate::statistics::wilson;

/// What the operating points are to reach, parts of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Targets {
    /// Of the studies with a fracture, called at the sensitive point.
    pub sensitivity: f64,
    /// Of the studies without one, not called at the specific point.
    pub specificity: f64,
    /// Of the intact bodies, not called at the sensitive and at the specific point.
    pub bodies: [f64; 2],
}

impl Default for Targets {
    fn default() -> Self {
        Self { sensitivity: 0.95, specificity: 0.95, bodies: [0.95, 0.99] }
    }
}

/// Assessed bodies below which nothing is said of a study: fewer are no picture of a spine.
const AT_LEAST: u32 = 2;
/// Inverse strength of the regularisation of the study model's three coefficients.
const C: f64 = 1.0;

/// A body that was judged.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// Whose it is.
    pub body: &'a Body,
    /// That it is fractured; `None` of a labelled body that was not found, or not assessed.
    pub probability: Option<f64>,
    /// What it is; `None` of a body that nobody has labelled.
    pub fractured: Option<bool>,
}

/// The bodies of a table with these class probabilities of its labelled bodies and of the others, and those that have
/// no features: what they are decides what their study is, and they add nothing to what is said of it.
pub fn seen<'a>(
    table: &'a Table,
    classes: &[ClassName],
    (labelled, others): (&[Vec<f64>], &[Vec<f64>]),
) -> Vec<Seen<'a>> {
    let fracture = |p: &Vec<f64>| {
        p.iter().zip(classes).enumerate().filter(|(i, (_, class))| class.is_fracture(*i)).map(|(_, (p, _))| p).sum()
    };
    let fractured = |body: &Body| body.class.map(|class| classes[class].is_fracture(class));
    let of =
        |(body, p): (&'a Body, &Vec<f64>)| Seen { body, probability: Some(fracture(p)), fractured: fractured(body) };
    let unseen = table.unseen.iter().map(|body| Seen { body, probability: None, fractured: fractured(body) });
    let of_labelled = table.bodies.iter().zip(labelled).map(of);
    of_labelled.chain(table.others.iter().zip(others).map(of)).chain(unseen).collect()
}

/// Bodies put together.
#[derive(Debug, Clone, PartialEq)]
struct Study {
    set: String,
    /// Probabilities of those that were assessed.
    bodies: Vec<f64>,
    fractured: bool,
}

impl Study {
    /// Whether anything is said of it.
    fn is_assessed(&self, at_least: u32) -> bool {
        self.bodies.len() >= at_least.max(1) as usize
    }

    /// What the study model says of it; 0 of one that is not assessed, which is never called.
    fn probability(&self, triage: &Triage) -> f64 {
        if self.is_assessed(triage.at_least) { triage.probability(&mut self.bodies.clone()) } else { 0.0 }
    }
}

/// The studies of a unit, the bodies of a patient or of a film.
fn studies(seen: &[Seen<'_>], unit: Unit) -> Vec<Study> {
    let mut studies: BTreeMap<(&str, &str), Study> = BTreeMap::new();
    for Seen { body, probability, fractured } in seen {
        let key = match unit {
            Unit::Film => body.film.as_str(),
            Unit::Body | Unit::Patient => body.patient.as_str(),
        };
        let new = || Study { set: body.set.clone(), bodies: Vec::new(), fractured: false };
        let study = studies.entry((&body.set, key)).or_insert_with(new);
        study.bodies.extend(*probability);
        study.fractured |= *fractured == Some(true);
    }
    studies.into_values().collect()
}

/// The study model and its points, of the bodies of all sets: the training set's fit it.
///
/// # Errors
/// [`FitError`] when the regression does not come to rest. `None` when the training studies are all of one kind.
pub fn fit(seen: &[Seen<'_>], targets: &Targets) -> Result<Option<Triage>, FitError> {
    let all = studies(seen, Unit::Patient);
    let training: Vec<&Study> = all.iter().filter(|s| s.set == TRAINING && s.is_assessed(AT_LEAST)).collect();
    let both = |studies: &[&Study]| studies.iter().any(|s| s.fractured) && studies.iter().any(|s| !s.fractured);
    if !both(&training) {
        return Ok(None);
    }
    let rows: Vec<Vec<f64>> = training.iter().map(|s| study_features(&mut s.bodies.clone()).to_vec()).collect();
    let labels: Vec<usize> = training.iter().map(|s| usize::from(s.fractured)).collect();
    let (intercept, coefficients) = regression(&Design::from_rows(&rows), &labels)?;
    let rate = Rate { value: 0.0, interval: [0.0, 1.0], of: 0 };
    let point =
        OperatingPoint { study: 0.5, body: 0.5, sensitivity: rate, specificity: rate, measured_on: String::new() };
    let mut triage = Triage {
        intercept,
        highest: coefficients[0],
        second: coefficients[1],
        bodies: coefficients[2],
        at_least: AT_LEAST,
        sensitive: point.clone(),
        specific: point,
    };
    set_thresholds(&mut triage, seen, TRAINING, targets);
    let others: Vec<&Study> = all.iter().filter(|s| s.set != TRAINING).collect();
    let (measured, on) = if both(&others) {
        let mut sets: Vec<&str> = others.iter().map(|s| s.set.as_str()).collect();
        sets.dedup();
        (others, format!("the sets {}", sets.join(", ")))
    } else {
        let training = all.iter().filter(|s| s.set == TRAINING).collect();
        (training, "the training set, out of fold".to_owned())
    };
    measure(&mut triage, &measured, &on);
    Ok(Some(triage))
}

/// Intercept and coefficients of the logit that a study shows a fracture.
fn regression(rows: &Design, labels: &[usize]) -> Result<(f64, Vec<f64>), FitError> {
    let settings = Settings::LogisticRegression { c: C };
    let Classifier::LogisticRegression(linear) = classifiers::fit(rows, labels, 2, &settings, 0)? else {
        unreachable!("the settings ask for one")
    };
    let [whole, fractured] = [0, 1].map(|class| &linear.coefficients[class]);
    let difference = fractured.iter().zip(whole).map(|(f, w)| f - w).collect();
    Ok((linear.intercepts[1] - linear.intercepts[0], difference))
}

/// The same study model with thresholds that reach `targets` on the studies of all sets of `seen`, measured there:
/// on a site's own films. `None` when they are all of one kind.
pub fn moved(triage: &Triage, seen: &[Seen<'_>], targets: &Targets, on: &str) -> Option<Triage> {
    let all = studies(seen, Unit::Patient);
    let all: Vec<&Study> = all.iter().collect();
    if all.iter().all(|s| s.fractured) || all.iter().all(|s| !s.fractured) {
        return None;
    }
    let mut triage = triage.clone();
    set_thresholds(&mut triage, seen, "", targets);
    measure(&mut triage, &all, on);
    Some(triage)
}

/// Thresholds that reach the targets on a set, or on all where `set` is empty.
fn set_thresholds(triage: &mut Triage, seen: &[Seen<'_>], set: &str, targets: &Targets) {
    let of_set = |name: &str| set.is_empty() || name == set;
    let assessed = |s: &Study| s.is_assessed(triage.at_least);
    let studies: Vec<Study> =
        studies(seen, Unit::Patient).into_iter().filter(|s| of_set(&s.set) && assessed(s)).collect();
    let said = |fractured: bool| -> Vec<f64> {
        let of_kind = studies.iter().filter(|s| s.fractured == fractured);
        of_kind.map(|s| s.probability(triage)).collect()
    };
    let (calling, sparing) = (reaching(said(true), targets.sensitivity), sparing(said(false), targets.specificity));
    // Where the kinds are told apart well the two cross, and each reaches both targets.
    let points = [calling.min(sparing), calling.max(sparing)];
    let intact = |seen: &Seen<'_>| of_set(&seen.body.set) && seen.fractured != Some(true);
    let intact: Vec<f64> = seen.iter().filter(|s| intact(s)).filter_map(|s| s.probability).collect();
    let [few, fewer] = targets.bodies.map(|part| self::sparing(intact.clone(), part));
    [triage.sensitive.study, triage.specific.study] = points;
    [triage.sensitive.body, triage.specific.body] = [few.min(fewer), fewer];
}

/// The highest threshold that calls `part` of these.
fn reaching(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(|a, b| b.total_cmp(a));
    let last = (part * values.len() as f64).ceil() as usize;
    values.get(last.max(1) - 1).copied().unwrap_or(0.0)
}

/// The lowest threshold that does not call `part` of these: just above the highest of them.
fn sparing(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = (part * values.len() as f64).ceil() as usize;
    values.get(last.max(1) - 1).map_or(0.0, |v| v.next_up().min(1.0))
}

/// What both points reach on these studies; one that is not assessed is not called.
fn measure(triage: &mut Triage, studies: &[&Study], on: &str) {
    let said: Vec<(bool, f64)> = studies.iter().map(|s| (s.fractured, s.probability(triage))).collect();
    for point in [&mut triage.sensitive, &mut triage.specific] {
        let rate = |fractured: bool, called: bool| {
            let of: Vec<f64> = said.iter().filter(|(f, _)| *f == fractured).map(|(_, p)| *p).collect();
            let hits = of.iter().filter(|p| (**p >= point.study) == called).count();
            let interval = wilson(hits, of.len());
            let value = hits as f64 / of.len().max(1) as f64;
            Rate { value, interval: [interval.low, interval.high], of: of.len() as u32 }
        };
        let (sensitivity, specificity) = (rate(true, true), rate(false, false));
        (point.sensitivity, point.specificity, point.measured_on) = (sensitivity, specificity, on.to_owned());
    }
}

/// What `triage` says of each body, film and patient, set by set; 0 of what was not found or not assessed.
pub fn judged(triage: &Triage, seen: &[Seen<'_>], prevalences: &[f64]) -> Vec<JudgedUnit> {
    let mut units: Vec<JudgedUnit> = Vec::new();
    let mut add = |set: &str, unit: Unit, fractured: bool, probability: f64| {
        let known = units.iter().position(|u| u.set == set && u.unit == unit);
        let at = known.unwrap_or_else(|| {
            let thresholds = match unit {
                Unit::Body => [triage.sensitive.body, triage.specific.body],
                Unit::Film | Unit::Patient => [triage.sensitive.study, triage.specific.study],
            };
            let prevalences = prevalences.to_vec();
            let (fractured, probabilities) = (vec![], vec![]);
            units.push(JudgedUnit { set: set.into(), unit, thresholds, fractured, probabilities, prevalences });
            units.len() - 1
        });
        units[at].fractured.push(fractured);
        units[at].probabilities.push(probability);
    };
    for Seen { body, probability, fractured } in seen {
        // What nobody has labelled on a labelled film is taken for whole, as the studies take it.
        add(&body.set, Unit::Body, *fractured == Some(true), probability.unwrap_or(0.0));
    }
    for unit in [Unit::Film, Unit::Patient] {
        for study in studies(seen, unit) {
            add(&study.set, unit, study.fractured, study.probability(triage));
        }
    }
    units.sort_by_key(|u| u.set != TRAINING);
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::BoundingBox;

    /// Bodies of (patient, set, probability, fractured).
    fn table(rows: &[(usize, &str, f64, Option<bool>)]) -> (Vec<Body>, Vec<(f64, Option<bool>)>) {
        let body = |(patient, set, _, fractured): &(usize, &str, f64, Option<bool>)| Body {
            film: format!("{patient}.dcm"),
            region: BoundingBox { x0: 0.0, y0: 0.0, x1: 1.0, y1: 1.0 },
            level: String::new(),
            class: fractured.map(usize::from),
            set: (*set).to_owned(),
            patient: patient.to_string(),
        };
        (rows.iter().map(body).collect(), rows.iter().map(|r| (r.2, r.3)).collect())
    }

    /// 40 patients of each kind and set: a fractured one has a body of about 0.8, all have bodies of about 0.1.
    fn cohort() -> (Vec<Body>, Vec<(f64, Option<bool>)>) {
        let mut rows = Vec::new();
        for (set, first) in [(TRAINING, 0), ("internal", 1000)] {
            for patient in 0..80 {
                let fractured = patient % 2 == 0;
                let wobble = f64::from((patient * 37 % 41) as u8) / 41.0 * 0.5;
                let worst = if fractured { 0.95 - wobble } else { 0.05 + wobble };
                rows.push((first + patient, set, worst, Some(fractured)));
                rows.extend([0.03, 0.06, 0.1].map(|p| (first + patient, set, p, None)));
            }
        }
        table(&rows)
    }

    fn seen<'a>((bodies, said): &'a (Vec<Body>, Vec<(f64, Option<bool>)>)) -> Vec<Seen<'a>> {
        let of = |(body, (probability, fractured)): (&'a Body, &(f64, Option<bool>))| Seen {
            body,
            probability: Some(*probability),
            fractured: *fractured,
        };
        bodies.iter().zip(said).map(of).collect()
    }

    #[test]
    fn points_reach_their_targets_on_the_training_set_and_are_measured_on_the_others() {
        let cohort = cohort();
        let triage = fit(&seen(&cohort), &Targets::default()).unwrap().unwrap();
        assert!(triage.highest > 0.0 && triage.sensitive.study <= triage.specific.study, "{triage:?}");
        assert!(triage.sensitive.sensitivity.value >= 0.94, "{triage:?}");
        assert!(triage.specific.specificity.value >= 0.94, "{triage:?}");
        assert_eq!((triage.sensitive.sensitivity.of, triage.sensitive.measured_on.as_str()), (40, "the sets internal"));
        assert!(triage.check().is_ok());
    }

    #[test]
    fn a_site_moves_the_points_and_not_the_model() {
        let cohort = cohort();
        let seen = seen(&cohort);
        let triage = fit(&seen, &Targets::default()).unwrap().unwrap();
        let strict = Targets { specificity: 1.0, ..Targets::default() };
        let moved = moved(&triage, &seen, &strict, "our films of 2026").unwrap();
        assert_eq!((moved.intercept, moved.highest), (triage.intercept, triage.highest));
        assert_eq!((moved.specific.specificity.value, moved.specific.specificity.of), (1.0, 80));
        assert_eq!(moved.specific.measured_on, "our films of 2026");
        let intact: Vec<Seen> = seen.iter().filter(|s| s.fractured != Some(true)).cloned().collect();
        assert!(super::moved(&triage, &intact, &strict, "").is_none());
    }

    #[test]
    fn a_fracture_that_was_not_found_makes_its_study_a_fractured_one_and_is_missed() {
        let cohort = cohort();
        let triage = fit(&seen(&cohort), &Targets::default()).unwrap().unwrap();
        let mut unseen = seen(&cohort);
        // Of the first fractured patient of the other set the broken body is not found, of the second nothing is.
        let others = unseen.iter_mut().filter(|s| s.body.set == "internal");
        for body in others {
            let broken = body.body.patient == "1000" && body.fractured == Some(true);
            if broken || body.body.patient == "1002" {
                body.probability = None;
            }
        }
        let said = fit(&unseen, &Targets::default()).unwrap().unwrap();
        assert_eq!(said.sensitive.sensitivity.of, 40, "both are still studies with a fracture");
        assert!(said.sensitive.sensitivity.value <= triage.sensitive.sensitivity.value - 0.04, "{said:?}");
        let units = judged(&triage, &unseen, &[]);
        let patients = units.iter().find(|u| u.unit == Unit::Patient && u.set == "internal").unwrap();
        let zero = patients.probabilities.iter().zip(&patients.fractured).filter(|(p, _)| **p == 0.0);
        assert_eq!(zero.map(|(_, fractured)| *fractured).collect::<Vec<_>>(), [true]);
    }

    #[test]
    fn studies_of_one_kind_have_no_points() {
        let rows: Vec<_> = (0..9).flat_map(|p| [(p, TRAINING, 0.1, Some(false)), (p, TRAINING, 0.2, None)]).collect();
        let cohort = table(&rows);
        assert_eq!(fit(&seen(&cohort), &Targets::default()).unwrap(), None);
    }

    #[test]
    fn thresholds_are_the_values_that_just_do() {
        let values = || vec![0.1, 0.2, 0.3, 0.4];
        assert_eq!((reaching(values(), 1.0), reaching(values(), 0.5), reaching(values(), 0.0)), (0.1, 0.3, 0.4));
        assert_eq!(sparing(values(), 0.5), 0.2_f64.next_up());
        assert_eq!((reaching(vec![], 0.9), sparing(vec![], 0.9)), (0.0, 0.0));
    }

    #[test]
    fn each_unit_is_judged_by_its_own_threshold() {
        let cohort = table(&[(1, "x", 0.9, Some(true)), (1, "x", 0.1, None), (2, "x", 0.3, Some(false))]);
        let other = self::cohort();
        let triage = fit(&seen(&other), &Targets::default()).unwrap().unwrap();
        let units = judged(&triage, &seen(&cohort), &[0.1]);
        let of = |unit: Unit| units.iter().find(|u| u.unit == unit).map(|u| u.fractured.clone()).unwrap_or_default();
        assert_eq!(of(Unit::Body), [true, false, false]);
        assert_eq!(of(Unit::Patient), [true, false]);
        let patients = units.iter().find(|u| u.unit == Unit::Patient).unwrap();
        assert_eq!(patients.probabilities[1], 0.0, "the second patient has too few bodies to be called");
    }
}
