//! The six points of a vertebral body that morphometry measures.

use serde::{Deserialize, Serialize};

/// A point of the radiograph, x and y in pixels: whole numbers are the corners between pixels, as
/// in [`BoundingBox`](crate::imaging::BoundingBox).
pub type Point = [f64; 2];

/// Three points on either end plate, the anterior one first (Genant 1993). On a frontal film the
/// detector's "anterior" is the side at the left of the image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SixPoints {
    /// Upper end plate: anterior, middle, posterior.
    pub upper: [Point; 3],
    /// Lower end plate: anterior, middle, posterior.
    pub lower: [Point; 3],
}

impl SixPoints {
    /// Whether every coordinate is a number: others could not be written as JSON and read again.
    pub fn is_finite(&self) -> bool {
        self.upper.iter().chain(&self.lower).flatten().all(|v| v.is_finite())
    }

    /// The same body with each point changed.
    pub fn map(self, point: impl Fn(Point) -> Point) -> Self {
        Self { upper: self.upper.map(&point), lower: self.lower.map(&point) }
    }
}
