//! The detector: a radiograph in, boxes in pixels of the radiograph out.

mod layouts;

use serde::Deserialize;

use super::error::ModelError;
use super::manifest;
use super::nms::suppress;
use super::runtime::{Network, planes};
use super::six_points::SixPoints;
use crate::imaging::{BoundingBox, Radiograph};

pub use layouts::decode;

/// How a network's outputs are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decoder {
    /// One output [1, 4 + classes, N]: centre x, centre y, width, height in input pixels, then a
    /// score a class.
    Yolo,
    /// One output [1, N, 6]: x0, y0, x1, y1 in input pixels, score, class; suppression done.
    YoloEnd2end,
    /// Two outputs: logits [1, N, classes (+ 1 for "nothing")] and boxes [1, N, 4], centre and size
    /// as fractions of the input.
    Detr,
    /// Three outputs: `boxes` [N, 4] as corners in input pixels, `labels` [N] counted from 1, and
    /// `scores` [N].
    Torchvision,
}

/// One box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Where, in pixels of the radiograph.
    pub region: BoundingBox,
    /// 0 to 1.
    pub score: f64,
    /// Index into the detector's classes.
    pub class: usize,
    /// Where the detector gives them, in pixels of the radiograph.
    pub points: Option<SixPoints>,
}

pub(super) struct Detector {
    network: Network,
    settings: manifest::Detector,
}

impl Detector {
    pub fn new(network: Network, settings: manifest::Detector) -> Self {
        Self { network, settings }
    }

    /// Names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.settings.classes
    }

    /// Whether only the best chain of bodies is kept.
    pub fn spine_line(&self) -> bool {
        self.settings.spine_line
    }

    /// Boxes after suppression, clipped to the radiograph, best first.
    pub fn detect(&mut self, radiograph: &Radiograph) -> Result<Vec<Detection>, ModelError> {
        let s = &self.settings;
        let window = radiograph.percentile_window(s.window_percentiles);
        let (input, scale) = radiograph.windowed(window).letterboxed(s.width, s.height);
        let outputs =
            self.network.run([1, s.channels, s.height, s.width], planes(&input.pixels, s.scale, &s.mean, &s.std))?;
        let size = (s.width as f64, s.height as f64);
        let found =
            decode(s.decoder, &outputs, s.classes.len(), size, s.score_threshold).map_err(|e| self.network.wrong(e))?;
        let on_film = |d: Detection| {
            let BoundingBox { x0, y0, x1, y1 } = d.region;
            let region = BoundingBox { x0: x0 / scale, y0: y0 / scale, x1: x1 / scale, y1: y1 / scale };
            let points = d.points.map(|points| points.map(|[x, y]| [x / scale, y / scale]));
            Detection { region: region.clipped(radiograph.width, radiograph.height), points, ..d }
        };
        // Less than two pixels a side is no vertebra, and no features can be computed of it.
        let seen = |d: &Detection| d.region.width() >= 2.0 && d.region.height() >= 2.0;
        let found = found.into_iter().map(on_film).filter(seen).collect();
        Ok(suppress(found, self.settings.iou_threshold, self.settings.at_most))
    }
}
