//! `bundle.toml`, format 1: what the bundle's author writes. `docs/bundle.md` explains each key.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::calibration::Calibration;
use super::decoder::{Decoder, Points as DetectorPoints};
use super::film_relative::FAMILIES;
use super::morphometry::FEATURES;
use super::norms::Norms;
use crate::classifier::Kind;
use crate::findings::{Call, OperatingPoint, Triage, View};
use crate::radiomics;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub format: u32,
    pub bundle: About,
    pub class: Vec<Class>,
    pub files: BTreeMap<String, String>,
    pub detector: Detector,
    #[serde(default)]
    pub crop: Crop,
    pub backbone: Backbone,
    pub radiomics: Radiomics,
    pub points: Option<Points>,
    pub norms: Option<Norms>,
    #[serde(default)]
    pub features: Features,
    /// Views that the classes hold for; any where none is named.
    #[serde(default)]
    pub views: Vec<View>,
    pub fusion: Option<Fusion>,
    pub triage: Option<Triage>,
    pub self_test: Option<SelfTest>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    pub name: String,
    pub version: String,
    pub intended_use: String,
    pub licence: String,
    pub training_data: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    pub code: String,
    pub name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Detector {
    pub file: String,
    pub decoder: Decoder,
    #[serde(default)]
    pub points: DetectorPoints,
    /// Input size in pixels.
    pub width: usize,
    pub height: usize,
    /// 1, or 3 with the grey value repeated.
    pub channels: usize,
    pub window_percentiles: [f64; 2],
    pub scale: f64,
    pub mean: Vec<f64>,
    pub std: Vec<f64>,
    pub classes: Vec<String>,
    pub score_threshold: f64,
    pub iou_threshold: f64,
    pub at_most: usize,
    /// Whether only the best chain of bodies is kept.
    #[serde(default = "yes")]
    pub spine_line: bool,
    /// Members of a spine, bodies and sacrum, below which what was found is taken for none.
    #[serde(default = "one")]
    pub at_least: usize,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

/// A second network that looks at each body closely, and from when what it sees counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Points {
    pub file: String,
    /// Rows and columns of its input.
    pub side: usize,
    /// Depths of the body that it sees to each side of the body's middle.
    pub reach: f64,
    /// Spread of a point, parts of the body's depth, above which the body is not assessed.
    pub spread_at_most: f64,
    /// Probabilities that the picture shows a body, and all of it, below which it is not assessed.
    pub vertebra_at_least: f64,
    pub whole_at_least: f64,
    /// Probability of metal above which a body is not assessed.
    pub metal_at_most: f64,
    pub self_test: PointsSelfTest,
}

/// The six points that the network must give on a body whose points are roughly the corners of a box.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PointsSelfTest {
    pub image: String,
    #[serde(rename = "box")]
    pub region: [f64; 4],
    /// x and y of each, upper anterior, middle, posterior, then lower, in pixels of the picture.
    pub points: [[f64; 2]; 6],
    /// Largest distance in pixels.
    pub tolerance: f64,
}

