//! Non-maximum suppression.

use super::detection::Detection;

/// Keeps the best `at_most` detections of which no two overlap by more than `iou_threshold`,
/// whatever their classes: a vertebra is not two levels at once. Best first; equal scores in the
/// order of the input.
pub fn suppress(mut found: Vec<Detection>, iou_threshold: f64, at_most: usize) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in found {
        if kept.len() == at_most {
            break;
        }
        if kept.iter().all(|k| k.region.iou(&candidate.region) <= iou_threshold) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::BoundingBox;

    fn at(x0: f64, score: f64) -> Detection {
        Detection { region: BoundingBox { x0, y0: 0.0, x1: x0 + 10.0, y1: 10.0 }, score, class: 0, points: None }
    }

    #[test]
    fn the_better_of_two_overlapping_stays() {
        let kept = suppress(vec![at(0.0, 0.5), at(1.0, 0.9), at(30.0, 0.4)], 0.4, 10);
        assert_eq!(kept.iter().map(|d| d.score).collect::<Vec<_>>(), [0.9, 0.4]);
        assert_eq!(suppress(kept, 0.4, 1).len(), 1);
    }
}
