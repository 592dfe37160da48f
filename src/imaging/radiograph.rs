//! The picture every model step sees.

use crate::findings::PixelSpacing;

/// The largest picture that is decoded, in pixels: ten times a 43 x 43 cm detector at 0.14 mm, and
/// with that 400 MB of values.
pub const MAX_PIXELS: usize = 100_000_000;

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
