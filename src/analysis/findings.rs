//! What an analysis found: the value that goes into SQLite, JSON, the overlay and the report.

use serde::{Deserialize, Serialize};

use crate::identifiers::Uid;
use crate::imaging::{BoundingBox, PixelSpacing};

/// Everything found on one image. Serialises to the JSON of `analyze --json` and of the `findings`
/// column; the same file and bundle give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// [`crate::RESEARCH_USE_ONLY`].
    pub notice: String,
    /// The image.
    pub image: ImageIdentity,
    /// The model that looked at it.
    pub bundle: BundleIdentity,
    /// The vertebrae, from above.
    pub vertebrae: Vec<Vertebra>,
}

/// What identifies an image and says how to read coordinates on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageIdentity {
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Series Instance UID.
    pub series_instance_uid: Uid,
    /// Study Instance UID.
    pub study_instance_uid: Uid,
    /// Modality, `CR` or `DX`.
    pub modality: String,
    /// Body Part Examined, empty when absent.
    pub body_part: String,
    /// View Position, empty when absent.
    pub view_position: String,
    /// Patient Orientation of rows and columns, when the file has both.
    pub patient_orientation: Option<[String; 2]>,
    /// Rows of the image.
    pub rows: u32,
    /// Columns of the image.
    pub columns: u32,
    /// Size of a pixel, when the file says one.
    pub pixel_spacing: Option<PixelSpacing>,
}

/// Which bundle, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BundleIdentity {
    /// Name, for example `demo`.
    pub name: String,
    /// Version, for example `0.1.0`.
    pub version: String,
    /// SHA-256 (hex) of `bundle.toml`, which itself carries the digest of every other file.
    pub digest: String,
    /// The classes, in the order of [`Vertebra::probabilities`].
    pub classes: Vec<ClassName>,
}

/// A class of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassName {
    /// Code, for example `ASTLOF-1`.
    pub code: String,
    /// Name, for example `compression fracture`.
    pub name: String,
}

/// One vertebra.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vertebra {
    /// Position among the found vertebrae, 1 at the top.
    pub ordinal: u32,
    /// Level such as `L1`, when the bundle's detector names it.
    pub level: Option<String>,
    /// Where it is, in pixels of the image.
    pub bounding_box: BoundingBox,
    /// The detector's score, 0 to 1.
    pub detection_score: f64,
    /// Index of the most probable class in [`BundleIdentity::classes`].
    pub class: usize,
    /// One probability a class, sum 1.
    pub probabilities: Vec<f64>,
}

impl Vertebra {
    /// What a person reads: the level, or `3rd from above` when the level is not known.
    pub fn label(&self) -> String {
        match &self.level {
            Some(level) => level.clone(),
            None => {
                let suffix = match (self.ordinal % 10, self.ordinal % 100) {
                    (_, 11..=13) => "th",
                    (1, _) => "st",
                    (2, _) => "nd",
                    (3, _) => "rd",
                    _ => "th",
                };
                format!("{}{suffix} from above", self.ordinal)
            }
        }
    }
}
