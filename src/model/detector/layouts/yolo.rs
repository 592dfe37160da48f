//! YOLO without objectness: a score a class, with or without suppression in the network, and with or
//! without the six points of a body.
//!
//! Source of the layouts: Ultralytics (github.com/ultralytics/ultralytics), `export(format="onnx")` of
//! YOLOv8, YOLOv9, YOLO11 and their pose variants; with `nms=True`, YOLOv10 (github.com/THU-MIG/yolov10)
//! and YOLO26 as exported by default for the layout after suppression.

use super::layout::Layout;
use super::numbers::{best, centred, corners, numbered};
use crate::findings::SixPoints;
use crate::model::decoder::Points;
use crate::model::detection::Detection;
use crate::model::tensor::{Header, Output, floats};

/// A point that the network believes to be hidden is not measured: with one of them less likely to
/// be seen than this, the body has no points. Ultralytics draws the line at the same place.
const SEEN: f64 = 0.5;

/// One output [1, 4 + classes + points, N].
pub fn find(headers: &[Header], layout: &Layout) -> Option<usize> {
    floats(headers, &[Some(1), Some(4 + layout.classes + layout.points.columns()), None])
}

/// Rows: centre x, centre y, width, height in input pixels; a score a class, 0 to 1; points.
pub fn decode(outputs: &[&Output], headers: &[Header], layout: &Layout) -> Option<Vec<Detection>> {
    let values = &outputs[find(headers, layout)?].values;
    let first_point = 4 + layout.classes;
    let count = values.len() / (first_point + layout.points.columns());
    let detection = |i: usize| {
        let at = |row: usize| f64::from(values[row * count + i]);
        let (class, score) = best((0..layout.classes).map(|c| at(4 + c)));
        let points = six_points(layout.points, |column| at(first_point + column));
        Detection { region: centred([0, 1, 2, 3].map(at)), score, class, points }
    };
    Some((0..count).map(detection).collect())
}

/// One output [1, N, 6 + points].
pub fn find_end_to_end(headers: &[Header], layout: &Layout) -> Option<usize> {
    floats(headers, &[Some(1), None, Some(6 + layout.points.columns())])
}

/// Columns: x0, y0, x1, y1 in input pixels, score, class counted from 0; points. Rows without a body
/// have the score 0.
pub fn decode_end_to_end(outputs: &[&Output], headers: &[Header], layout: &Layout) -> Option<Vec<Detection>> {
    let values = &outputs[find_end_to_end(headers, layout)?].values;
    let detection = |row: &[f32]| {
        let at = |column: usize| f64::from(row[column]);
        let (class, score) = numbered(row[5], row[4]);
        let points = six_points(layout.points, |column| at(6 + column));
        Detection { region: corners([0, 1, 2, 3].map(at)), score, class, points }
    };
    Some(values.chunks_exact(6 + layout.points.columns()).map(detection).collect())
}

/// The points of one body from their columns, which follow one another: upper anterior, middle,
/// posterior, lower anterior, middle, posterior; each as x, y in input pixels and, for `xyv`, the
/// probability that it is seen.
fn six_points(points: Points, column: impl Fn(usize) -> f64) -> Option<SixPoints> {
    let each = points.columns() / 6;
    if each == 0 || (each == 3 && (0..6).any(|point| column(3 * point + 2) < SEEN)) {
        return None;
    }
    let point = |number: usize| [column(each * number), column(each * number + 1)];
    Some(SixPoints { upper: [0, 1, 2].map(point), lower: [3, 4, 5].map(point) })
}
