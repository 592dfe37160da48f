//! A bundle brought to life: its networks loaded and its self-test passed.

use std::path::Path;

use ort::environment::Environment;

use super::backbone::Backbone;
use super::bundle::Bundle;
use super::detector::{Detection, Detector, Points as DetectorPoints};
use super::error::ModelError;
use super::film_relative;
use super::fusion::Judge;
use super::manifest::{self, Manifest, PointsSelfTest, SelfTest};
use super::morphometry;
use super::points::{Closer, Points};
use super::runtime::{Network, start};
use super::spine_line::{self, Spine};
use crate::findings::{BoundingBox, BundleIdentity, Contribution, Morphometry, Point, SixPoints, View};
use crate::imaging::{Radiograph, decode};
use crate::radiomics;

/// A model that is ready to be asked.
pub struct Model {
    bundle: Bundle,
    detector: Detector,
    points: Option<Points>,
    backbone: Backbone,
    radiomics: radiomics::Settings,
    fusion: Option<Judge>,
    /// Sessions need it for as long as they live.
    _environment: Environment,
}

/// From when what the points network sees counts against a body, as the bundle says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Largest spread of a point, parts of the body's depth.
    pub spread_at_most: f64,
    /// Least probability of a vertebral body.
    pub vertebra_at_least: f64,
    /// Least probability that all of it is shown.
    pub whole_at_least: f64,
    /// Largest probability of metal or cement on it.
    pub metal_at_most: f64,
}

impl From<&manifest::Points> for Limits {
    fn from(points: &manifest::Points) -> Self {
        let &manifest::Points { spread_at_most, vertebra_at_least, whole_at_least, metal_at_most, .. } = points;
        Self { spread_at_most, vertebra_at_least, whole_at_least, metal_at_most }
    }
}

/// The detector class that may only end a spine, and is not classified.
const SACRUM: &str = "sacrum";
/// Pixel size assumed where a file says none: features in mm are then in pixels.
const UNKNOWN_SPACING_MM: f64 = 1.0;

impl Model {
    /// Loads the networks, holds them against the manifest and runs the self-test. `onnxruntime` is the library's path where somebody
    /// named it; a network computes with `threads` threads.
    ///
    /// # Errors
    /// [`ModelError`]: the runtime, a network that does not load or does not fit, or the self-test.
    pub fn open(bundle: Bundle, onnxruntime: Option<&Path>, threads: usize) -> Result<Self, ModelError> {
        let environment = start(onnxruntime)?;
        let manifest = bundle.manifest.clone();
        let load = |file: &str| Network::load(&environment, &bundle.path(file), threads);
        let detector = Detector::new(load(&manifest.detector.file)?, manifest.detector)?;
        let points = match manifest.points {
            Some(points) => Some(Points::new(load(&points.file)?, points)?),
            None => None,
        };
        let backbone = Backbone::new(load(&manifest.backbone.file)?, manifest.backbone)?;
        let radiomics = manifest
            .radiomics
            .settings()
            .map_err(|problem| ModelError::Manifest { path: bundle.path("bundle.toml"), problem })?;
        let fusion = Judge::load(&bundle, &environment, threads)?;
        let mut model = Self { bundle, detector, points, backbone, radiomics, fusion, _environment: environment };
        if let Some(test) = model.manifest().self_test.clone().filter(|_| model.fusion.is_some()) {
            model.pass(&test)?;
        }
        if let Some(points) = model.manifest().points.clone() {
            model.pass_points(&points.self_test)?;
        }
        Ok(model)
    }

    /// Name, version, digest and classes of the bundle.
    pub fn identity(&self) -> &BundleIdentity {
        self.bundle.identity()
    }

    fn manifest(&self) -> &Manifest {
        &self.bundle.manifest
    }

    /// Vertebrae and whatever else the detector was trained for, best first.
    pub fn detect(&mut self, radiograph: &Radiograph) -> Result<Vec<Detection>, ModelError> {
        self.detector.detect(radiograph)
    }

    /// The detector's name of a class.
    pub fn detector_class(&self, class: usize) -> &str {
        &self.detector.classes()[class]
    }

