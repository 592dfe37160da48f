//! The output layouts of detectors: each family finds its tensors by name, type and shape and decodes
//! them by a pure function. The same search serves the shapes a network declares, when a bundle is
//! opened, and the outputs of a run.

mod layout;
mod numbers;
mod objectness;
#[cfg(test)]
mod tests;
mod transformer;
mod triple;
mod yolo;

use crate::findings::BoundingBox;
use crate::model::decoder::{Decoder, Points};
use crate::model::detection::Detection;
use crate::model::error::Misfit;
use crate::model::tensor::{Element, Header, Output, listed};

pub use layout::Layout;

impl Layout {
    /// Holds the outputs a network declares against the layout, as far as their types and shapes tell.
    ///
    /// # Errors
    /// What it has, what the layout demands, and what to do about it.
    pub fn check(&self, declared: &[Header]) -> Result<(), Misfit> {
        if self.found_in(declared) {
            return Ok(());
        }
        let (points, classes) = (self.points, self.classes);
        let with_points =
            if points == Points::None { String::new() } else { format!(", points = \"{}\"", points.name()) };
        Err(Misfit {
            has: format!("its outputs are {}", listed(declared)),
            says: format!(
                "[detector] says decoder = \"{}\"{with_points} and {classes} class{}: {}",
                self.decoder.name(),
                if classes == 1 { "" } else { "es" },
                self.demanded()
            ),
            remedy: self.remedy(declared),
        })
    }

    fn found_in(&self, declared: &[Header]) -> bool {
        match self.decoder {
            Decoder::Yolo => yolo::find(declared, self).is_some(),
            Decoder::YoloEnd2end => yolo::find_end_to_end(declared, self).is_some(),
            Decoder::Yolov5 => objectness::find(declared, self).is_some(),
            Decoder::Yolox => objectness::find_cells(declared, self).is_some(),
            Decoder::Detr => transformer::find(declared, self).is_some(),
            Decoder::RtDetrUltralytics => transformer::find_joined(declared, self).is_some(),
            Decoder::RtDetr => triple::find_batched(declared).is_some(),
            Decoder::Torchvision => triple::find(declared).is_some(),
        }
    }

    /// The tensors of the layout, for a message.
    fn demanded(&self) -> String {
        let (classes, points) = (self.classes, self.points.columns());
        match self.decoder {
            Decoder::Yolo => format!("float32 [1, {}, N]", 4 + classes + points),
            Decoder::YoloEnd2end => format!("float32 [1, N, {}]", 6 + points),
            Decoder::Yolov5 => format!("float32 [1, N, {}]", 5 + classes),
            Decoder::Yolox => format!("float32 [1, {}, {}]", objectness::cells(self), 5 + classes),
            Decoder::Detr => {
                format!("logits float32 [1, N, {classes} or {}] and boxes float32 [1, N, 4]", classes + 1)
            }
            Decoder::RtDetrUltralytics => format!("float32 [1, N, {}]", 4 + classes),
            Decoder::RtDetr => "labels int64 [1, N], boxes float32 [1, N, 4] and scores float32 [1, N]".into(),
            Decoder::Torchvision => "boxes float32 [N, 4], labels int64 [N] and scores float32 [N]".into(),
        }
    }

    /// Other settings that would fit, or where to look.
    fn remedy(&self, declared: &[Header]) -> String {
        if declared.iter().any(|h| h.element == Element::Other("float16")) {
            return "export it without half precision".into();
        }
        let setting = |decoder: Decoder, points: Points| match points {
            Points::None => format!("decoder = \"{}\"", decoder.name()),
            _ => format!("decoder = \"{}\" with points = \"{}\"", decoder.name(), points.name()),
        };
        let declared: Vec<Header> = declared.iter().filter_map(pinned).collect();
        let pairs = Decoder::ALL.into_iter().flat_map(|d| Points::ALL.into_iter().map(move |p| (d, p)));
        let others = pairs
            .filter(|(decoder, points)| *points == Points::None || decoder.may_have_points())
            .filter(|(decoder, points)| Self { decoder: *decoder, points: *points, ..*self }.found_in(&declared))
            .map(|(decoder, points)| setting(decoder, points));
        let counts = (1..=MOST_CLASSES).filter(|classes| Self { classes: *classes, ..*self }.found_in(&declared));
        let named = |n: usize| format!("{n} name{} in [detector] classes", if n == 1 { "" } else { "s" });
        let fitting: Vec<String> = counts.map(named).chain(others).collect();
        if fitting.is_empty() {
            "name every class it was trained for in [detector] classes, and the decoder and points of its export (docs/bundle.md)".into()
        } else {
            format!("these outputs would fit {}", fitting.join(" or "))
        }
    }

