//! Analysis: one radiograph in, its findings out.
//!
//! Owns: the pipeline detect, spine line, points, levels, morphometry, features, fusion, assessment as one function.
//! In: a [`Radiograph`] and a [`crate::model::Model`]. Out: [`Findings`].
//! Never: touches the network or the database.

pub mod assess;
mod film;
mod levels;
mod view;

pub use film::{Body, Film};

use crate::RESEARCH_USE_ONLY;
use crate::findings::{BundleIdentity, Call, Findings, ImageIdentity, NotAssessed, Vertebra};
use crate::imaging::Radiograph;
use crate::model::{Model, ModelError};

/// Finds the vertebrae of a radiograph, measures and classifies each, and says of which this could be done.
///
/// # Errors
/// [`ModelError`] when a network fails or a feature is missing.
pub fn analyse(model: &mut Model, radiograph: &Radiograph, image: ImageIdentity) -> Result<Findings, ModelError> {
    let film = Film::see(model, radiograph, Some(&image))?;
    let of_film = assess::film(model, &film);
    let mut vertebrae = Vec::with_capacity(film.bodies.len());
    for (i, body) in film.bodies.iter().enumerate() {
        let features = film.features(model, &body.features, Some(i));
        let probabilities = model.classify(&features)?;
        let unlike = model.is_unlike_training(&features)?.then_some(NotAssessed::UnlikeTraining);
        let not_assessed = of_film.or_else(|| assess::body(model, radiograph, &film, body)).or(unlike);
        let (class, called) = class_of(model.identity(), &probabilities, not_assessed);
        let (level, level_source) = body.level.clone().unzip();
        vertebrae.push(Vertebra {
            ordinal: i as u32 + 1,
            level,
            level_source,
            bounding_box: body.region,
            detection_score: body.score,
            class,
            probabilities,
            points: body.points,
            morphometry: body.shape,
            imputed: model.imputed(&features),
            contributions: model.contributions(&features)?.unwrap_or_default(),
            not_assessed,
            called,
            points_spread: body.closer.map(|closer| closer.spread),
        });
    }
    Ok(Findings {
        notice: RESEARCH_USE_ONLY.into(),
        image,
        bundle: model.identity().clone(),
        view: Some(film.view),
        not_assessed: of_film,
        missed: film.missed,
        vertebrae,
    })
}

/// The class that a body is given and the operating point at which it is called; [`Vertebra::class`] says how.
fn class_of(
    bundle: &BundleIdentity,
    probabilities: &[f64],
    not_assessed: Option<NotAssessed>,
) -> (usize, Option<Call>) {
    let Some(triage) = &bundle.triage else { return (most_probable(probabilities, |_| true), None) };
    let is_fracture = |class: usize| bundle.classes.get(class).is_some_and(|c| c.is_fracture(class));
    let fracture: f64 = (0..probabilities.len()).filter(|c| is_fracture(*c)).map(|c| probabilities[c]).sum();
    let called = triage.call(fracture).filter(|_| not_assessed.is_none());
    (most_probable(probabilities, |class| is_fracture(class) == called.is_some()), called)
}

/// Index of the largest probability among those that `may`, the first of equals.
fn most_probable(probabilities: &[f64], may: impl Fn(usize) -> bool) -> usize {
    let classes = (0..probabilities.len()).rev().filter(|class| may(*class));
    classes.max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{ClassName, OperatingPoint, Rate, Triage};

    #[test]
    fn the_most_probable_class_is_the_first_of_equals() {
        assert_eq!(most_probable(&[0.2, 0.4, 0.4], |_| true), 1);
        assert_eq!(most_probable(&[0.5, 0.1, 0.4], |_| true), 0);
        assert_eq!(most_probable(&[0.5, 0.1, 0.4], |class| class > 0), 2);
    }

    #[test]
    fn the_operating_points_decide_and_not_the_larger_half() {
        let class = |code: &str| ClassName { code: code.into(), name: String::new() };
        let rate = Rate { value: 1.0, interval: [1.0, 1.0], of: 1 };
        let point =
            |body| OperatingPoint { study: 0.5, body, sensitivity: rate, specificity: rate, measured_on: "".into() };
        let (sensitive, specific) = (point(0.6), point(0.8));
        let triage =
            Triage { intercept: 0.0, highest: 1.0, second: 0.0, bodies: 0.0, at_least: 1, sensitive, specific };
        let classes = ["ASTLOF-0", "ASTLOF-1", "ASTLOF-2"].map(class).to_vec();
        let bundle = BundleIdentity { classes, triage: Some(triage), ..BundleIdentity::default() };
        assert_eq!(class_of(&bundle, &[0.45, 0.4, 0.15], None), (0, None), "0.55 is below both points");
        assert_eq!(class_of(&bundle, &[0.35, 0.3, 0.35], None), (2, Some(Call::Sensitive)));
        assert_eq!(class_of(&bundle, &[0.1, 0.8, 0.1], None), (1, Some(Call::Specific)));
        assert_eq!(class_of(&bundle, &[0.1, 0.8, 0.1], Some(NotAssessed::Metal)), (0, None));
        let without = BundleIdentity { triage: None, ..bundle };
        assert_eq!(class_of(&without, &[0.1, 0.8, 0.1], None), (1, None), "the class is shown, nothing is flagged");
    }
}