    /// The spine among what was detected: the best chain of bodies, or with `spine_line = false` in
    /// the manifest everything but the sacrum, from above. Fewer members than its `at_least` are no
    /// spine: a side marker and the letters beside it look like two bodies.
    pub fn spine_of(&self, detections: &[Detection]) -> Spine {
        let is_sacrum = |class: usize| self.detector_class(class) == SACRUM;
        let settings = &self.manifest().detector;
        let spine = if settings.spine_line {
            spine_line::best_chain(detections, is_sacrum)
        } else {
            spine_line::all_from_above(detections, is_sacrum)
        };
        if spine.members() < settings.at_least { Spine::default() } else { spine }
    }

    /// Whether the detector gives points, so that bodies have shape features.
    pub fn measures_shape(&self) -> bool {
        self.manifest().detector.points != DetectorPoints::None
    }

    /// Looks at each body closely, in one run, when the bundle has a network for that; `points` are the detector's.
    ///
    /// # Errors
    /// [`ModelError`] when the network fails.
    pub fn look_closely(
        &mut self,
        radiograph: &Radiograph,
        points: &[Option<SixPoints>],
    ) -> Result<Vec<Option<Closer>>, ModelError> {
        match &mut self.points {
            Some(network) => network.look(radiograph, points),
            None => Ok(vec![None; points.len()]),
        }
    }

    /// Measures the bodies of one spine, from above, against each other and the bundle's norms.
    pub fn measure(
        &self,
        points: &[Option<SixPoints>],
        levels: &[Option<&str>],
        radiograph: &Radiograph,
    ) -> Vec<Option<Morphometry>> {
        let mut measured = morphometry::measure(points, radiograph.spacing);
        if let Some(norms) = &self.manifest().norms {
            for (measured, level) in measured.iter_mut().zip(levels) {
                measured.iter_mut().for_each(|measured| norms.compare(measured, *level));
            }
        }
        measured
    }

    /// What the fusion model is offered of a body with these features in the forms that the bundle asks for; `others`
    /// are those of the film's other bodies.
    pub fn offered(&self, features: &[(String, f64)], others: &[&[(String, f64)]]) -> Vec<(String, f64)> {
        film_relative::offered(features, others, &self.manifest().features.film_relative)
    }

    /// Whether the bundle's classes hold for films of this view.
    pub fn covers(&self, view: View) -> bool {
        let views = &self.manifest().views;
        views.is_empty() || views.contains(&view)
    }

    /// From when what the points network sees counts; `None` without one.
    pub fn limits(&self) -> Option<Limits> {
        self.manifest().points.as_ref().map(Limits::from)
    }

    /// Whether a body with these features is unlike all of the training set, where the bundle can tell.
    ///
    /// # Errors
    /// As [`Self::classify`].
    pub fn is_unlike_training(&self, features: &[(String, f64)]) -> Result<bool, ModelError> {
        self.fusion.as_ref().ok_or(ModelError::NoFusion)?.is_unlike_training(features)
    }

    /// [`Self::features_of`] a body, and its shape features: what serving and `extract` offer the
    /// fusion model. `shape` is `None` for a body without usable points: its features are NaN.
    ///
    /// # Errors
    /// As [`Self::features_of`].
    pub fn features_of_body(
        &mut self,
        radiograph: &Radiograph,
        region: &BoundingBox,
        shape: Option<&Morphometry>,
    ) -> Result<Vec<(String, f64)>, ModelError> {
        let mut features = self.features_of(radiograph, region)?;
        features.extend(morphometry::features(shape));
        Ok(features)
    }

    /// All features of one vertebra's pixels: radiomics of the box, deep features of the box with its margin.
    /// Serving, `extract` and the self-test all come through here.
    ///
    /// # Errors
    /// [`ModelError`] when the region has no features or the backbone fails.
    pub fn features_of(
        &mut self,
        radiograph: &Radiograph,
        region: &BoundingBox,
    ) -> Result<Vec<(String, f64)>, ModelError> {
        let settings = &self.bundle.manifest.radiomics;
        let body = radiograph.crop(region);
        // Mapped, not clipped: the extremes of the box belong to its texture.
        let (low, high) = body.percentile_window(settings.window_percentiles);
        let gain = if high > low { settings.scale / (high - low) } else { 0.0 };
        let spacing = radiograph.spacing;
        let image = radiomics::Image {
            width: body.width,
            height: body.height,
            pixels: body.pixels.iter().map(|p| (f64::from(*p) - low) * gain).collect(),
            row_mm: spacing.map_or(UNKNOWN_SPACING_MM, |s| s.row_mm),
            column_mm: spacing.map_or(UNKNOWN_SPACING_MM, |s| s.column_mm),
        };
        let mut features =
            radiomics::extract(&image, &radiomics::Mask::whole(body.width, body.height), &self.radiomics)?;
        let with_margin = region.grown(self.bundle.manifest.crop.margin).clipped(radiograph.width, radiograph.height);
        features.extend(self.backbone.features(&radiograph.crop(&with_margin))?);
        Ok(features)
    }

