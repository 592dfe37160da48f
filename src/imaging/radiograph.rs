//! The picture every model step sees, and the geometry on it.

use serde::{Deserialize, Serialize};

/// A radiograph: real values after the Modality LUT, bone bright (MONOCHROME1 is inverted), no VOI
/// window applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Radiograph {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height * width` values in row-major order, the top left pixel first.
    pub pixels: Vec<f32>,
    /// Size of a pixel, when the file says one.
    pub spacing: Option<PixelSpacing>,
}

/// Size of a pixel in millimetres and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PixelSpacing {
    /// Between the centres of adjacent rows (vertical), mm.
    pub row_mm: f64,
    /// Between the centres of adjacent columns (horizontal), mm.
    pub column_mm: f64,
    /// Which attribute says so.
    pub source: SpacingSource,
}

/// The attribute a pixel spacing was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpacingSource {
    /// Pixel Spacing (0028,0030): calibrated, or at the patient as the device states.
    PixelSpacing,
    /// Imager Pixel Spacing (0018,1164): at the detector, not corrected for magnification.
    ImagerPixelSpacing,
    /// Nominal Scanned Pixel Spacing (0018,2010): a digitised film.
    NominalScannedPixelSpacing,
    /// Given by the caller, not by the file.
    Given,
}

impl SpacingSource {
    /// The attribute's name and tag (PS3.6).
    pub fn attribute(self) -> &'static str {
        match self {
            Self::PixelSpacing => "Pixel Spacing (0028,0030)",
            Self::ImagerPixelSpacing => "Imager Pixel Spacing (0018,1164)",
            Self::NominalScannedPixelSpacing => "Nominal Scanned Pixel Spacing (0018,2010)",
            Self::Given => "spacing given by the caller",
        }
    }
}

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
