//! What an analysis found: the value that goes into SQLite, JSON, the overlay and the report.

use serde::{Deserialize, Serialize};

use super::{BoundingBox, BundleIdentity, Call, ImageIdentity, Morphometry, NotAssessed, SixPoints, View};

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
    /// From where it looks at the spine; `None` in findings of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// Why nothing on it is assessed; `None` for a film that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_assessed: Option<NotAssessed>,
    /// Bodies that the distance of two found ones says are between them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missed: u32,
    /// The vertebrae, from above.
    pub vertebrae: Vec<Vertebra>,
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
    /// Index in [`BundleIdentity::classes`] of the class it is given. With operating points: of the fractures the most
    /// probable one where it is called at one of them, else the most probable of the others. Without: the most
    /// probable of all.
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
    /// Why it is not assessed; `None` for a body that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_assessed: Option<NotAssessed>,
    /// The operating point at which it is called fractured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<Call>,
    /// How uncertain its points are: the largest of their standard deviations, parts of the body's depth. `None` where
    /// the bundle's networks do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_spread: Option<f64>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How a level is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LevelSource {
    /// The detector's class is the level.
    Detector,
    /// Assumed: the body above the sacrum is taken as L5. A transitional vertebra, or a missed body
    /// that its neighbours' distance does not show, shifts every level of the image.
    CountedFromSacrum,
}

/// What a feature adds to the score of each class; probabilities are the softmax of the scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// Its name.
    pub feature: String,
    /// Its value on this body; `None` where it is undefined and taken at its mean.
    pub value: Option<f64>,
    /// One a class: how much more the class's score is than if the feature were at its training mean.
    pub classes: Vec<f64>,
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
