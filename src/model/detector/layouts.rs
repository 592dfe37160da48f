//! The four output layouts, decoded by pure functions.

use super::{Decoder, Detection};
use crate::imaging::BoundingBox;
use crate::model::runtime::Output;

/// Decodes the outputs of a network with `classes` classes and an input of `size` (width, height)
/// pixels; boxes under `threshold` are left out. Regions are in input pixels.
///
/// # Errors
/// A sentence that says which output has another shape than the layout demands.
pub fn decode(
    decoder: Decoder,
    outputs: &[Output],
    classes: usize,
    size: (f64, f64),
    threshold: f64,
) -> Result<Vec<Detection>, String> {
    let mut found = match decoder {
        Decoder::Yolo => yolo(only(outputs)?, classes)?,
        Decoder::YoloEnd2end => end_to_end(only(outputs)?)?,
        Decoder::Detr => detr(outputs, classes, size)?,
        Decoder::Torchvision => torchvision(outputs)?,
    };
    // A score that is no number compares false and goes.
    found.retain(|d| {
        d.score >= threshold
            && d.class < classes
            && [d.region.x0, d.region.y0, d.region.x1, d.region.y1].iter().all(|v| v.is_finite())
    });
    Ok(found)
}

fn only(outputs: &[Output]) -> Result<&Output, String> {
    match outputs {
        [output] => Ok(output),
        _ => Err(format!("its layout has one output, it has {}", outputs.len())),
    }
}

fn centred(cx: f64, cy: f64, w: f64, h: f64) -> BoundingBox {
    BoundingBox { x0: cx - w / 2.0, y0: cy - h / 2.0, x1: cx + w / 2.0, y1: cy + h / 2.0 }
}

/// The best class of some scores.
fn best(scores: impl Iterator<Item = f64>) -> (usize, f64) {
    scores
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (class, score)| if score > best.1 { (class, score) } else { best })
}

fn yolo((name, shape, values): &Output, classes: usize) -> Result<Vec<Detection>, String> {
    let [1, rows, count] = shape[..] else {
        return Err(format!("output {name} has shape {shape:?}, yolo has [1, 4 + classes, N]"));
    };
    if rows as usize != 4 + classes {
        return Err(format!("output {name} has {rows} rows, 4 + {classes} classes are expected"));
    }
    let count = count as usize;
    let at = |row: usize, i: usize| f64::from(values[row * count + i]);
    let detection = |i: usize| {
        let (class, score) = best((0..classes).map(|c| at(4 + c, i)));
        Detection { region: centred(at(0, i), at(1, i), at(2, i), at(3, i)), score, class, points: None }
    };
    Ok((0..count).map(detection).collect())
}

fn end_to_end((name, shape, values): &Output) -> Result<Vec<Detection>, String> {
    let [1, _, 6] = shape[..] else {
        return Err(format!("output {name} has shape {shape:?}, yolo-end2end has [1, N, 6]"));
    };
    let detection = |v: &[f32]| {
        let [x0, y0, x1, y1, score] = [0, 1, 2, 3, 4].map(|i| f64::from(v[i]));
        Detection { region: BoundingBox { x0, y0, x1, y1 }, score, class: v[5].max(0.0) as usize, points: None }
    };
    Ok(values.chunks_exact(6).map(detection).collect())
}

fn detr(outputs: &[Output], classes: usize, (width, height): (f64, f64)) -> Result<Vec<Detection>, String> {
    let is_box = |o: &&Output| o.1.len() == 3 && o.1[2] == 4 && o.0.contains("box");
    let boxes = outputs.iter().find(is_box).ok_or("detr has an output of boxes [1, N, 4] with \"box\" in its name")?;
    let logits = outputs
        .iter()
        .find(|o| o.0 != boxes.0 && o.1.len() == 3)
        .ok_or("detr has an output of logits [1, N, classes]")?;
    let (queries, columns) = (logits.1[1], logits.1[2] as usize);
    if queries != boxes.1[1] || !(columns == classes || columns == classes + 1) {
        return Err(format!("logits of shape {:?} do not fit boxes {:?} and {classes} classes", logits.1, boxes.1));
    }
    let detection = |(logit, place): (&[f32], &[f32])| {
        let (class, score) = if columns == classes {
            best(logit.iter().map(|l| 1.0 / (1.0 + (-f64::from(*l)).exp())))
        } else {
            let largest = logit.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let parts: Vec<f64> = logit.iter().map(|l| f64::from(l - largest).exp()).collect();
            let sum: f64 = parts.iter().sum();
            best(parts[..classes].iter().map(|p| p / sum))
        };
        let [cx, cy, w, h] = [0, 1, 2, 3].map(|i| f64::from(place[i]));
        Detection { region: centred(cx * width, cy * height, w * width, h * height), score, class, points: None }
    };
    Ok(logits.2.chunks_exact(columns).zip(boxes.2.chunks_exact(4)).map(detection).collect())
}

