//! The fusion model: selected features to class probabilities.

use std::collections::HashMap;
use std::fs;

use ort::environment::Environment;

use super::bundle::Bundle;
use super::calibration::Calibration;
use super::error::ModelError;
use super::external::External;
use super::film_relative;
use super::manifest::{self, FusionKind};
use super::morphometry;
use super::runtime::Network;
use crate::classifier::{Classifier, Linear};
use crate::findings::Contribution;

/// A fitted classifier, the features it takes, and how its probabilities are calibrated.
#[derive(Debug, Clone)]
pub struct Fusion {
    /// In the classifier's order.
    pub features: Vec<Feature>,
    /// What judges their standard scores.
    pub classifier: Classifier,
    /// What makes probabilities of what it says.
    pub calibration: Option<Calibration>,
    /// What tells a body that is unlike the training set.
    pub likeness: Option<Likeness>,
}

/// The shape of the training set in standard scores, and how far out of it a body may lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness {
    /// Inverse of the covariance of the standard scores, a row a feature in the model's order.
    pub precision: Vec<Vec<f64>>,
    /// The largest Mahalanobis distance that is like the training set.
    pub at_most: f64,
}

impl Likeness {
    /// Mahalanobis distance of standard scores from the mean of the training set.
    pub fn distance(&self, scores: &[f64]) -> f64 {
        let dot = |row: &Vec<f64>| row.iter().zip(scores).map(|(p, z)| p * z).sum::<f64>();
        self.precision.iter().zip(scores).map(|(row, z)| z * dot(row)).sum::<f64>().max(0.0).sqrt()
    }
}

/// A feature that the fusion model takes, in standard scores: (value - mean) / scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Its mean in the training set.
    pub mean: f64,
    /// Its standard deviation there. Positive.
    pub scale: f64,
}

impl Feature {
    /// The standard score of a value; `None` where that is no number.
    fn score(&self, value: f64) -> Option<f64> {
        Some((value - self.mean) / self.scale).filter(|z| z.is_finite())
    }
}

impl Fusion {
    /// Calibrated probabilities, one a class.
    ///
    /// # Errors
    /// [`ModelError::MissingFeature`] names a feature that was not computed. A shape feature may be missing: a body
    /// without points has none.
    pub fn probabilities(&self, features: &[(String, f64)]) -> Result<Vec<f64>, ModelError> {
        let said = self.classifier.probabilities(&scores(&self.features, features)?);
        Ok(calibrated(self.calibration.as_ref(), said))
    }

    /// Exactly what each feature adds to the classes, in the model's order, for a model that adds; `None` for one that
    /// does not. With `intercepts` the contributions sum to scores whose softmax is [`Self::probabilities`].
    ///
    /// # Errors
    /// As [`Self::probabilities`].
    pub fn contributions(&self, features: &[(String, f64)]) -> Result<Option<Vec<Contribution>>, ModelError> {
        let Classifier::LogisticRegression(Linear { coefficients, .. }) = &self.classifier else { return Ok(None) };
        let slope = self.calibration.as_ref().map_or(1.0, |calibration| calibration.slope);
        let by_name = by_name(features);
        let scores = scores(&self.features, features)?;
        let contribution = |(j, (feature, z)): (usize, (&Feature, &f64))| Contribution {
            feature: feature.name.clone(),
            value: by_name.get(feature.name.as_str()).copied().filter(|v| feature.score(*v).is_some()),
            classes: coefficients.iter().map(|of_class| slope * of_class[j] * z).collect(),
        };
        Ok(Some(self.features.iter().zip(&scores).enumerate().map(contribution).collect()))
    }
}

/// The fusion model of a bundle.
pub(super) enum Judge {
    Fitted(Fusion),
    External { features: Vec<Feature>, network: External, calibration: Option<Calibration>, likeness: Option<Likeness> },
}

impl Judge {
    /// Of the bundle, when it has one.
    pub fn load(bundle: &Bundle, environment: &Environment, threads: usize) -> Result<Option<Self>, ModelError> {
        let Some(fusion) = &bundle.manifest.fusion else { return Ok(None) };
        if fusion.kind != FusionKind::Onnx {
            return Ok(bundle.fusion()?.map(Self::Fitted));
        }
        let features: Vec<Feature> = fusion.feature.iter().map(Feature::from).collect();
        let file = fusion.file.as_deref().unwrap_or_default();
        let network = Network::load(environment, &bundle.path(file), threads)?;
        let network = External::new(network, features.len(), bundle.manifest.class.len(), fusion.output.clone())?;
        let likeness = fusion.likeness.as_ref().map(Likeness::from);
        Ok(Some(Self::External { features, network, calibration: fusion.calibration.clone(), likeness }))
    }

