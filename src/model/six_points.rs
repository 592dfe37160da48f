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

    /// Middle of the six.
    pub fn middle(&self) -> Point {
        let sum = self.upper.iter().chain(&self.lower).fold([0.0, 0.0], |[x, y], p| [x + p[0], y + p[1]]);
        sum.map(|v| v / 6.0)
    }

    /// Mean of the anterior, middle and posterior height, in pixels.
    pub fn mean_height(&self) -> f64 {
        self.upper.iter().zip(&self.lower).map(|(u, l)| (l[0] - u[0]).hypot(l[1] - u[1])).sum::<f64>() / 3.0
    }

    /// The same body with each point changed.
    pub fn map(self, point: impl Fn(Point) -> Point) -> Self {
        Self { upper: self.upper.map(&point), lower: self.lower.map(&point) }
    }
}
