//! The figures of one set: what is known of a bundle's probabilities when the truth is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::curves::{Calibration, DecisionCurve, RocPoint};
use super::input::{Judged, TRAINING};
use crate::findings::ClassName;
use crate::statistics::{
    Bootstrap, Confusion, Interval, Resampled, area, areas, brier, curve, log_loss, macro_area, micro_area,
    most_probable, youden,
};

/// The least standard error that is no rounding: below it the samples say nothing of how sure a figure is.
const LEAST_ERROR: f64 = 1e-9;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Its interval; null where the samples do not vary enough to give one.
    pub interval: Option<Interval>,
}

/// What is known of one class of a set, each body being of it or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// Code of the class.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Bodies of this class in the set.
    pub bodies: usize,
    /// One-vs-rest area under the ROC curve with DeLong's interval; null when the set has bodies on one side only.
    pub auc: Option<Estimate>,
    /// Interval of the same area when whole patients are drawn again: wider where bodies of a patient are alike.
    pub auc_interval_by_patient: Option<Interval>,
    /// Why [`Self::auc`] or its interval is null.
    pub undefined: Option<String>,
    /// Share on the right side of this class when the most probable class is called.
    pub accuracy: Option<f64>,
    /// Share of the bodies of this class that are called so.
    pub sensitivity: Option<f64>,
    /// Share of the other bodies that are not.
    pub specificity: Option<f64>,
    /// The point of the curve with the most sensitivity and specificity together (Youden), chosen on this set itself.
    pub youden: Option<RocPoint>,
    /// Brier's score of this class against the rest, 0 to 1.
    pub brier: f64,
    /// Whether the probabilities of this class mean what they say.
    pub calibration: Calibration,
    /// Net benefit of acting on this class.
    pub decision: DecisionCurve,
    /// The ROC curve; empty when undefined.
    pub roc: Vec<RocPoint>,
}

/// What is known of a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetFigures {
    /// The set.
    pub set: String,
    /// Whether models are fitted on this set, so that its figures are too good.
    pub fitted_on: bool,
    /// How many bodies.
    pub bodies: usize,
    /// Of how many patients.
    pub patients: usize,
    /// The classes, in the order of the bundle.
    pub classes: Vec<ClassFigures>,
    /// Mean of the classes' areas; null when a class is missing. Interval by bootstrap of patients.
    pub macro_auc: Option<Estimate>,
    /// Area over all pairs of body and class; null with one class only. Interval by bootstrap of patients.
    pub micro_auc: Option<Estimate>,
    /// Why one of the two is null.
    pub undefined: Option<String>,
    /// Share of bodies whose most probable class is theirs. Interval by bootstrap of patients.
    pub accuracy: Estimate,
    /// Cohen's kappa; null with one class only, where agreement beyond chance means nothing.
    pub kappa: Option<f64>,
    /// Counts `[true class][called class]`.
    pub confusion: Vec<Vec<usize>>,
    /// Brier's score over all classes, 0 to 2.
    pub brier: f64,
    /// Mean negative natural logarithm of the true class's probability.
    pub log_loss: f64,
    /// Whether the probability of the called class means what it says.
    pub calibration: Calibration,
    /// Net benefit of acting on "not of the first class", whose probability is 1 less that of the first.
    pub decision: DecisionCurve,
}