    /// See [`Fusion::probabilities`]; also fails when an external network does.
    pub fn probabilities(&mut self, features: &[(String, f64)]) -> Result<Vec<f64>, ModelError> {
        match self {
            Self::Fitted(fusion) => fusion.probabilities(features),
            Self::External { features: taken, network, calibration, .. } => {
                let said = network.probabilities(&scores(taken, features)?)?;
                Ok(calibrated(calibration.as_ref(), said))
            }
        }
    }

    /// See [`Fusion::contributions`].
    pub fn contributions(&self, features: &[(String, f64)]) -> Result<Option<Vec<Contribution>>, ModelError> {
        match self {
            Self::Fitted(fusion) => fusion.contributions(features),
            Self::External { .. } => Ok(None),
        }
    }

    /// Whether a body is unlike the training set; never where the bundle cannot tell.
    pub fn is_unlike_training(&self, features: &[(String, f64)]) -> Result<bool, ModelError> {
        let (Self::Fitted(Fusion { features: taken, likeness, .. }) | Self::External { features: taken, likeness, .. }) =
            self;
        let Some(likeness) = likeness else { return Ok(false) };
        Ok(likeness.distance(&scores(taken, features)?) > likeness.at_most)
    }

    /// The features that are taken at their mean, in the model's order.
    pub fn imputed(&self, features: &[(String, f64)]) -> Vec<String> {
        let (Self::Fitted(Fusion { features: taken, .. }) | Self::External { features: taken, .. }) = self;
        let by_name = by_name(features);
        let undefined = |f: &&Feature| by_name.get(f.name.as_str()).is_none_or(|v| f.score(*v).is_none());
        taken.iter().filter(undefined).map(|f| f.name.clone()).collect()
    }
}

impl Bundle {
    /// Its fusion model when that is one of the eight kinds; `None` for a bundle without one, or with an ONNX
    /// classifier, which [`super::Model`] runs.
    ///
    /// # Errors
    /// [`ModelError`] when the classifier's file is none, or of another training.
    pub fn fusion(&self) -> Result<Option<Fusion>, ModelError> {
        let Some(fusion) = &self.manifest.fusion else { return Ok(None) };
        let classifier = match (fusion.kind, &fusion.file) {
            (FusionKind::Onnx, _) => return Ok(None),
            (FusionKind::Fitted(_), None) => inline(fusion),
            (FusionKind::Fitted(kind), Some(file)) => {
                let path = self.path(file);
                let text = fs::read_to_string(&path)
                    .map_err(|source| ModelError::Unreadable { path: path.clone(), source })?;
                let refuse = |problem: String| ModelError::Manifest { path: path.clone(), problem };
                let classifier = Classifier::from_json(&text).map_err(|e| refuse(e.to_string()))?;
                let has = (classifier.kind(), classifier.features(), classifier.classes());
                let wants = (kind, fusion.feature.len(), self.manifest.class.len());
                if has != wants {
                    return Err(refuse(format!(
                        "it is a {} of {} features and {} classes, bundle.toml says {} of {} and {}: take both from the same training",
                        has.0.name(),
                        has.1,
                        has.2,
                        wants.0.name(),
                        wants.1,
                        wants.2
                    )));
                }
                classifier
            }
        };
        let features = fusion.feature.iter().map(Feature::from).collect();
        let likeness = fusion.likeness.as_ref().map(Likeness::from);
        Ok(Some(Fusion { features, classifier, calibration: fusion.calibration.clone(), likeness }))
    }
}

/// Logistic regression as the manifest itself writes it.
fn inline(fusion: &manifest::Fusion) -> Classifier {
    let of_class = |k: usize| fusion.feature.iter().map(|f| f.coefficients[k]).collect();
    Classifier::LogisticRegression(Linear {
        intercepts: fusion.intercepts.clone(),
        coefficients: (0..fusion.intercepts.len()).map(of_class).collect(),
    })
}

impl From<&manifest::Likeness> for Likeness {
    fn from(likeness: &manifest::Likeness) -> Self {
        Self { precision: likeness.precision.clone(), at_most: likeness.at_most }
    }
}

impl From<&manifest::FusionFeature> for Feature {
    fn from(feature: &manifest::FusionFeature) -> Self {
        Self { name: feature.name.clone(), mean: feature.mean, scale: feature.scale }
    }
}

/// What a classifier says, calibrated where the bundle has a calibration.
fn calibrated(calibration: Option<&Calibration>, said: Vec<f64>) -> Vec<f64> {
    match calibration {
        Some(calibration) => calibration.apply(&said),
        None => said,
    }
}

