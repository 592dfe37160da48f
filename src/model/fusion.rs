//! The fusion model: selected features to class probabilities.

use std::collections::HashMap;

use super::error::ModelError;
use super::manifest::Fusion;

/// Multinomial logistic regression on z-scores: softmax of `intercept + sum(coefficient * z)`.
///
/// # Errors
/// [`ModelError::MissingFeature`] names a feature that was not computed.
pub(super) fn probabilities(fusion: &Fusion, features: &[(String, f64)]) -> Result<Vec<f64>, ModelError> {
    let by_name: HashMap<&str, f64> = features.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut scores = fusion.intercepts.clone();
    for feature in &fusion.feature {
        let value =
            by_name.get(feature.name.as_str()).ok_or_else(|| ModelError::MissingFeature(feature.name.clone()))?;
        let z = (value - feature.mean) / feature.scale;
        // A feature that is undefined on this region (a texture of one row, say) says nothing.
        let z = if z.is_finite() { z } else { 0.0 };
        scores.iter_mut().zip(&feature.coefficients).for_each(|(score, c)| *score += c * z);
    }
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = scores.iter().map(|s| (s - largest).exp()).collect();
    let sum: f64 = parts.iter().sum();
    Ok(parts.into_iter().map(|p| p / sum).collect())
}
