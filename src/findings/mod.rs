//! Findings: the words that every room speaks.
//!
//! Owns: what is found on a radiograph, the places and measures on it, what identifies an image and a model, what a
//! report is asked for, and what the bodies of a study say together.
//! In: nothing. Out: plain values that serialise to the JSON of the database, of `analyze --json` and of a worker.
//! Never: looks at a picture, reads a file or knows another room but [`crate::identifiers`].

mod assessment;
mod bundle;
mod geometry;
mod image;
mod morphometry;
mod request;
mod triage;
mod vertebrae;

pub use assessment::{NotAssessed, View};
pub use bundle::{BundleIdentity, ClassName};
pub use geometry::{BoundingBox, Point, SixPoints};
pub use image::{ImageIdentity, PixelSpacing, SpacingSource};
pub use morphometry::{Deformity, EndplateWidths, GenantGrade, Heights, Morphometry};
pub use request::{Companions, FailedImage, Language, ObjectKind, Predecessor, ReportImage, ReportRequest, SopClass};
pub use triage::{Call, LEAST, OperatingPoint, Rate, StudyTriage, Triage, TriageResult, study_features};
pub use vertebrae::{Contribution, Findings, LevelSource, Vertebra};
