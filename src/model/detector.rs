//! The detector: a radiograph in, boxes in pixels of the radiograph out.

mod layouts;

pub use super::decoder::{Decoder, Points};
pub use super::detection::Detection;

use super::error::ModelError;
use super::feed::Feed;
use super::fit::Wanted;
use super::manifest;
use super::nms::suppress;
use super::runtime::{Network, planes};
use crate::findings::BoundingBox;
use crate::imaging::Radiograph;
use layouts::Layout;

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