fn torchvision(outputs: &[Output]) -> Result<Vec<Detection>, String> {
    let called = |name: &str| {
        outputs.iter().find(|o| o.0 == name).ok_or_else(|| format!("torchvision has an output \"{name}\""))
    };
    let (boxes, labels, scores) = (called("boxes")?, called("labels")?, called("scores")?);
    if boxes.2.len() != 4 * labels.2.len() || labels.2.len() != scores.2.len() {
        return Err(format!(
            "shapes {:?}, {:?} and {:?} of boxes, labels and scores do not fit",
            boxes.1, labels.1, scores.1
        ));
    }
    let rows = boxes.2.chunks_exact(4).zip(labels.2.iter().zip(&scores.2));
    // Label 0 is the background.
    Ok(rows
        .filter(|(_, (label, _))| **label >= 1.0)
        .map(|(b, (label, score))| {
            let [x0, y0, x1, y1] = [0, 1, 2, 3].map(|i| f64::from(b[i]));
            Detection {
                region: BoundingBox { x0, y0, x1, y1 },
                score: f64::from(*score),
                class: *label as usize - 1,
                points: None,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str, shape: &[i64], values: &[f32]) -> Output {
        (name.into(), shape.to_vec(), values.to_vec())
    }

    fn expect(decoder: Decoder, outputs: &[Output], classes: usize) {
        let found = decode(decoder, outputs, classes, (100.0, 200.0), 0.5).unwrap();
        assert_eq!(found.len(), 1, "{decoder:?}");
        let BoundingBox { x0, y0, x1, y1 } = found[0].region;
        for (got, wanted) in [x0, y0, x1, y1].into_iter().zip([10.0, 20.0, 30.0, 60.0]) {
            assert!((got - wanted).abs() < 1e-4, "{decoder:?}: {got} is not {wanted}");
        }
        assert_eq!(found[0].class, 1, "{decoder:?}");
        assert!((found[0].score - 0.9).abs() < 1e-3, "{decoder:?}: {}", found[0].score);
    }

    #[test]
    fn every_layout_says_the_same_box() {
        let yolo = [20.0, 5.0, 40.0, 5.0, 20.0, 2.0, 40.0, 2.0, 0.1, 0.2, 0.9, 0.1];
        expect(Decoder::Yolo, &[output("output0", &[1, 6, 2], &yolo)], 2);
        let end = [10.0, 20.0, 30.0, 60.0, 0.9, 1.0, 0.0, 0.0, 1.0, 1.0, 0.1, 0.0];
        expect(Decoder::YoloEnd2end, &[output("output0", &[1, 2, 6], &end)], 2);
        let boxes = output("pred_boxes", &[1, 2, 4], &[0.2, 0.2, 0.2, 0.2, 0.5, 0.5, 0.1, 0.1]);
        let sigmoid = output("logits", &[1, 2, 2], &[-3.0, 2.1972, -3.0, -3.0]);
        expect(Decoder::Detr, &[sigmoid, boxes.clone()], 2);
        let softmax = output("logits", &[1, 2, 3], &[0.0, 2.8904, 0.0, 0.0, 0.0, 9.0]);
        expect(Decoder::Detr, &[softmax, boxes], 2);
        let torchvision = [
            output("boxes", &[2, 4], &[10.0, 20.0, 30.0, 60.0, 0.0, 0.0, 9.0, 9.0]),
            output("labels", &[2], &[2.0, 0.0]),
            output("scores", &[2], &[0.9, 0.99]),
        ];
        expect(Decoder::Torchvision, &torchvision, 2);
    }

    #[test]
    fn a_wrong_shape_is_named() {
        let error = decode(Decoder::Yolo, &[output("p", &[1, 9, 1], &[0.0; 9])], 2, (1.0, 1.0), 0.5).unwrap_err();
        assert!(error.contains("9 rows"), "{error}");
        assert!(decode(Decoder::Detr, &[output("p", &[1, 9], &[0.0; 9])], 2, (1.0, 1.0), 0.5).is_err());
    }
}