/// The standard scores that a classifier takes.
fn scores(taken: &[Feature], features: &[(String, f64)]) -> Result<Vec<f64>, ModelError> {
    let by_name = by_name(features);
    let score = |feature: &Feature| {
        let value = by_name.get(feature.name.as_str()).copied().or_else(|| undefined(feature));
        let value = value.ok_or_else(|| ModelError::MissingFeature(feature.name.clone()))?;
        // What is undefined on this body (a texture of one row, a height without points) is taken at
        // its mean of the training and says nothing.
        Ok(feature.score(value).unwrap_or(0.0))
    };
    taken.iter().map(score).collect()
}

fn by_name(features: &[(String, f64)]) -> HashMap<&str, f64> {
    features.iter().map(|(name, value)| (name.as_str(), *value)).collect()
}

/// NaN for a feature that a body need not have: a shape, or what compares it with others of its film.
fn undefined(feature: &Feature) -> Option<f64> {
    let compared = feature.name.strip_prefix(film_relative::PREFIX);
    (compared.is_some() || morphometry::FEATURES.contains(&feature.name.as_str())).then_some(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::probabilities_of;

    fn model(names: &[&str]) -> Fusion {
        let feature = |name: &&str| Feature { name: (*name).into(), mean: 0.9, scale: 0.1 };
        let coefficients = [1.0, -1.0].map(|c| vec![c; names.len()]).to_vec();
        Fusion {
            features: names.iter().map(feature).collect(),
            classifier: Classifier::LogisticRegression(Linear { intercepts: vec![0.5, 0.0], coefficients }),
            calibration: None,
            likeness: None,
        }
    }

    fn value(v: f64) -> [(String, f64); 1] {
        [("shape_WedgeRatio".to_owned(), v)]
    }

    #[test]
    fn a_body_without_points_is_judged_as_by_a_mean_shape_and_the_features_are_named() {
        let model = model(&["shape_WedgeRatio"]);
        let of = |features: &[(String, f64)]| model.probabilities(features).unwrap();
        assert_eq!(of(&[]), of(&value(0.9)));
        assert_eq!(of(&value(f64::NAN)), of(&value(0.9)));
        assert_ne!(of(&value(0.7)), of(&value(0.9)));
        let judge = Judge::Fitted(model);
        assert_eq!(judge.imputed(&[]), ["shape_WedgeRatio"]);
        assert_eq!(judge.imputed(&value(f64::NAN)), ["shape_WedgeRatio"]);
        assert!(judge.imputed(&value(0.7)).is_empty());
    }

    #[test]
    fn a_body_far_out_of_the_training_set_is_unlike_it() {
        let likeness = Some(Likeness { precision: vec![vec![1.0, 0.0], vec![0.0, 4.0]], at_most: 3.0 });
        let judge = Judge::Fitted(Fusion { likeness, ..model(&["shape_WedgeRatio", "film_shape_CrushRatio"]) });
        let at = |wedge: f64, crush: f64| {
            let features = [("shape_WedgeRatio", wedge), ("film_shape_CrushRatio", crush)];
            judge.is_unlike_training(&features.map(|(name, v)| (name.to_owned(), v))).unwrap()
        };
        assert_eq!([at(0.9, 0.9), at(1.15, 0.9), at(1.25, 0.9), at(0.9, 1.1)], [false, false, true, true]);
        assert!(!judge.is_unlike_training(&[]).unwrap(), "what is undefined is taken at its mean");
    }

    #[test]
    fn a_misspelt_shape_feature_is_missing() {
        let said = model(&["shape_WegdeRatio"]).probabilities(&[]).unwrap_err().to_string();
        assert!(said.contains("shape_WegdeRatio"), "{said}");
    }

    #[test]
    fn contributions_sum_to_the_scores() {
        let mut model = model(&["shape_WedgeRatio", "shape_CrushRatio"]);
        model.calibration = Some(Calibration { slope: 0.7, intercepts: vec![0.1, -0.1] });
        let features = value(0.75);
        let parts = model.contributions(&features).unwrap().unwrap();
        assert_eq!((parts[0].value, parts[1].value), (Some(0.75), None));
        assert_eq!(parts[1].classes, [0.0, 0.0]);
        // At the means only the intercepts speak; the classifier's own are inside its probabilities.
        let start = model.probabilities(&value(0.9)).unwrap();
        let scores = (0..2).map(|k| start[k].ln() + parts.iter().map(|p| p.classes[k]).sum::<f64>()).collect();
        let apart = probabilities_of(scores)
            .iter()
            .zip(model.probabilities(&features).unwrap())
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(apart < 1e-12, "{apart}");
    }
}
