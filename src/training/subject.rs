//! What a bundle says of labelled bodies, for [`super::evaluation`].

use std::collections::BTreeMap;

use super::evaluation::{Judged, SelectedFeature, Subject};
use super::labelled::TRAINING;
use super::table::Table;
use crate::analysis::BundleIdentity;
use crate::classifier::Classifier;
use crate::model::{Fusion, Model, ModelError};

/// By a fusion model of one of the eight kinds: without ONNX Runtime.
///
/// # Errors
/// [`ModelError::MissingFeature`] when the table lacks a feature.
pub fn of_fusion(identity: &BundleIdentity, fusion: &Fusion, table: &Table) -> Result<Subject, ModelError> {
    let sets = judged(table, |features| fusion.probabilities(features))?;
    let kind = fusion.classifier.kind().title();
    Ok(subject(identity, kind, selected(fusion, table)?, sets))
}

/// By an opened bundle, whose fusion model is a network.
///
/// # Errors
/// [`ModelError`] when the bundle has no fusion model, the table lacks a feature, or the network fails.
pub fn of_model(model: &mut Model, table: &Table) -> Result<Subject, ModelError> {
    let sets = judged(table, |features| model.classify(features))?;
    let features =
        model.selected().into_iter().map(|name| SelectedFeature { name, coefficients: None, contributions: None });
    Ok(subject(model.identity(), "ONNX", features.collect(), sets))
}

fn subject(identity: &BundleIdentity, classifier: &str, features: Vec<SelectedFeature>, sets: Vec<Judged>) -> Subject {
    Subject {
        name: identity.name.clone(),
        version: identity.version.clone(),
        digest: identity.digest.clone(),
        classifier: classifier.to_owned(),
        features,
        sets,
    }
}

/// Of each set, the training's first.
fn judged(
    table: &Table,
    mut classify: impl FnMut(&[(String, f64)]) -> Result<Vec<f64>, ModelError>,
) -> Result<Vec<Judged>, ModelError> {
    let mut sets: BTreeMap<(bool, &str), Judged> = BTreeMap::new();
    for (i, body) in table.bodies.iter().enumerate() {
        let set = sets.entry((body.set != TRAINING, &body.set)).or_insert_with(|| Judged {
            set: body.set.clone(),
            labels: Vec::new(),
            patients: Vec::new(),
            probabilities: Vec::new(),
        });
        set.labels.push(body.class);
        set.patients.push(body.patient.clone());
        set.probabilities.push(classify(&table.features_of(i))?);
    }
    Ok(sets.into_values().collect())
}

/// The features, with coefficients and the mean size of their contributions when the model adds.
fn selected(fusion: &Fusion, table: &Table) -> Result<Vec<SelectedFeature>, ModelError> {
    let Classifier::LogisticRegression(linear) = &fusion.classifier else {
        let without = |name: &String| SelectedFeature { name: name.clone(), coefficients: None, contributions: None };
        return Ok(fusion.features.iter().map(|feature| without(&feature.name)).collect());
    };
    let slope = fusion.calibration.as_ref().map_or(1.0, |calibration| calibration.slope);
    let mut sizes = vec![vec![0.0; linear.intercepts.len()]; fusion.features.len()];
    for i in 0..table.bodies.len() {
        let parts = fusion.contributions(&table.features_of(i))?.unwrap_or_default();
        for (sizes, part) in sizes.iter_mut().zip(parts) {
            sizes.iter_mut().zip(part.classes).for_each(|(size, c)| *size += c.abs() / table.bodies.len() as f64);
        }
    }
    let feature = |(j, sizes): (usize, Vec<f64>)| SelectedFeature {
        name: fusion.features[j].name.clone(),
        coefficients: Some(linear.coefficients.iter().map(|of_class| slope * of_class[j]).collect()),
        contributions: Some(sizes),
    };
    Ok(sizes.into_iter().enumerate().map(feature).collect())
}
