//! What the operating points of a bundle do, by body, film and patient.

use serde::{Deserialize, Serialize};

use super::curves::RocPoint;
use super::figures::Estimate;
use crate::statistics::{Interval, area, areas, curve, wilson};

/// What is called or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Each body for itself.
    Body,
    /// The bodies of a film together.
    Film,
    /// The bodies of a patient's films together: the study.
    Patient,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Body, Self::Film, Self::Patient];

    /// `body`, `film` or `patient`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Film => "film",
            Self::Patient => "patient",
        }
    }
}

/// What a bundle with operating points says of the units of one set.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedUnit {
    /// The set.
    pub set: String,
    /// What is judged.
    pub unit: Unit,
    /// From which probability one is called, at the sensitive and at the specific point.
    pub thresholds: [f64; 2],
    /// Which are fractured.
    pub fractured: Vec<bool>,
    /// The probability that one is.
    pub probabilities: Vec<f64>,
    /// Parts of the units that are fractured, for which predictive values are given.
    pub prevalences: Vec<f64>,
}

/// The figures of the units of a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitFigures {
    /// The set.
    pub set: String,
    /// What is judged.
    pub unit: Unit,
    /// How many.
    pub units: usize,
    /// Of these, fractured.
    pub fractured: usize,
    /// Area under the ROC curve with DeLong's interval; null with one kind only.
    pub auc: Option<Estimate>,
    /// At the sensitive and at the specific point.
    pub points: Vec<PointFigures>,
    /// The ROC curve; empty with one kind only.
    pub roc: Vec<RocPoint>,
}

/// What one operating point does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointFigures {
    /// `sensitive` or `specific`.
    pub point: String,
    /// From which probability a unit is called.
    pub threshold: f64,
    /// Share of the fractured ones that are called, with Wilson's interval; null without one.
    pub sensitivity: Option<Estimate>,
    /// Share of the whole ones that are not.
    pub specificity: Option<Estimate>,
    /// Calls of whole units, of a hundred units with the set's own share of fractures.
    pub false_alarms_per_hundred: f64,
    /// Predictive values where fractures are as frequent as that.
    pub predictive: Vec<Predictive>,
}

/// Predictive values at a prevalence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Predictive {
    /// Share of fractured units, 0 to 1.
    pub prevalence: f64,
    /// Share of the called ones that are fractured; null when none is called.
    pub positive: Option<f64>,
    /// Share of the others that are whole; null when all are called.
    pub negative: Option<f64>,
}

/// The prevalences that predictive values are given for, unless others are asked for.
pub const PREVALENCES: [f64; 3] = [0.05, 0.1, 0.2];

impl UnitFigures {
    /// Of what was judged.
    pub fn of(judged: &JudgedUnit) -> Self {
        let JudgedUnit { fractured, probabilities, thresholds, .. } = judged;
        let auc = area(fractured, probabilities).map(|value| {
            let interval = areas(fractured, &[probabilities]).map(|areas| areas.interval(0));
            Estimate { value, interval }
        });
        let names = ["sensitive", "specific"];
        let point = |(name, threshold): (&str, &f64)| point(judged, name, *threshold);
        Self {
            set: judged.set.clone(),
            unit: judged.unit,
            units: fractured.len(),
            fractured: fractured.iter().filter(|f| **f).count(),
            auc,
            points: names.into_iter().zip(thresholds).map(point).collect(),
            roc: curve(fractured, probabilities).into_iter().map(RocPoint::from).collect(),
        }
    }
}

fn point(judged: &JudgedUnit, name: &str, threshold: f64) -> PointFigures {
    let said = || judged.fractured.iter().zip(&judged.probabilities);
    let share = |fractured: bool, called: bool| {
        let of = said().filter(|(f, _)| **f == fractured).count();
        let hits = said().filter(|(f, p)| **f == fractured && (**p >= threshold) == called).count();
        let Interval { low, high } = wilson(hits, of);
        let value = hits as f64 / of as f64;
        (of > 0).then_some(Estimate { value, interval: Some(Interval { low, high }) })
    };
    let (sensitivity, specificity) = (share(true, true), share(false, false));
    let false_alarms = said().filter(|(f, p)| !**f && **p >= threshold).count();
    let predictive = |prevalence: &f64| {
        let known = sensitivity.zip(specificity).map(|(s, t)| (s.value, t.value));
        let part = |right: f64, wrong: f64| (right + wrong > 0.0).then(|| right / (right + wrong));
        let of = |(s, t): (f64, f64)| {
            let (ill, well) = (*prevalence, 1.0 - prevalence);
            (part(s * ill, (1.0 - t) * well), part(t * well, (1.0 - s) * ill))
        };
        let (positive, negative) = known.map_or((None, None), of);
        Predictive { prevalence: *prevalence, positive, negative }
    };
    PointFigures {
        point: name.to_owned(),
        threshold,
        sensitivity,
        specificity,
        false_alarms_per_hundred: 100.0 * false_alarms as f64 / judged.fractured.len().max(1) as f64,
        predictive: judged.prevalences.iter().map(predictive).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_counted_as_by_hand() {
        let judged = JudgedUnit {
            set: "x".into(),
            unit: Unit::Patient,
            thresholds: [0.3, 0.7],
            fractured: vec![true, true, true, true, false, false, false, false, false, false],
            probabilities: vec![0.9, 0.8, 0.5, 0.1, 0.75, 0.4, 0.2, 0.1, 0.1, 0.05],
            prevalences: vec![0.1],
        };
        let figures = UnitFigures::of(&judged);
        let [sensitive, specific] = &figures.points[..] else { panic!("two points") };
        let value = |e: Option<Estimate>| e.unwrap().value;
        assert_eq!((value(sensitive.sensitivity), value(specific.sensitivity)), (0.75, 0.5));
        assert!((value(sensitive.specificity) - 4.0 / 6.0).abs() < 1e-12);
        assert_eq!((sensitive.false_alarms_per_hundred, specific.false_alarms_per_hundred), (20.0, 10.0));
        let Predictive { positive, negative, .. } = specific.predictive[0];
        let expected = 0.5 * 0.1 / (0.5 * 0.1 + 1.0 / 6.0 * 0.9);
        assert!((positive.unwrap() - expected).abs() < 1e-12);
        assert!((negative.unwrap() - (5.0 / 6.0 * 0.9) / (5.0 / 6.0 * 0.9 + 0.5 * 0.1)).abs() < 1e-12);
        assert_eq!((figures.units, figures.fractured, figures.roc.len() > 3), (10, 4, true));
    }

    #[test]
    fn of_one_kind_no_rate_of_the_other_is_given() {
        let judged = JudgedUnit {
            set: "x".into(),
            unit: Unit::Film,
            thresholds: [0.3, 0.7],
            fractured: vec![false; 3],
            probabilities: vec![0.1, 0.5, 0.2],
            prevalences: PREVALENCES.to_vec(),
        };
        let figures = UnitFigures::of(&judged);
        assert_eq!((figures.auc, figures.points[0].sensitivity), (None, None));
        assert_eq!(figures.points[0].predictive[0].positive, None);
        assert!(figures.points[0].specificity.is_some());
    }
}
