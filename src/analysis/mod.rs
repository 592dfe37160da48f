//! Analysis: one radiograph in, its findings out.
//!
//! Owns: the pipeline detect, order, features, fusion as one readable function.
//! In: a [`crate::imaging::Radiograph`] and a [`crate::model::Model`]. Out: [`Findings`].
//! Never: touches the network or the database.

mod findings;

pub use findings::{BundleIdentity, ClassName, Findings, ImageIdentity, Vertebra};

use crate::RESEARCH_USE_ONLY;
use crate::imaging::Radiograph;
use crate::model::{Detection, Model, ModelError};

/// The detector class that is no vertebra to classify.
const SACRUM: &str = "sacrum";
/// The detector class of a vertebra whose level is not known.
const VERTEBRA: &str = "vertebra";

/// Finds the vertebrae of a radiograph and classifies each.
///
/// # Errors
/// [`ModelError`] when a network fails or a feature is missing.
pub fn analyse(model: &mut Model, radiograph: &Radiograph, image: ImageIdentity) -> Result<Findings, ModelError> {
    let mut detections = model.detect(radiograph)?;
    detections.retain(|d| model.detector_class(d.class) != SACRUM);
    order_from_above(&mut detections);
    let mut vertebrae = Vec::with_capacity(detections.len());
    for (detection, ordinal) in detections.iter().zip(1..) {
        let features = model.features_of(radiograph, &detection.region)?;
        let probabilities = model.classify(&features)?;
        let name = model.detector_class(detection.class);
        vertebrae.push(Vertebra {
            ordinal,
            level: (name != VERTEBRA).then(|| name.to_owned()),
            bounding_box: detection.region,
            detection_score: detection.score,
            class: most_probable(&probabilities),
            probabilities,
        });
    }
    Ok(Findings { notice: RESEARCH_USE_ONLY.into(), image, bundle: model.identity().clone(), vertebrae })
}

/// By the height of the centre; side by side from the left.
fn order_from_above(detections: &mut [Detection]) {
    let centre = |d: &Detection| (d.region.y0 + d.region.y1, d.region.x0 + d.region.x1);
    detections.sort_by(|a, b| {
        let (a, b) = (centre(a), centre(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
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