    /// Class probabilities from all features.
    ///
    /// # Errors
    /// [`ModelError::NoFusion`] for a bundle without a fusion model.
    pub fn classify(&mut self, features: &[(String, f64)]) -> Result<Vec<f64>, ModelError> {
        self.fusion.as_mut().ok_or(ModelError::NoFusion)?.probabilities(features)
    }

    /// What each feature adds to each class, of a fusion model that adds; `None` of another.
    ///
    /// # Errors
    /// As [`Self::classify`].
    pub fn contributions(&self, features: &[(String, f64)]) -> Result<Option<Vec<Contribution>>, ModelError> {
        self.fusion.as_ref().ok_or(ModelError::NoFusion)?.contributions(features)
    }

    /// The names of the features that the fusion model takes, in its order.
    pub fn selected(&self) -> Vec<String> {
        let features = self.manifest().fusion.iter().flat_map(|fusion| &fusion.feature);
        features.map(|feature| feature.name.clone()).collect()
    }

    /// The names of the features that [`Self::classify`] needs and could not have from these: it took
    /// their mean of the training, so that they spoke for no class.
    pub fn imputed(&self, features: &[(String, f64)]) -> Vec<String> {
        self.fusion.as_ref().map(|fusion| fusion.imputed(features)).unwrap_or_default()
    }

    /// What a self-test asks about: the features of `region` as the fusion model is offered them, where the film's other
    /// bodies are the same box, larger and smaller.
    ///
    /// # Errors
    /// As [`Self::features_of`].
    pub fn test_features(
        &mut self,
        picture: &Radiograph,
        region: &BoundingBox,
    ) -> Result<Vec<(String, f64)>, ModelError> {
        let features = self.features_of(picture, region)?;
        let [larger, smaller] = [0.2, -0.2].map(|by| region.grown(by).clipped(picture.width, picture.height));
        let others = [self.features_of(picture, &larger)?, self.features_of(picture, &smaller)?];
        Ok(self.offered(&features, &[&others[0], &others[1]]))
    }

    fn pass_points(&mut self, test: &PointsSelfTest) -> Result<(), ModelError> {
        let picture = decode::read_png(&self.bundle.path(&test.image), None)?;
        let [x0, y0, x1, y1] = test.region;
        let plate = |y: f64| [[x0, y], [(x0 + x1) / 2.0, y], [x1, y]];
        let corners = SixPoints { upper: plate(y0), lower: plate(y1) };
        let closer = self.look_closely(&picture, &[Some(corners)])?.pop().flatten();
        let found: Vec<Point> = closer.iter().flat_map(|c| c.points.upper.into_iter().chain(c.points.lower)).collect();
        let apart = |(a, b): (&Point, &Point)| (a[0] - b[0]).hypot(a[1] - b[1]);
        let close = found.len() == 6 && found.iter().zip(&test.points).all(|pair| apart(pair) <= test.tolerance);
        if close {
            Ok(())
        } else {
            Err(ModelError::PointsSelfTest { found, expected: test.points.to_vec(), tolerance: test.tolerance })
        }
    }

    fn pass(&mut self, test: &SelfTest) -> Result<(), ModelError> {
        let picture = decode::read_png(&self.bundle.path(&test.image), Some(test.spacing_mm))?;
        let [x0, y0, x1, y1] = test.region;
        let found = self.test_features(&picture, &BoundingBox { x0, y0, x1, y1 })?;
        let found = self.classify(&found)?;
        let close = found.iter().zip(&test.probabilities).all(|(f, e)| (f - e).abs() <= test.tolerance);
        if close {
            Ok(())
        } else {
            Err(ModelError::SelfTest { found, expected: test.probabilities.clone(), tolerance: test.tolerance })
        }
    }
}
