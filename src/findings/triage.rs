//! What the bodies of a study say together: the unit that is put first, or not.
//!
//! The arithmetic is here, on the ground, because the report, the database, the log and the command line must all
//! say the same of a study; its numbers are the bundle's.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Findings, NotAssessed, Vertebra};

/// A bundle's study model and its two operating points.
///
/// The model is logistic regression on three numbers of the assessed bodies of a study: the logits of the highest and
/// of the second highest probability that a body is fractured, and the logarithm of how many were assessed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// Of the logistic regression.
    pub intercept: f64,
    /// Coefficient of the highest body's logit.
    pub highest: f64,
    /// Coefficient of the second highest body's logit; with a single body the logit of [`LEAST`].
    pub second: f64,
    /// Coefficient of the logarithm of the number of assessed bodies.
    pub bodies: f64,
    /// Assessed bodies below which a study is not assessed.
    pub at_least: u32,
    /// Misses few.
    pub sensitive: OperatingPoint,
    /// Alarms for few that are whole.
    pub specific: OperatingPoint,
}

/// Probabilities of a body count as no smaller than this, and as no greater than 1 less it: beyond, a logit says more
/// about a classifier than about a body.
pub const LEAST: f64 = 1e-3;

/// Two thresholds and what they reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatingPoint {
    /// Probability from which a study is called.
    pub study: f64,
    /// Probability that a body is fractured from which the body is called.
    pub body: f64,
    /// Part of the studies with a fracture that were called.
    pub sensitivity: Rate,
    /// Part of the studies without one that were not.
    pub specificity: Rate,
    /// The studies it was measured on, in words.
    pub measured_on: String,
}

/// A part of a number of studies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// 0 to 1.
    pub value: f64,
    /// Its interval of 95 %.
    pub interval: [f64; 2],
    /// Of so many.
    pub of: u32,
}

/// At which operating point a body or a study is called fractured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// At the sensitive one alone.
    Sensitive,
    /// At both.
    Specific,
}

/// What is said of a study, and of a film as a study of one film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriageResult {
    /// At least one fracture, at the specific operating point.
    Suspected,
    /// One at the sensitive operating point alone, or a body that should be there was not found.
    Uncertain,
    /// None at either, among the bodies that were assessed.
    NothingSuspected,
    /// Too few bodies could be assessed.
    NotAssessed,
}

impl TriageResult {
    /// All of them, the one to be read first in front.
    pub const ALL: [Self; 4] = [Self::Suspected, Self::Uncertain, Self::NotAssessed, Self::NothingSuspected];

    /// As the database and scripts have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Uncertain => "uncertain",
            Self::NothingSuspected => "nothing-suspected",
            Self::NotAssessed => "not-assessed",
        }
    }

    /// As a person reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Uncertain => "uncertain",
            Self::NothingSuspected => "nothing suspected",
            Self::NotAssessed => "not assessed",
        }
    }
}

/// The result of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyTriage {
    /// What is said.
    pub result: TriageResult,
    /// That the study shows at least one fracture, by the bundle's study model; `None` where nothing was assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Bodies that were found.
    pub found: u32,
    /// Of them, those that were assessed.
    pub assessed: u32,
    /// Bodies that should be there, by their neighbours' distance, and were not found.
    pub missed: u32,
    /// Why bodies or whole films were not assessed, each reason once, in the order of [`NotAssessed::ALL`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_assessed: Vec<NotAssessed>,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, interval: [low, high], of } = self;
        write!(f, "{value:.2} ({low:.2} to {high:.2}, {of} studies)")
    }
}

impl Triage {
    /// # Errors
    /// A sentence that names what cannot be.
    pub fn check(&self) -> Result<(), String> {
        let coefficients = [self.intercept, self.highest, self.second, self.bodies];
        if !coefficients.iter().all(|c| c.is_finite()) {
            return Err("[triage] intercept, highest, second and bodies must be numbers".into());
        }
        let chances = |p: &OperatingPoint| [p.study, p.body].iter().all(|t| (0.0..=1.0).contains(t));
        if !(chances(&self.sensitive) && chances(&self.specific)) {
            return Err("[triage] study and body of an operating point must be 0 to 1".into());
        }
        if self.sensitive.study > self.specific.study || self.sensitive.body > self.specific.body {
            return Err("[triage] the sensitive operating point must not lie above the specific one".into());
        }
        Ok(())
    }

