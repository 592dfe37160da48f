//! Places on a radiograph: boxes and the six points of a vertebral body.

use serde::{Deserialize, Serialize};

/// An axis-parallel box in image pixels: `x` grows to the right, `y` downwards; the centre of the
/// top left pixel is at (0.5, 0.5), so a box over the whole image is (0, 0, width, height).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// Left edge.
    pub x0: f64,
    /// Upper edge.
    pub y0: f64,
    /// Right edge.
    pub x1: f64,
    /// Lower edge.
    pub y1: f64,
}

impl BoundingBox {
    /// Width in pixels, 0 for an inverted box.
    pub fn width(&self) -> f64 {
        (self.x1 - self.x0).max(0.0)
    }

    /// Height in pixels, 0 for an inverted box.
    pub fn height(&self) -> f64 {
        (self.y1 - self.y0).max(0.0)
    }

    /// Area in square pixels.
    pub fn area(&self) -> f64 {
        self.width() * self.height()
    }

    /// Intersection over union with `other`, 0 to 1.
    pub fn iou(&self, other: &Self) -> f64 {
        let overlap = Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
        .area();
        let union = self.area() + other.area() - overlap;
        if union > 0.0 { overlap / union } else { 0.0 }
    }

    /// The box grown on every side by `fraction` of its width and height.
    pub fn grown(&self, fraction: f64) -> Self {
        let (dx, dy) = (self.width() * fraction, self.height() * fraction);
        Self { x0: self.x0 - dx, y0: self.y0 - dy, x1: self.x1 + dx, y1: self.y1 + dy }
    }

    /// The part of the box inside an image of `width` x `height` pixels.
    pub fn clipped(&self, width: usize, height: usize) -> Self {
        let (w, h) = (width as f64, height as f64);
        Self {
            x0: self.x0.clamp(0.0, w),
            y0: self.y0.clamp(0.0, h),
            x1: self.x1.clamp(0.0, w),
            y1: self.y1.clamp(0.0, h),
        }
    }
}

/// A point of the radiograph, x and y in pixels: whole numbers are the corners between pixels, as
/// in [`BoundingBox`].
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

    /// The same body with its front where its back was.
    pub fn turned(self) -> Self {
        let turned = |[anterior, middle, posterior]: [Point; 3]| [posterior, middle, anterior];
        Self { upper: turned(self.upper), lower: turned(self.lower) }
    }

    /// The same body with each point changed.
    pub fn map(self, point: impl Fn(Point) -> Point) -> Self {
        Self { upper: self.upper.map(&point), lower: self.lower.map(&point) }
    }
}
