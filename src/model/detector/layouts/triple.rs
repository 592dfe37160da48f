//! Boxes, labels and scores, each an output of its own; suppression, where the method has one, is done.
//!
//! Source of the layouts: torchvision (github.com/pytorch/vision), `torch.onnx.export` of the models in
//! `torchvision.models.detection` (Faster R-CNN gives boxes, labels, scores in this order, RetinaNet
//! and SSD boxes, scores, labels; without `output_names` the exporter calls them by numbers);
//! RT-DETR (github.com/lyuwenyu/RT-DETR), `tools/export_onnx.py`, the same form as D-FINE's
//! (github.com/Peterande/D-FINE).

use super::numbers::{corners, numbered};
use crate::model::detection::Detection;
use crate::model::tensor::{Element, Header, Output};

/// Where the three are among the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triple {
    boxes: usize,
    labels: usize,
    scores: usize,
}

/// Of torchvision: boxes `[N, 4]`, labels `[N]`, scores `[N]`.
pub fn find(headers: &[Header]) -> Option<Triple> {
    search(headers, &[])
}

/// Of RT-DETR: boxes [1, N, 4], labels [1, N], scores [1, N].
pub fn find_batched(headers: &[Header]) -> Option<Triple> {
    search(headers, &[Some(1)])
}

/// By name where all three are named; else by type and shape.
fn search(headers: &[Header], batch: &[Option<usize>]) -> Option<Triple> {
    let is_box = |h: &Header| h.element == Element::Float32 && h.can_be(&[batch, &[None, Some(4)]].concat());
    let one_a_box = |h: &Header| h.can_be(&[batch, &[None]].concat());
    let is_score = |h: &Header| h.element == Element::Float32 && one_a_box(h);
    let called = |name: &str| headers.iter().position(|h| h.name == name);
    let found = match (called("boxes"), called("labels"), called("scores")) {
        (Some(boxes), Some(labels), Some(scores)) => {
            let whole = headers[labels].is_integer() || headers[labels].element == Element::Float32;
            let fit = is_box(&headers[boxes]) && whole && one_a_box(&headers[labels]) && is_score(&headers[scores]);
            fit.then_some(Triple { boxes, labels, scores })?
        }
        _ => {
            let boxes = headers.iter().position(is_box)?;
            let labels = headers.iter().position(|h| h.is_integer() && one_a_box(h))?;
            let scores = (0..headers.len()).find(|i| *i != boxes && is_score(&headers[*i]))?;
            Triple { boxes, labels, scores }
        }
    };
    let count = |i: usize| headers[i].shape.as_ref().and_then(|s| s.get(batch.len())).filter(|n| **n >= 0);
    let counts: Vec<&i64> = [found.boxes, found.labels, found.scores].into_iter().filter_map(count).collect();
    counts.windows(2).all(|pair| pair[0] == pair[1]).then_some(found)
}

/// Boxes as corners in input pixels, labels counted from 1: label 0 is the background.
pub fn decode(outputs: &[&Output], headers: &[Header]) -> Option<Vec<Detection>> {
    Some(read(outputs, find(headers)?, 1.0))
}

/// Boxes as corners in pixels of the size that was fed, labels counted from 0.
pub fn decode_batched(outputs: &[&Output], headers: &[Header]) -> Option<Vec<Detection>> {
    Some(read(outputs, find_batched(headers)?, 0.0))
}

fn read(outputs: &[&Output], Triple { boxes, labels, scores }: Triple, first_label: f32) -> Vec<Detection> {
    let [boxes, labels, scores] = [boxes, labels, scores].map(|i| &outputs[i].values);
    let rows = boxes.chunks_exact(4).zip(labels.iter().zip(scores));
    rows.map(|(place, (label, score))| {
        let (class, score) = numbered(*label - first_label, *score);
        let region = corners([0, 1, 2, 3].map(|i| f64::from(place[i])));
        Detection { region, score, class, points: None }
    })
    .collect()
}
