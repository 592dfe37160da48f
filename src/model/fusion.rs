//! The fusion model: selected features to class probabilities.

use std::collections::HashMap;

use super::error::ModelError;
use super::manifest::{Fusion, FusionFeature};
use super::morphometry;

/// Multinomial logistic regression on z-scores: softmax of `intercept + sum(coefficient * z)`.
///
/// # Errors
/// [`ModelError::MissingFeature`] names a feature that was not computed. A shape feature may be
/// missing: a body without points has none.
pub(super) fn probabilities(fusion: &Fusion, features: &[(String, f64)]) -> Result<Vec<f64>, ModelError> {
    let by_name: HashMap<&str, f64> = features.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut scores = fusion.intercepts.clone();
    for feature in &fusion.feature {
        let value = by_name.get(feature.name.as_str()).copied().or_else(|| undefined_shape(feature));
        let value = value.ok_or_else(|| ModelError::MissingFeature(feature.name.clone()))?;
        // What is undefined on this body (a texture of one row, a height without points) is taken at
        // its mean of the training and says nothing.
        let z = z_score(feature, value).unwrap_or(0.0);
        scores.iter_mut().zip(&feature.coefficients).for_each(|(score, c)| *score += c * z);
    }
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = scores.iter().map(|s| (s - largest).exp()).collect();
    let sum: f64 = parts.iter().sum();
    Ok(parts.into_iter().map(|p| p / sum).collect())
}

/// The features that [`probabilities`] takes at their mean, in the model's order.
pub(super) fn imputed(fusion: &Fusion, features: &[(String, f64)]) -> Vec<String> {
    let by_name: HashMap<&str, f64> = features.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let undefined = |f: &&FusionFeature| by_name.get(f.name.as_str()).is_none_or(|v| z_score(f, *v).is_none());
    fusion.feature.iter().filter(undefined).map(|f| f.name.clone()).collect()
}

fn z_score(feature: &FusionFeature, value: f64) -> Option<f64> {
    Some((value - feature.mean) / feature.scale).filter(|z| z.is_finite())
}

/// NaN for a shape feature, which may be missing.
fn undefined_shape(feature: &FusionFeature) -> Option<f64> {
    morphometry::FEATURES.contains(&feature.name.as_str()).then_some(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::FusionKind;

    fn model(names: &[&str]) -> Fusion {
        let feature =
            |name: &&str| FusionFeature { name: (*name).into(), mean: 0.9, scale: 0.1, coefficients: vec![1.0, -1.0] };
        Fusion {
            kind: FusionKind::LogisticRegression,
            intercepts: vec![0.5, 0.0],
            feature: names.iter().map(feature).collect(),
        }
    }

    #[test]
    fn a_body_without_points_is_judged_as_by_a_mean_shape_and_the_features_are_named() {
        let model = model(&["shape_WedgeRatio"]);
        let of = |features: &[(String, f64)]| probabilities(&model, features).unwrap();
        let value = |v: f64| [("shape_WedgeRatio".to_owned(), v)];
        assert_eq!(of(&[]), of(&value(0.9)));
        assert_eq!(of(&value(f64::NAN)), of(&value(0.9)));
        assert_ne!(of(&value(0.7)), of(&value(0.9)));
        assert_eq!(imputed(&model, &[]), ["shape_WedgeRatio"]);
        assert_eq!(imputed(&model, &value(f64::NAN)), ["shape_WedgeRatio"]);
        assert!(imputed(&model, &value(0.7)).is_empty());
    }

    #[test]
    fn a_misspelt_shape_feature_is_missing() {
        let said = probabilities(&model(&["shape_WegdeRatio"]), &[]).unwrap_err().to_string();
        assert!(said.contains("shape_WegdeRatio"), "{said}");
    }
}
