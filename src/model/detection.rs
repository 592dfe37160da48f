//! What a detector finds.

use crate::findings::{BoundingBox, SixPoints};

/// One box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Where, in pixels of the radiograph.
    pub region: BoundingBox,
    /// 0 to 1.
    pub score: f64,
    /// Index into the detector's classes.
    pub class: usize,
    /// Where the detector gives them, in pixels of the radiograph.
    pub points: Option<SixPoints>,
}
