//! The detector: a radiograph in, boxes in pixels of the radiograph out.

mod layouts;

use serde::Deserialize;

use super::error::ModelError;
use super::fit::{Feed, Wanted};
use super::manifest;
use super::nms::suppress;
use super::runtime::{Network, planes};
use crate::findings::{BoundingBox, SixPoints};
use crate::imaging::Radiograph;
use layouts::Layout;

/// How a network's outputs are laid out. `layouts/` says for each where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decoder {
    /// YOLOv8, YOLOv9, YOLO11 of Ultralytics, with or without pose. One output
    /// [1, 4 + classes + points, N]: centre x, centre y, width, height in input pixels, then a score a
    /// class, then the points.
    Yolo,
    /// YOLOv10, YOLO26, and YOLOv8 and YOLO11 exported with `nms=True`, with or without pose. One
    /// output [1, N, 6 + points]: x0, y0, x1, y1 in input pixels, score, class, then the points;
    /// suppression done.
    YoloEnd2end,
    /// YOLOv5, YOLOv7, and YOLOX exported with `--decode_in_inference`. One output
    /// [1, N, 5 + classes]: centre x, centre y, width, height in input pixels, objectness, then a score
    /// a class.
    Yolov5,
    /// YOLOX as it is usually exported. One output [1, N, 5 + classes] like [`Self::Yolov5`], but the
    /// centre is the offset from a cell in cells and width and height are logarithms of cells.
    Yolox,
    /// DETR, Deformable DETR, and RT-DETR of Transformers. Two outputs: logits
    /// [1, N, classes (+ 1 for "nothing")] and boxes [1, N, 4], centre and size as fractions of the
    /// input.
    Detr,
    /// RT-DETR's own export, and D-FINE. A second input `orig_target_sizes`; three outputs: `labels`
    /// [1, N] counted from 0, `boxes` [1, N, 4] as corners in input pixels, and `scores` [1, N].
    RtDetr,
    /// RT-DETR of Ultralytics. One output [1, N, 4 + classes]: centre x, centre y, width, height as
    /// fractions of the input, then a score a class.
    RtDetrUltralytics,
    /// Faster R-CNN, RetinaNet and SSD of torchvision. Three outputs: `boxes [N, 4]` as corners in input
    /// pixels, `labels [N]` counted from 1, and `scores [N]`; by type and shape where they are not
    /// named so.
    Torchvision,
}

impl Decoder {
    /// All of them, in the order of the documentation.
    const ALL: [Self; 8] = [
        Self::Yolo,
        Self::YoloEnd2end,
        Self::Yolov5,
        Self::Yolox,
        Self::Detr,
        Self::RtDetr,
        Self::RtDetrUltralytics,
        Self::Torchvision,
    ];

    /// As the manifest spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yolo => "yolo",
            Self::YoloEnd2end => "yolo-end2end",
            Self::Yolov5 => "yolov5",
            Self::Yolox => "yolox",
            Self::Detr => "detr",
            Self::RtDetr => "rt-detr",
            Self::RtDetrUltralytics => "rt-detr-ultralytics",
            Self::Torchvision => "torchvision",
        }
    }

    /// Whether its layout has a place for the six points of a body.
    pub fn may_have_points(self) -> bool {
        matches!(self, Self::Yolo | Self::YoloEnd2end)
    }
}

/// The six points of a body among the outputs, in this order: upper anterior, upper middle, upper
/// posterior, lower anterior, lower middle, lower posterior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Points {
    /// The network gives boxes only.
    #[default]
    None,
    /// x and y of each, in input pixels.
    Xy,
    /// x and y of each, in input pixels, and the probability that it is seen.
    Xyv,
}

impl Points {
    const ALL: [Self; 3] = [Self::None, Self::Xy, Self::Xyv];

    /// As the manifest spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Xy => "xy",
            Self::Xyv => "xyv",
        }
    }

    /// Numbers a body.
    pub fn columns(self) -> usize {
        match self {
            Self::None => 0,
            Self::Xy => 12,
            Self::Xyv => 18,
        }
    }
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
    layout: Layout,
    feed: Feed,
}

impl Detector {
    /// Holds the network against the manifest: its input, its outputs as far as their shapes tell, and
    /// the outputs of a run on a black film, since a network need not declare the shapes it gives.
    ///
    /// # Errors
    /// [`ModelError::Misfit`] says what differs; [`ModelError::Network`] when the run fails.
    pub fn new(network: Network, settings: manifest::Detector) -> Result<Self, ModelError> {
        let &manifest::Detector { decoder, points, channels, height, width, .. } = &settings;
        let layout = Layout { decoder, points, classes: settings.classes.len(), width, height };
        let wanted = Wanted {
            section: "detector",
            channels,
            height,
            width,
            may_lack_batch: true,
            target_sizes: decoder == Decoder::RtDetr,
        };
        let feed = wanted.of(&network)?;
        layout.check(network.outputs()).map_err(|misfit| network.misfit(misfit))?;
        let mut detector = Self { network, settings, layout, feed };
        detector.decoded(&vec![0.0; width * height])?;
        Ok(detector)
    }

    /// Names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.settings.classes
    }

    /// Boxes after suppression, clipped to the radiograph, best first.
    pub fn detect(&mut self, radiograph: &Radiograph) -> Result<Vec<Detection>, ModelError> {
        let s = &self.settings;
        let window = radiograph.percentile_window(s.window_percentiles);
        let (input, scale) = radiograph.windowed(window).letterboxed(s.width, s.height);
        let found = self.decoded(&input.pixels)?;
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

    /// What the network finds on a picture of its input's size, in input pixels.
    fn decoded(&mut self, pixels: &[f32]) -> Result<Vec<Detection>, ModelError> {
        let s = &self.settings;
        let outputs = self.network.run(&self.feed, planes(pixels, s.scale, &s.mean, &s.std))?;
        self.layout.decode(&outputs, s.score_threshold).map_err(|misfit| self.network.misfit(misfit))
    }
}