    /// Decodes the outputs of a run. Detections under `threshold` are left out, and such whose score
    /// or box is no finite number; regions are in input pixels.
    ///
    /// # Errors
    /// Outputs of another shape than the layout demands, a score above 1 and a class nobody named.
    pub fn decode(&self, outputs: &[Output], threshold: f64) -> Result<Vec<Detection>, Misfit> {
        // Those that are not what they say are as good as missing.
        let outputs: Vec<&Output> = outputs.iter().filter(|o| is_consistent(o)).collect();
        let headers: Vec<Header> = outputs.iter().map(|o| o.header.clone()).collect();
        self.check(&headers)?;
        let found = match self.decoder {
            Decoder::Yolo => yolo::decode(&outputs, &headers, self),
            Decoder::YoloEnd2end => yolo::decode_end_to_end(&outputs, &headers, self),
            Decoder::Yolov5 => objectness::decode(&outputs, &headers, self),
            Decoder::Yolox => objectness::decode_cells(&outputs, &headers, self),
            Decoder::Detr => transformer::decode(&outputs, &headers, self),
            Decoder::RtDetrUltralytics => transformer::decode_joined(&outputs, &headers, self),
            Decoder::RtDetr => triple::decode_batched(&outputs, &headers),
            Decoder::Torchvision => triple::decode(&outputs, &headers),
        };
        let is_certain = |d: &Detection| d.score.is_finite() && d.score >= threshold;
        let mut found: Vec<Detection> =
            found.unwrap_or_default().into_iter().filter(|d| is_certain(d) && is_finite(&d.region)).collect();
        found.iter().try_for_each(|d| self.plausible(d))?;
        for detection in &mut found {
            detection.points =
                detection.points.filter(|p| p.upper.iter().chain(&p.lower).flatten().all(|v| v.is_finite()));
        }
        Ok(found)
    }

    /// What shapes cannot tell.
    fn plausible(&self, detection: &Detection) -> Result<(), Misfit> {
        let decoder = self.decoder.name();
        if detection.score > LARGEST_SCORE {
            return Err(Misfit {
                has: format!("it gives a score of {}", detection.score),
                says: format!("decoder = \"{decoder}\" has scores of 0 to 1"),
                remedy: "name the decoder of its export, or export it with its sigmoid".into(),
            });
        }
        if detection.class >= self.classes {
            return Err(Misfit {
                has: format!("it found class number {}, counted from 0", detection.class),
                says: format!("[detector] classes has {}", self.classes),
                remedy: "list every class it was trained for in [detector] classes, in that order".into(),
            });
        }
        Ok(())
    }
}

/// Up to so many classes are guessed from a shape, for a message: there are 26 vertebrae and a sacrum.
const MOST_CLASSES: usize = 100;

/// A probability in float32 may be rounded to a little more than 1.
const LARGEST_SCORE: f64 = 1.001;

/// The header with lengths for its dynamic axes: 1 for a batch, else one that no axis has whose length
/// a layout fixes, so that only what is known counts as fitting.
fn pinned(header: &Header) -> Option<Header> {
    let mut shape = header.shape.clone()?;
    for (axis, length) in shape.iter_mut().enumerate().filter(|(_, length)| **length < 0) {
        *length = if axis == 0 { 1 } else { i64::MAX };
    }
    Some(Header { shape: Some(shape), ..header.clone() })
}

fn is_finite(region: &BoundingBox) -> bool {
    [region.x0, region.y0, region.x1, region.y1].iter().all(|v| v.is_finite())
}

/// Whether the shape says how many values there are.
fn is_consistent(output: &Output) -> bool {
    let mut axes = output.header.shape.as_deref().unwrap_or(&[-1]).iter().map(|l| usize::try_from(*l).ok());
    let count = axes.try_fold(1usize, |product, length| product.checked_mul(length?));
    count == Some(output.values.len())
}
