//! Analysis: one radiograph in, its findings out.
//!
//! Owns: the pipeline detect, spine line, levels, morphometry, features, fusion as one function.
//! In: a [`Radiograph`] and a [`crate::model::Model`]. Out: [`Findings`].
//! Never: touches the network or the database.

mod levels;

use crate::RESEARCH_USE_ONLY;
use crate::findings::{Findings, ImageIdentity, Vertebra};
use crate::imaging::Radiograph;
use crate::model::{Model, ModelError, morphometry};

/// Finds the vertebrae of a radiograph, measures and classifies each.
///
/// # Errors
/// [`ModelError`] when a network fails or a feature is missing.
pub fn analyse(model: &mut Model, radiograph: &Radiograph, image: ImageIdentity) -> Result<Findings, ModelError> {
    let detections = model.detect(radiograph)?;
    let spine = model.spine_of(&detections);
    let levels = levels::name(&spine, |class| model.detector_class(class));
    let points = spine.points();
    let shapes = morphometry::measure(&points, radiograph.spacing);
    let mut vertebrae = Vec::with_capacity(spine.bodies.len());
    for (i, ((body, level), morphometry)) in spine.bodies.iter().zip(levels).zip(shapes).enumerate() {
        let features = model.features_of_body(radiograph, &body.region, morphometry.as_ref())?;
        let probabilities = model.classify(&features)?;
        let (level, level_source) = level.unzip();
        vertebrae.push(Vertebra {
            ordinal: i as u32 + 1,
            level,
            level_source,
            bounding_box: body.region,
            detection_score: body.score,
            class: most_probable(&probabilities),
            probabilities,
            points: points[i],
            morphometry,
            imputed: model.imputed(&features),
            contributions: model.contributions(&features)?.unwrap_or_default(),
        });
    }
    Ok(Findings { notice: RESEARCH_USE_ONLY.into(), image, bundle: model.identity().clone(), vertebrae })
}

/// Index of the largest probability, the first of equals.
fn most_probable(probabilities: &[f64]) -> usize {
    (0..probabilities.len()).rev().max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_probable_class_is_the_first_of_equals() {
        assert_eq!(most_probable(&[0.2, 0.4, 0.4]), 1);
        assert_eq!(most_probable(&[0.5, 0.1, 0.4]), 0);
    }
}
