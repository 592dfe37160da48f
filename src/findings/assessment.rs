//! What of a film is assessed, and why something is not.

use serde::{Deserialize, Serialize};

use super::ImageIdentity;

/// Why a film or a body on it is not assessed: its probabilities are shown to nobody, and it never flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotAssessed {
    /// A film from a direction that the bundle's classes do not hold for.
    View,
    /// A film on which no spine was found.
    NoSpine,
    /// A body that the film's edge cuts.
    CutByEdge,
    /// A body outside the exposed field, or cut by its border.
    OutsideField,
    /// What was taken for a body does not look like one.
    NoBody,
    /// Metal or cement on the body.
    Metal,
    /// The body's six points cannot be told well enough to measure it.
    UncertainPoints,
    /// The body is unlike all that the model was trained on.
    UnlikeTraining,
}

impl NotAssessed {
    /// All of them, those of a film first.
    pub const ALL: [Self; 8] = [
        Self::View,
        Self::NoSpine,
        Self::CutByEdge,
        Self::OutsideField,
        Self::NoBody,
        Self::Metal,
        Self::UncertainPoints,
        Self::UnlikeTraining,
    ];

    /// As the database and scripts have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::NoSpine => "no-spine",
            Self::CutByEdge => "cut-by-edge",
            Self::OutsideField => "outside-field",
            Self::NoBody => "no-body",
            Self::Metal => "metal",
            Self::UncertainPoints => "uncertain-points",
            Self::UnlikeTraining => "unlike-training",
        }
    }

    /// As a person reads it, after "not assessed: ".
    pub fn words(self) -> &'static str {
        match self {
            Self::View => "a view that the bundle does not cover",
            Self::NoSpine => "no spine was found",
            Self::CutByEdge => "cut by the edge of the film",
            Self::OutsideField => "outside the exposed field",
            Self::NoBody => "does not look like a vertebral body",
            Self::Metal => "metal or cement on it",
            Self::UncertainPoints => "its outline is uncertain",
            Self::UnlikeTraining => "unlike anything in the training",
        }
    }
}

/// From where a film looks at the spine, the better view of a vertebral body last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// From the front or the back.
    Frontal,
    /// Neither the headers nor the picture say.
    Unknown,
    /// From the side: heights, wedges and the posterior wall are seen.
    Lateral,
}

impl View {
    /// What the headers of an image say: View Position (PS3.3 C.8.11.5.1.1), else the direction of the rows in Patient
    /// Orientation (PS3.3 C.7.6.1.1.1).
    pub fn stated(image: &ImageIdentity) -> Self {
        let position = image.view_position.trim().to_ascii_uppercase();
        match position.as_str() {
            "AP" | "PA" => return Self::Frontal,
            "LL" | "RL" | "LLD" | "RLD" | "LAT" | "LATERAL" => return Self::Lateral,
            _ => {}
        }
        let row = image.patient_orientation.as_ref().and_then(|[row, _]| row.chars().next());
        match row {
            Some('A' | 'P') => Self::Lateral,
            Some('L' | 'R') => Self::Frontal,
            _ => Self::Unknown,
        }
    }

    /// `frontal`, `unknown` or `lateral`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frontal => "frontal",
            Self::Unknown => "unknown",
            Self::Lateral => "lateral",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_named_in_scripts_as_in_the_database() {
        for reason in NotAssessed::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.name()));
        }
    }
}
