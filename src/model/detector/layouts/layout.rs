//! What a detector's outputs have to fit.

use crate::model::decoder::{Decoder, Points};

/// What the manifest says of a detector's outputs.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    pub decoder: Decoder,
    pub points: Points,
    /// How many classes it tells apart.
    pub classes: usize,
    /// Input size in pixels.
    pub width: usize,
    pub height: usize,
}
