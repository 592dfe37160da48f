//! From the numbers of an output to the box and the class of a detection.

use crate::findings::BoundingBox;

/// A box from its centre and size.
pub fn centred([cx, cy, w, h]: [f64; 4]) -> BoundingBox {
    BoundingBox { x0: cx - w / 2.0, y0: cy - h / 2.0, x1: cx + w / 2.0, y1: cy + h / 2.0 }
}

/// A box from its upper left and its lower right corner.
pub fn corners([x0, y0, x1, y1]: [f64; 4]) -> BoundingBox {
    BoundingBox { x0, y0, x1, y1 }
}

/// The best class of some scores; -inf where there is none.
pub fn best(scores: impl Iterator<Item = f64>) -> (usize, f64) {
    scores
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (class, score)| if score > best.1 { (class, score) } else { best })
}

/// A class given as a number; one that is no class makes the score no number.
pub fn numbered(class: f32, score: f32) -> (usize, f64) {
    if class >= 0.0 { (class as usize, f64::from(score)) } else { (0, f64::NAN) }
}
