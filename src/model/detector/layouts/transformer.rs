//! DETR and its descendants as they leave the decoder: a fixed number of queries, each with the scores
//! of its classes and a box as fractions of the input.
//!
//! Source of the layouts: DETR (github.com/facebookresearch/detr) and Deformable DETR, exported with
//! outputs `pred_logits` and `pred_boxes`; DETR, Deformable DETR, RT-DETR of Hugging Face Transformers
//! (Optimum's export: `logits`, `pred_boxes`); `RTDETR(...).export(format="onnx")` of Ultralytics
//! (github.com/ultralytics/ultralytics) for both in one output.

use super::layout::Layout;
use super::numbers::{best, centred};
use crate::model::detection::Detection;
use crate::model::tensor::{Element, Header, Output, floats};

/// Logits [1, N, classes] (sigmoid) or [1, N, classes + 1] (softmax, the last is "nothing"), and boxes
/// [1, N, 4] with "box" in their name. Beside other outputs the logits have "logit" in theirs.
pub fn find(headers: &[Header], layout: &Layout) -> Option<(usize, usize)> {
    let of_three =
        |h: &Header, columns: usize| h.element == Element::Float32 && h.can_be(&[Some(1), None, Some(columns)]);
    let boxes = headers.iter().position(|h| h.name.contains("box") && of_three(h, 4))?;
    let is_logits = |h: &Header| of_three(h, layout.classes) || of_three(h, layout.classes + 1);
    let mut others = (0..headers.len()).filter(|i| *i != boxes && is_logits(&headers[*i]));
    let logits = others.clone().find(|i| headers[*i].name.contains("logit")).or_else(|| others.next())?;
    let queries = |i: usize| headers[i].shape.as_ref().map(|s| s[1]).filter(|n| *n >= 0);
    let agree = queries(boxes).zip(queries(logits)).is_none_or(|(a, b)| a == b);
    agree.then_some((logits, boxes))
}

/// Boxes: centre x, centre y, width, height as fractions of the input.
pub fn decode(outputs: &[&Output], headers: &[Header], layout: &Layout) -> Option<Vec<Detection>> {
    let (logits, boxes) = find(headers, layout)?;
    let columns = usize::try_from(*headers[logits].shape.as_ref()?.last()?).ok()?;
    let rows = outputs[logits].values.chunks_exact(columns.max(1)).zip(outputs[boxes].values.chunks_exact(4));
    let detection = |(logits, place): (&[f32], &[f32])| {
        let (class, score) = if columns == layout.classes { sigmoid(logits) } else { softmax_but_the_last(logits) };
        Detection { region: of_input(place, layout), score, class, points: None }
    };
    Some(rows.map(detection).collect())
}

/// One output [1, N, 4 + classes].
pub fn find_joined(headers: &[Header], layout: &Layout) -> Option<usize> {
    floats(headers, &[Some(1), None, Some(4 + layout.classes)])
}

/// Columns: centre x, centre y, width, height as fractions of the input; a score a class, 0 to 1.
pub fn decode_joined(outputs: &[&Output], headers: &[Header], layout: &Layout) -> Option<Vec<Detection>> {
    let values = &outputs[find_joined(headers, layout)?].values;
    let detection = |row: &[f32]| {
        let (class, score) = best(row[4..].iter().map(|s| f64::from(*s)));
        Detection { region: of_input(&row[..4], layout), score, class, points: None }
    };
    Some(values.chunks_exact(4 + layout.classes).map(detection).collect())
}

fn of_input(place: &[f32], layout: &Layout) -> crate::findings::BoundingBox {
    let (width, height) = (layout.width as f64, layout.height as f64);
    let [cx, cy, w, h] = [0, 1, 2, 3].map(|i| f64::from(place[i]));
    centred([cx * width, cy * height, w * width, h * height])
}

fn sigmoid(logits: &[f32]) -> (usize, f64) {
    best(logits.iter().map(|l| 1.0 / (1.0 + (-f64::from(*l)).exp())))
}

fn softmax_but_the_last(logits: &[f32]) -> (usize, f64) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let parts: Vec<f64> = logits.iter().map(|l| (f64::from(*l) - f64::from(largest)).exp()).collect();
    let sum: f64 = parts.iter().sum();
    best(parts.iter().take(logits.len().saturating_sub(1)).map(|p| p / sum))
}