    /// The result of the study whose films these are; `None` of films that were analysed without operating points.
    pub fn of_study(&self, films: &[&Findings]) -> StudyTriage {
        let bodies = || films.iter().flat_map(|film| film.vertebrae.iter().map(move |v| (*film, v)));
        let mut probabilities: Vec<f64> =
            bodies().filter(|(_, v)| v.is_assessed()).map(|(film, v)| v.fracture_probability(film)).collect();
        let (found, assessed) = (bodies().count() as u32, probabilities.len() as u32);
        let missed = films.iter().map(|film| film.missed).sum();
        let why = |reason: &NotAssessed| {
            films.iter().any(|film| film.not_assessed == Some(*reason))
                || bodies().any(|(_, v)| v.not_assessed == Some(*reason))
        };
        let not_assessed = NotAssessed::ALL.into_iter().filter(|reason| why(reason)).collect();
        let probability = (assessed >= self.at_least.max(1)).then(|| self.probability(&mut probabilities));
        let result = match probability {
            None => TriageResult::NotAssessed,
            Some(p) if p >= self.specific.study => TriageResult::Suspected,
            Some(p) if p >= self.sensitive.study || missed > 0 => TriageResult::Uncertain,
            Some(_) => TriageResult::NothingSuspected,
        };
        StudyTriage { result, probability, found, assessed, missed, not_assessed }
    }

    /// That a study with bodies of these probabilities, at least one, shows a fracture.
    pub fn probability(&self, bodies: &mut [f64]) -> f64 {
        let [highest, second, count] = study_features(bodies);
        let score = self.intercept + self.highest * highest + self.second * second + self.bodies * count;
        1.0 / (1.0 + (-score).exp())
    }

    /// At which point a body of this probability of a fracture is called.
    pub fn call(&self, probability: f64) -> Option<Call> {
        match probability {
            p if p >= self.specific.body => Some(Call::Specific),
            p if p >= self.sensitive.body => Some(Call::Sensitive),
            _ => None,
        }
    }

    /// Both points, the sensitive one first.
    pub fn points(&self) -> [(Call, &OperatingPoint); 2] {
        [(Call::Sensitive, &self.sensitive), (Call::Specific, &self.specific)]
    }
}

/// What the study model takes of the probabilities of a study's assessed bodies, which are put in order: the logits of
/// the highest two, and the logarithm of their number.
pub fn study_features(bodies: &mut [f64]) -> [f64; 3] {
    bodies.sort_by(|a, b| b.total_cmp(a));
    let at = |i: usize| logit(bodies.get(i).copied().unwrap_or(0.0));
    [at(0), at(1), (bodies.len().max(1) as f64).ln()]
}

fn logit(probability: f64) -> f64 {
    let p = probability.clamp(LEAST, 1.0 - LEAST);
    (p / (1.0 - p)).ln()
}

impl Findings {
    /// The result of a study of these films; `None` where the newest of them was analysed by a bundle without operating
    /// points.
    pub fn triage_of(films: &[&Self]) -> Option<StudyTriage> {
        films.last()?.bundle.triage.as_ref().map(|triage| triage.of_study(films))
    }
}

impl Vertebra {
    /// Whether its probabilities count.
    pub fn is_assessed(&self) -> bool {
        self.not_assessed.is_none()
    }

