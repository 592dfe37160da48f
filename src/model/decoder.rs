//! The layouts that a detector's outputs may have, as `bundle.toml` names them.

use serde::Deserialize;

/// How a network's outputs are laid out. `detector/layouts/` says for each where it comes from.
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
    pub(super) const ALL: [Self; 8] = [
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
    pub(super) const ALL: [Self; 3] = [Self::None, Self::Xy, Self::Xyv];

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
