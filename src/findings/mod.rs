//! Findings: the words that every room speaks.
//!
//! Owns: what is found on a radiograph, the places and measures on it, what identifies an image and a model, and what
//! a report is asked for.
//! In: nothing. Out: plain values that serialise to the JSON of the database, of `analyze --json` and of a worker.
//! Never: computes a finding, reads a file or knows another room but [`crate::identifiers`].

mod bundle;
mod geometry;
mod image;
mod morphometry;
mod request;
mod vertebrae;

pub use bundle::{BundleIdentity, ClassName};
pub use geometry::{BoundingBox, Point, SixPoints};
pub use image::{ImageIdentity, PixelSpacing, SpacingSource};
pub use morphometry::{Deformity, EndplateWidths, GenantGrade, Heights, Morphometry};
pub use request::{Companions, FailedImage, Language, ObjectKind, Predecessor, ReportImage, ReportRequest, SopClass};
pub use vertebrae::{Contribution, Findings, LevelSource, Vertebra};