/// Which forms of the features are offered to the fusion model.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Features {
    /// Families that are offered in their film-relative form too.
    #[serde(default)]
    pub film_relative: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Crop {
    /// Fraction of the box added on each side for the backbone.
    pub margin: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Backbone {
    pub file: String,
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    pub window_percentiles: [f64; 2],
    pub scale: f64,
    pub mean: Vec<f64>,
    pub std: Vec<f64>,
    pub output: String,
    pub features: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Radiomics {
    pub window_percentiles: [f64; 2],
    pub scale: f64,
    pub bin_width: Option<f64>,
    pub bin_count: Option<u32>,
    pub filters: Vec<String>,
    #[serde(default)]
    pub log_sigma_mm: Vec<f64>,
    pub feature_classes: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fusion {
    pub kind: FusionKind,
    /// The classifier, where it is not written here.
    pub file: Option<String>,
    /// Name of an ONNX classifier's output of probabilities.
    pub output: Option<String>,
    /// Of logistic regression: one a class.
    #[serde(default)]
    pub intercepts: Vec<f64>,
    pub calibration: Option<Calibration>,
    pub feature: Vec<FusionFeature>,
    pub likeness: Option<Likeness>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum FusionKind {
    /// One of the eight.
    Fitted(Kind),
    Onnx,
}

impl TryFrom<String> for FusionKind {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let fitted = Kind::ALL.into_iter().find(|kind| kind.name() == name).map(Self::Fitted);
        fitted.or_else(|| (name == "onnx").then_some(Self::Onnx)).ok_or_else(|| {
            let kinds = Kind::ALL.map(Kind::name).join(", ");
            format!("[fusion] kind \"{name}\" is none of {kinds}, onnx")
        })
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FusionFeature {
    pub name: String,
    pub mean: f64,
    pub scale: f64,
    /// Of logistic regression: one a class.
    #[serde(default)]
    pub coefficients: Vec<f64>,
}

/// How a body is told that is unlike the training set: the Mahalanobis distance of its standard scores.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Likeness {
    /// Inverse of the covariance of the features' standard scores, a row a feature.
    pub precision: Vec<Vec<f64>>,
    /// The largest distance that a body of the training set may have.
    pub at_most: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SelfTest {
    pub image: String,
    pub spacing_mm: [f64; 2],
    #[serde(rename = "box")]
    pub region: [f64; 4],
    pub probabilities: Vec<f64>,
    pub tolerance: f64,
}

impl Manifest {
    /// Parses and checks the text; the error is a sentence that names the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The thresholds between a film and its findings, in words.
    pub fn thresholds(&self) -> Vec<String> {
        let Detector { score_threshold, iou_threshold, at_least, .. } = &self.detector;
        [
            format!("detection score at least {score_threshold}"),
            format!("overlap of two detections (IoU) at most {iou_threshold}"),
            format!("members of a spine at least {at_least}"),
            if self.triage.is_some() {
                "class: by the operating points".to_owned()
            } else {
                "class: the most probable one; the bundle has no operating point, so nothing is flagged".to_owned()
            },
        ]
        .into_iter()
        .chain(self.norms.iter().map(|norms| format!("norms of height ratios: {}", norms.source)))
        .chain(self.triage.iter().flat_map(operating_points))
        .collect()
    }

    fn check(&self) -> Result<(), String> {
        must(self.format == 1, "format must be 1: this version knows no other")?;
        must(self.class.len() >= 2, "at least two [[class]] entries are needed")?;
        for (class, number) in self.class.iter().zip(1..) {
            let Class { code, name } = class;
            must(!name.trim().is_empty(), &format!("[[class]] {number} (code \"{code}\") has an empty name"))?;
            must(!code.trim().is_empty(), &format!("[[class]] {number} (name \"{name}\") has an empty code"))?;
            let first = self.class.iter().find(|c| c.code.trim() == code.trim());
            must(
                first.is_some_and(|first| std::ptr::eq(first, class)),
                &format!(
                    "[[class]] {number} (name \"{name}\") has the code \"{code}\" of an earlier class: codes must differ"
                ),
            )?;
        }
        for (name, width, height, channels, mean, std) in [
            (
                "detector",
                self.detector.width,
                self.detector.height,
                self.detector.channels,
                &self.detector.mean,
                &self.detector.std,
            ),
            (
                "backbone",
                self.backbone.width,
                self.backbone.height,
                self.backbone.channels,
                &self.backbone.mean,
                &self.backbone.std,
            ),
        ] {
            let size = 8..=8192;
            must(
                size.contains(&width) && size.contains(&height),
                &format!("[{name}] width and height must be 8 to 8192"),
            )?;
            must(channels == 1 || channels == 3, &format!("[{name}] channels must be 1 or 3"))?;
            must(
                mean.len() == channels && std.len() == channels,
                &format!("[{name}] mean and std need one value a channel"),
            )?;
            must(std.iter().all(|s| *s != 0.0), &format!("[{name}] std must not be 0"))?;
        }
        self.detector.check()?;
        must((0.0..=4.0).contains(&self.crop.margin), "[crop] margin must be 0 to 4")?;
        if let Some(points) = &self.points {
            points.check()?;
            must(
                self.detector.points != DetectorPoints::None,
                "[points] needs [detector] points: it looks where they say that a body is",
            )?;
        }
        self.norms.as_ref().map_or(Ok(()), Norms::check)?;
        for family in &self.features.film_relative {
            let known = FAMILIES.map(|(name, _)| name);
            must(
                known.contains(&family.as_str()),
                &format!("[features] film_relative has \"{family}\", which is none of {}", known.join(", ")),
            )?;
        }
        if let Some(triage) = &self.triage {
            must(self.fusion.is_some(), "[triage] needs [fusion]: it is of the probabilities that it gives")?;
            triage.check()?;
        }
        for file in [&self.detector.file, &self.backbone.file]
            .into_iter()
            .chain(self.points.iter().flat_map(|p| [&p.file, &p.self_test.image]))
            .chain(self.self_test.iter().map(|t| &t.image))
            .chain(self.fusion.iter().filter_map(|f| f.file.as_ref()))
        {
            must(self.files.contains_key(file), &format!("[files] lacks the SHA-256 of \"{file}\""))?;
        }
        let classes = self.class.len();
        if let Some(fusion) = &self.fusion {
            fusion.check(classes)?;
            if self.detector.points == DetectorPoints::None
                && let Some(shape) = fusion.feature.iter().find(|feature| FEATURES.contains(&feature.name.as_str()))
            {
                return Err(format!(
                    "[[fusion.feature]] {} needs [detector] points: without them no body has it, so export the detector with its six points or fit without shape features",
                    shape.name
                ));
            }
            must(self.self_test.is_some(), "a bundle with [fusion] needs a [self_test]")?;
        }
        if let Some(test) = &self.self_test {
            must(test.probabilities.len() == classes, "[self_test] probabilities need one value a class")?;
        }
        self.radiomics.settings().map(|_| ())
    }
}

/// What both points of a bundle reached, in words.
fn operating_points(triage: &Triage) -> impl Iterator<Item = String> {
    triage.points().into_iter().map(|(call, point)| {
        let name = match call {
            Call::Sensitive => "sensitive",
            Call::Specific => "specific",
        };
        let OperatingPoint { study, body, sensitivity, specificity, measured_on } = point;
        format!(
            "{name} operating point: study probability at least {study:.3}, body probability at least {body:.3}; sensitivity {sensitivity}, specificity {specificity} on {measured_on}"
        )
    })
}

impl Fusion {
    fn check(&self, classes: usize) -> Result<(), String> {
        let inline = self.file.is_none();
        must(
            !inline || self.kind == FusionKind::Fitted(Kind::LogisticRegression),
            "[fusion] needs the file of its classifier: only logistic-regression may be written in bundle.toml itself",
        )?;
        let coefficients = if inline { classes } else { 0 };
        let without = if inline { "" } else { ": the file has them" };
        must(
            self.intercepts.len() == coefficients,
            &format!("[fusion] intercepts need {coefficients} values{without}"),
        )?;
        for FusionFeature { name, scale, coefficients: found, .. } in &self.feature {
            must(
                found.len() == coefficients && *scale > 0.0,
                &format!("[[fusion.feature]] {name} needs a positive scale and {coefficients} coefficients{without}"),
            )?;
        }
        let square = |l: &Likeness| {
            let n = self.feature.len();
            let finite = l.precision.iter().flatten().all(|v| v.is_finite());
            l.precision.len() == n && l.precision.iter().all(|row| row.len() == n) && finite && l.at_most > 0.0
        };
        must(
            self.likeness.as_ref().is_none_or(square),
            "[fusion.likeness] needs a positive at_most and a precision of as many rows and columns as there are features",
        )?;
        let fits = |c: &Calibration| {
            let finite = c.intercepts.iter().all(|i| i.is_finite());
            c.intercepts.len() == classes && finite && c.slope > 0.0 && c.slope.is_finite()
        };
        must(
            self.calibration.as_ref().is_none_or(fits),
            "[fusion.calibration] needs a positive slope and one intercept a class",
        )
    }
}

impl Points {
    fn check(&self) -> Result<(), String> {
        must((8..=1024).contains(&self.side), "[points] side must be 8 to 1024")?;
        must((0.5..=4.0).contains(&self.reach), "[points] reach must be 0.5 to 4")?;
        must(self.spread_at_most > 0.0, "[points] spread_at_most must be positive")?;
        let chances = [
            ("vertebra_at_least", self.vertebra_at_least),
            ("whole_at_least", self.whole_at_least),
            ("metal_at_most", self.metal_at_most),
        ];
        for (key, chance) in chances {
            must((0.0..=1.0).contains(&chance), &format!("[points] {key} must be 0 to 1"))?;
        }
        Ok(())
    }
}

impl Detector {
    fn check(&self) -> Result<(), String> {
        must(!self.classes.is_empty(), "[detector] classes must name at least one class")?;
        must(self.classes.iter().all(|c| !c.trim().is_empty()), "[detector] classes must not have an empty name")?;
        must((0.0..=1.0).contains(&self.score_threshold), "[detector] score_threshold must be 0 to 1")?;
        must((0.0..=1.0).contains(&self.iou_threshold), "[detector] iou_threshold must be 0 to 1")?;
        must(
            (1..=self.at_most).contains(&self.at_least),
            "[detector] at_least must be 1 to at_most: a spine of fewer bodies and sacrum is none",
        )?;
        let (decoder, points) = (self.decoder.name(), self.points.name());
        must(
            self.points == DetectorPoints::None || self.decoder.may_have_points(),
            &format!(
                "[detector] points = \"{points}\" needs the decoder yolo or yolo-end2end: {decoder} has no points"
            ),
        )?;
        let coarsest = 32;
        must(
            self.decoder != Decoder::Yolox
                || (self.width.is_multiple_of(coarsest) && self.height.is_multiple_of(coarsest)),
            "[detector] width and height must be multiples of 32 with the decoder yolox: its coarsest cells are that large",
        )
    }
}

fn must(holds: bool, sentence: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(sentence.to_owned()) }
}

impl Radiomics {
    /// The same as settings of the radiomics room.
    pub fn settings(&self) -> Result<radiomics::Settings, String> {
        let binning = match (self.bin_width, self.bin_count) {
            (Some(width), None) => radiomics::Binning::Width(width),
            (None, Some(count)) => radiomics::Binning::Count(count),
            _ => return Err("[radiomics] needs either bin_width or bin_count".into()),
        };
        let named = |e: radiomics::RadiomicsError| format!("[radiomics]: {e}");
        let mut image_types = Vec::new();
        for filter in &self.filters {
            let filters = radiomics::Filter::named(filter, &self.log_sigma_mm).map_err(named)?;
            image_types.extend(filters.into_iter().map(radiomics::ImageType::from));
        }
        let settings = radiomics::Settings {
            binning,
            image_types,
            feature_classes: self.feature_classes.iter().map(|c| c.parse()).collect::<Result<_, _>>().map_err(named)?,
            ..radiomics::Settings::default()
        };
        settings.check().map_err(named)?;
        Ok(settings)
    }
}