impl SetFigures {
    /// Of checked probabilities; `classes` names each.
    pub(super) fn of(judged: &Judged, classes: &[ClassName], bootstrap: Bootstrap) -> Self {
        let Judged { labels, patients, probabilities, .. } = judged;
        let confusion = Confusion::of(labels, probabilities, classes.len());
        let right: Vec<bool> = labels.iter().zip(probabilities).map(|(&l, p)| most_probable(p) == l).collect();
        let top: Vec<f64> = probabilities.iter().map(|p| p[most_probable(p)]).collect();
        let alone = labels.iter().all(|&l| l == labels[0]);
        let macro_auc = macro_area(labels, probabilities);
        let micro_auc = micro_area(labels, probabilities).filter(|_| !alone);
        let resampled = |value: Option<f64>, figure: fn(&[usize], &[Vec<f64>]) -> Option<f64>| {
            value.map(|value| {
                let found = bootstrap.of(patients, labels, |drawn| {
                    let (labels, rows) = drawn_again(judged, drawn);
                    figure(&labels, &rows)
                });
                Estimate { value, interval: interval_of(found) }
            })
        };
        let is_right = |i: &usize| f64::from(u8::from(right[*i]));
        let accuracy = |drawn: &[usize]| drawn.iter().map(is_right).sum::<f64>() / drawn.len() as f64;
        let everybody: Vec<usize> = (0..labels.len()).collect();
        let fractured: Vec<bool> = labels.iter().map(|&l| l != 0).collect();
        let of_fracture: Vec<f64> = probabilities.iter().map(|p| 1.0 - p[0]).collect();
        Self {
            set: judged.set.clone(),
            fitted_on: judged.set == TRAINING,
            bodies: labels.len(),
            patients: patients.iter().collect::<BTreeSet<_>>().len(),
            classes: (0..classes.len())
                .map(|c| ClassFigures::of(judged, c, &classes[c], &confusion, bootstrap))
                .collect(),
            macro_auc: resampled(macro_auc, macro_area),
            micro_auc: resampled(micro_auc, micro_area),
            undefined: why_no_macro(labels, classes),
            accuracy: Estimate {
                value: accuracy(&everybody),
                interval: interval_of(bootstrap.of(patients, labels, |drawn| Some(accuracy(drawn)))),
            },
            kappa: confusion.kappa().filter(|_| !alone),
            confusion: confusion.0,
            brier: brier(labels, probabilities),
            log_loss: log_loss(labels, probabilities),
            calibration: Calibration::of(&right, &top),
            decision: DecisionCurve::of(format!("not {}", classes[0].name), &fractured, &of_fracture),
        }
    }
}

impl ClassFigures {
    fn of(judged: &Judged, class: usize, name: &ClassName, confusion: &Confusion, bootstrap: Bootstrap) -> Self {
        let (positive, score) = (judged.is(class), judged.of(class));
        let bodies = positive.iter().filter(|&&p| p).count();
        let value = area(&positive, &score);
        let interval = areas(&positive, &[&score]).filter(|a| a.standard_error(0) > LEAST_ERROR).map(|a| a.interval(0));
        let undefined = match (bodies, positive.len() - bodies) {
            (0, _) => Some("no body of the set has this class"),
            (_, 0) => Some("all bodies of the set have this class"),
            (1, _) | (_, 1) => Some("an interval needs two bodies of the class and two others"),
            _ if interval.is_none() => Some("an area without variance has no interval"),
            _ => None,
        };
        let by_patient = value.and_then(|_| {
            interval_of(bootstrap.of(&judged.patients, &judged.labels, |drawn| {
                let (positive, score): (Vec<_>, Vec<_>) = drawn.iter().map(|&i| (positive[i], score[i])).unzip();
                area(&positive, &score)
            }))
        });
        let points = curve(&positive, &score);
        Self {
            code: name.code.clone(),
            name: name.name.clone(),
            bodies,
            auc: value.map(|value| Estimate { value, interval }),
            auc_interval_by_patient: by_patient,
            undefined: undefined.map(str::to_owned),
            accuracy: confusion.one_vs_rest_accuracy(class),
            sensitivity: confusion.sensitivity(class),
            specificity: confusion.specificity(class),
            youden: youden(&points).map(RocPoint::from),
            brier: crate::statistics::binary_brier(&positive, &score),
            calibration: Calibration::of(&positive, &score),
            decision: DecisionCurve::of(name.name.clone(), &positive, &score),
            roc: points.into_iter().map(RocPoint::from).collect(),
        }
    }
}

/// The labels and probabilities of the bodies `drawn`.
pub(super) fn drawn_again(judged: &Judged, drawn: &[usize]) -> (Vec<usize>, Vec<Vec<f64>>) {
    drawn.iter().map(|&i| (judged.labels[i], judged.probabilities[i].clone())).unzip()
}

/// The interval of resamples that differ: all alike, they say nothing of how sure the figure is.
pub(super) fn interval_of(found: Option<Resampled>) -> Option<Interval> {
    found.map(|found| found.interval).filter(|interval| interval.high - interval.low > LEAST_ERROR)
}

/// Why the macro area (and with one class the micro area) is not defined.
fn why_no_macro(labels: &[usize], classes: &[ClassName]) -> Option<String> {
    let missing: Vec<&str> =
        (0..classes.len()).filter(|class| !labels.contains(class)).map(|class| classes[class].name.as_str()).collect();
    (!missing.is_empty()).then(|| format!("no body of the set is {}", missing.join(" or ")))
}
