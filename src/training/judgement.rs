//! What a bundle says of labelled bodies.

use super::labelled::{Body, COLUMNS};
use super::table::Table;
use crate::classifier::Classifier;
use crate::evaluation::{Judged, SelectedFeature, Subject, TRAINING};
use crate::findings::{BundleIdentity, ClassName};
use crate::model::{Feature, Fusion, Model, ModelError};

/// The probabilities of a table's bodies, and whose they are.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// [bodies, classes].
    pub probabilities: Vec<Vec<f64>>,
    classifier: &'static str,
    features: Vec<SelectedFeature>,
}

impl Judgement {
    /// By a fusion model of one of the eight kinds: without ONNX Runtime.
    ///
    /// # Errors
    /// [`ModelError::MissingFeature`] when the table lacks a feature.
    pub fn of_fusion(fusion: &Fusion, table: &Table) -> Result<Self, ModelError> {
        let judged = |i| fusion.probabilities(&table.features_of(i));
        Ok(Self {
            probabilities: (0..table.bodies.len()).map(judged).collect::<Result<_, _>>()?,
            classifier: fusion.classifier.kind().title(),
            features: selected(fusion, table)?,
        })
    }

    /// By an opened bundle, whose fusion model may be a network.
    ///
    /// # Errors
    /// [`ModelError`] when the bundle has no fusion model, the table lacks a feature, or the network fails.
    pub fn of_model(model: &mut Model, table: &Table) -> Result<Self, ModelError> {
        let probabilities = (0..table.bodies.len()).map(|i| model.classify(&table.features_of(i)));
        let probabilities = probabilities.collect::<Result<_, _>>()?;
        let selected = |name| SelectedFeature { name, coefficients: None, contributions: None };
        let features = model.selected().into_iter().map(selected).collect();
        Ok(Self { probabilities, classifier: "ONNX", features })
    }

    /// As [`crate::evaluation`] takes it: a set after the other as the table has them, the training's first.
    /// `identity` is the bundle's.
    pub fn subject(self, identity: &BundleIdentity, table: &Table) -> Subject {
        let mut sets: Vec<Judged> = Vec::new();
        for (body, probabilities) in table.bodies.iter().zip(self.probabilities) {
            let known = sets.iter().position(|set| set.set == body.set);
            let at = known.unwrap_or_else(|| {
                let (labels, patients, probabilities) = (Vec::new(), Vec::new(), Vec::new());
                sets.push(Judged { set: body.set.clone(), labels, patients, probabilities });
                sets.len() - 1
            });
            let set = &mut sets[at];
            set.labels.push(body.class);
            set.patients.push(body.patient.clone());
            set.probabilities.push(probabilities);
        }
        sets.sort_by_key(|set| set.set != TRAINING);
        Subject {
            name: identity.name.clone(),
            version: identity.version.clone(),
            digest: identity.digest.clone(),
            classifier: self.classifier.to_owned(),
            features: self.features,
            sets,
        }
    }

    /// `predictions.csv`: the columns of the bodies, then a probability a class under the class's code, every digit.
    ///
    /// # Errors
    /// None that a string can have.
    pub fn to_csv(&self, table: &Table, classes: &[ClassName]) -> Result<String, csv::Error> {
        let codes = classes.iter().map(|class| class.code.clone()).collect();
        let rows = table.bodies.iter().zip(&self.probabilities);
        written(codes, rows.map(|(body, probabilities)| (body, probabilities.iter().map(f64::to_string).collect())))
    }
}

/// `contributions.csv` of a model that adds: the columns of the bodies, then a column a feature and class with what the
/// feature adds to the class's score on that body; `None` of another model.
///
/// # Errors
/// [`ModelError::MissingFeature`] when the table lacks a feature.
pub fn contributions_csv(fusion: &Fusion, table: &Table, classes: &[ClassName]) -> Result<Option<String>, ModelError> {
    let mut rows = Vec::with_capacity(table.bodies.len());
    for (i, body) in table.bodies.iter().enumerate() {
        let Some(parts) = fusion.contributions(&table.features_of(i))? else { return Ok(None) };
        rows.push((body, parts.iter().flat_map(|part| part.classes.iter().map(f64::to_string)).collect()));
    }
    let of =
        |feature: &Feature| classes.iter().map(|class| format!("{} {}", feature.name, class.code)).collect::<Vec<_>>();
    // Only a string that takes no more could fail.
    Ok(written(fusion.features.iter().flat_map(of).collect(), rows.into_iter()).ok())
}

/// A CSV of the bodies' columns and more of them.
fn written<'a>(more: Vec<String>, rows: impl Iterator<Item = (&'a Body, Vec<String>)>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.into_iter().chain(more.iter().map(String::as_str)))?;
    for (body, values) in rows {
        writer.write_record(body.cells().into_iter().chain(values))?;
    }
    let bytes = writer.into_inner().map_err(|e| e.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