    /// That it is fractured in whatever way, 0 to 1: of any class but those that `film`'s bundle counts as whole.
    pub fn fracture_probability(&self, film: &Findings) -> f64 {
        let whole = |class: usize| film.bundle.classes.get(class).is_none_or(|c| !c.is_fracture(class));
        self.probabilities.iter().enumerate().filter(|(class, _)| !whole(*class)).map(|(_, p)| p).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(study: f64, body: f64) -> OperatingPoint {
        let rate = Rate { value: 0.9, interval: [0.8, 1.0], of: 10 };
        OperatingPoint { study, body, sensitivity: rate, specificity: rate, measured_on: "a test".into() }
    }

    fn triage() -> Triage {
        let (sensitive, specific) = (point(0.3, 0.4), point(0.7, 0.8));
        Triage { intercept: 0.0, highest: 1.0, second: 0.0, bodies: 0.0, at_least: 2, sensitive, specific }
    }

    /// A film of bodies of (probability of a fracture, why not assessed).
    fn film(bodies: &[(f64, Option<NotAssessed>)], missed: u32) -> Findings {
        let vertebra = |(p, why): &(f64, Option<NotAssessed>)| {
            let body = serde_json::json!({"ordinal": 1, "level": null, "detection_score": 1.0, "class": 0,
                "bounding_box": {"x0": 0.0, "y0": 0.0, "x1": 1.0, "y1": 1.0}, "probabilities": [1.0 - p, *p]});
            Vertebra { not_assessed: *why, ..serde_json::from_value(body).unwrap() }
        };
        let uid = "2.25.1";
        let film = serde_json::json!({"notice": "", "vertebrae": [], "image": {"sop_class_uid": uid, "sop_instance_uid": uid,
            "series_instance_uid": uid, "study_instance_uid": uid, "modality": "DX", "body_part": "", "view_position": "",
            "patient_orientation": null, "rows": 9, "columns": 9, "pixel_spacing": null}, "bundle": {"name": "t",
            "version": "1", "digest": "", "classes": [{"code": "ASTLOF-0", "name": "a"}, {"code": "ASTLOF-1", "name": "b"}]}});
        let mut film: Findings = serde_json::from_value(film).unwrap();
        film.vertebrae = bodies.iter().map(vertebra).collect();
        (film.missed, film.bundle.triage) = (missed, Some(triage()));
        film
    }

    fn result(films: &[&Findings]) -> TriageResult {
        Findings::triage_of(films).unwrap().result
    }

    #[test]
    fn a_study_is_what_its_worst_assessed_body_says() {
        let (calm, doubtful, broken) = (film(&[(0.1, None); 3], 0), film(&[(0.5, None)], 0), film(&[(0.9, None)], 0));
        assert_eq!(result(&[&calm]), TriageResult::NothingSuspected);
        assert_eq!(result(&[&calm, &doubtful]), TriageResult::Uncertain);
        assert_eq!(result(&[&broken, &calm]), TriageResult::Suspected);
    }

    #[test]
    fn what_was_not_assessed_never_flags_and_says_why() {
        let cut = (0.99, Some(NotAssessed::CutByEdge));
        let found = Findings::triage_of(&[&film(&[cut, (0.1, None), (0.1, None)], 0)]).unwrap();
        assert_eq!((found.result, found.found, found.assessed), (TriageResult::NothingSuspected, 3, 2));
        assert_eq!(found.not_assessed, [NotAssessed::CutByEdge]);
        assert_eq!(result(&[&film(&[cut, (0.99, None)], 0)]), TriageResult::NotAssessed, "one body is too few");
        assert_eq!(result(&[&film(&[], 0)]), TriageResult::NotAssessed);
    }

    #[test]
    fn a_body_that_was_missed_makes_a_calm_study_uncertain() {
        assert_eq!(result(&[&film(&[(0.1, None); 3], 1)]), TriageResult::Uncertain);
    }

    #[test]
    fn certain_bodies_have_finite_logits_and_a_single_one_has_no_second() {
        let [highest, second, count] = study_features(&mut [1.0]);
        assert!(highest.is_finite() && (highest + second).abs() < 1e-9 && count == 0.0, "{highest} {second}");
        assert_eq!(study_features(&mut [0.2, 0.5])[0], 0.0);
    }

    #[test]
    fn films_without_operating_points_have_no_result() {
        let mut film = film(&[(0.9, None)], 0);
        film.bundle.triage = None;
        assert_eq!(Findings::triage_of(&[&film]), None);
    }
}
