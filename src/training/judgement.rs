//! What a bundle says of labelled bodies.

use super::labelled::{Body, COLUMNS};
use super::study::LeftOut;
use super::table::Table;
use super::triage;
use crate::classifier::Classifier;
use crate::evaluation::{Judged, SelectedFeature, Subject, TRAINING};
use crate::findings::{BundleIdentity, ClassName};
use crate::model::{Family, Feature, Fusion, Model, ModelError};
use crate::statistics::{area, macro_area};

/// The probabilities of a table's bodies, and whose they are.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Of the labelled bodies, [bodies, classes].
    pub probabilities: Vec<Vec<f64>>,
    /// Of the others on their films, likewise.
    pub others: Vec<Vec<f64>>,
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
        let other = |i| fusion.probabilities(&table.features_of_other(i));
        Ok(Self {
            probabilities: (0..table.bodies.len()).map(judged).collect::<Result<_, _>>()?,
            others: (0..table.others.len()).map(other).collect::<Result<_, _>>()?,
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
        let others = (0..table.others.len()).map(|i| model.classify(&table.features_of_other(i)));
        let others = others.collect::<Result<_, _>>()?;
        let selected = |name| SelectedFeature { name, coefficients: None, contributions: None };
        let features = model.selected().into_iter().map(selected).collect();
        Ok(Self { probabilities, others, classifier: "ONNX", features })
    }

    /// As [`crate::evaluation`] takes it: a set after the other as the table has them, the training's first.
    /// `identity` is the bundle's; predictive values of its operating points are given at `prevalences`.
    pub fn subject(self, identity: &BundleIdentity, table: &Table, prevalences: &[f64]) -> Subject {
        let units = identity.triage.iter().flat_map(|triage| {
            let said = (self.probabilities.as_slice(), self.others.as_slice());
            triage::judged(triage, &triage::seen(table, &identity.classes, said), prevalences)
        });
        let units = units.collect();
        let mut sets: Vec<Judged> = Vec::new();
        for ((body, label), probabilities) in table.bodies.iter().zip(&table.labels).zip(self.probabilities) {
            let known = sets.iter().position(|set| set.set == body.set);
            let at = known.unwrap_or_else(|| {
                let (labels, patients, probabilities) = (Vec::new(), Vec::new(), Vec::new());
                sets.push(Judged { set: body.set.clone(), labels, patients, probabilities });
                sets.len() - 1
            });
            let set = &mut sets[at];
            set.labels.push(*label);
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
            units,
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

/// What a fusion model reaches on each set that is no training set.
///
/// # Errors
/// [`ModelError::MissingFeature`] when the table lacks a feature.
pub fn areas(
    fusion: &Fusion,
    table: &Table,
    classes: &[ClassName],
    family: Option<Family>,
) -> Result<Vec<LeftOut>, ModelError> {
    let said = Judgement::of_fusion(fusion, table)?.probabilities;
    let of_set = |set: &str| {
        let bodies = table.of_set(set);
        let labels: Vec<usize> = bodies.iter().map(|&i| table.labels[i]).collect();
        let said: Vec<Vec<f64>> = bodies.iter().map(|&i| said[i].clone()).collect();
        let is_fracture = |class: usize| classes[class].is_fracture(class);
        let fractured: Vec<bool> = labels.iter().map(|l| is_fracture(*l)).collect();
        let fracture = |p: &Vec<f64>| (0..p.len()).filter(|class| is_fracture(*class)).map(|class| p[class]).sum();
        let of_fracture: Vec<f64> = said.iter().map(fracture).collect();
        LeftOut {
            family,
            set: set.to_owned(),
            macro_area: macro_area(&labels, &said),
            fracture_area: area(&fractured, &of_fracture),
        }
    };
    Ok(table.other_sets().into_iter().map(of_set).collect())
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
