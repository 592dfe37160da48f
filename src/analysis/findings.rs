//! What an analysis found: the value that goes into SQLite, JSON, the overlay and the report.

use serde::{Deserialize, Serialize};

use super::levels::LevelSource;
use crate::identifiers::Uid;
use crate::imaging::{BoundingBox, PixelSpacing};
use crate::model::{Contribution, Morphometry, SixPoints};

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
    /// What the file says of it that cannot be, and what follows, as a sentence without its full stop; absent in
    /// findings of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing_refused: Option<String>,
}

/// Which bundle, exactly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BundleIdentity {
    /// Name, for example `demo`.
    pub name: String,
    /// Version, for example `0.1.0`.
    pub version: String,
    /// SHA-256 (hex) of `bundle.toml`, which itself carries the digest of every other file.
    pub digest: String,
    /// The classes from the least to the most severe, in the order of [`Vertebra::probabilities`].
    pub classes: Vec<ClassName>,
    /// Thresholds that decide what is found, in words for the report; empty in findings of before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<String>,
}

/// A class of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassName {
    /// Code, for example `ASTLOF-1`.
    pub code: String,
    /// Name, for example `compression fracture`.
    pub name: String,
}

/// One vertebra. What a bundle does not give is left out of the JSON, and findings written before it
/// existed are still read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vertebra {
    /// Position among the found vertebrae, 1 at the top.
    pub ordinal: u32,
    /// Level such as `L1`, when it is known; [`Self::level_source`] says how well.
    pub level: Option<String>,
    /// How the level is known; also `None` in findings of before there was more than one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_source: Option<LevelSource>,
    /// Where it is, in pixels of the image.
    pub bounding_box: BoundingBox,
    /// The detector's score, 0 to 1.
    pub detection_score: f64,
    /// Index of the most probable class in [`BundleIdentity::classes`].
    pub class: usize,
    /// One probability a class, sum 1.
    pub probabilities: Vec<f64>,
    /// The six points of the body, when the detector gives them, in pixels of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<SixPoints>,
    /// What they measure, when they are the points of a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub morphometry: Option<Morphometry>,
    /// Features the fusion model needed, which were undefined on this vertebra: it took their mean of
    /// the training, so that they spoke for no class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imputed: Vec<String>,
    /// What each feature adds to the score of each class, exactly, when the fusion model is linear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<Contribution>,
}

impl Vertebra {
    /// Whether the level was counted and not seen.
    pub fn level_is_assumed(&self) -> bool {
        self.level.is_some() && self.level_source == Some(LevelSource::CountedFromSacrum)
    }

    /// What a person reads where there is room: `L3`, `L3 (assumed, counted from the sacrum)`, or
    /// `3rd from above` when the level is not known.
    pub fn full_label(&self) -> String {
        match &self.level {
            Some(level) if self.level_is_assumed() => format!("{level} (assumed, counted from the sacrum)"),
            _ => self.label(),
        }
    }

    /// The same in a table or on a picture: `L3?` for an assumed level.
    pub fn label(&self) -> String {
        match &self.level {
            Some(level) if self.level_is_assumed() => format!("{level}?"),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As SQLite holds it since before levels had a source and bodies had points.
    const OLD: &str = r#"{"ordinal":3,"level":null,"bounding_box":{"x0":1.0,"y0":2.0,"x1":3.0,"y1":4.0},"detection_score":0.5,"class":0,"probabilities":[1.0]}"#;

    #[test]
    fn findings_without_points_are_read_and_written_as_ever() {
        let old: Vertebra = serde_json::from_str(OLD).unwrap();
        assert_eq!(serde_json::to_string(&old).unwrap(), OLD);
        assert_eq!((old.label(), old.full_label()), ("3rd from above".into(), "3rd from above".into()));
    }

    #[test]
    fn images_without_refused_spacing_are_read_and_written_as_ever() {
        let old = r#"{"sop_class_uid":"1.2","sop_instance_uid":"1.3","series_instance_uid":"1.4","study_instance_uid":"1.5","modality":"DX","body_part":"","view_position":"","patient_orientation":null,"rows":9,"columns":9,"pixel_spacing":null}"#;
        let mut image: ImageIdentity = serde_json::from_str(old).unwrap();
        assert_eq!((serde_json::to_string(&image).unwrap().as_str(), &image.spacing_refused), (old, &None));
        image.spacing_refused = Some("none".into());
        assert_eq!(serde_json::from_str::<ImageIdentity>(&serde_json::to_string(&image).unwrap()).unwrap(), image);
    }

    #[test]
    fn an_assumed_level_says_so_wherever_it_is_read() {
        let mut vertebra: Vertebra = serde_json::from_str(OLD).unwrap();
        vertebra.level = Some("L3".into());
        assert_eq!(vertebra.label(), "L3", "findings of before");
        vertebra.level_source = Some(LevelSource::Detector);
        assert_eq!((vertebra.label(), vertebra.full_label()), ("L3".into(), "L3".into()));
        vertebra.level_source = Some(LevelSource::CountedFromSacrum);
        assert_eq!(vertebra.label(), "L3?");
        assert_eq!(vertebra.full_label(), "L3 (assumed, counted from the sacrum)");
        let json = serde_json::to_string(&vertebra).unwrap();
        assert!(json.contains(r#""level":"L3","level_source":"counted-from-sacrum""#), "{json}");
    }
}
