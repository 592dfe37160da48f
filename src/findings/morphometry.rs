//! What is measured on a vertebral body. How: [`crate::model::morphometry`].

use serde::{Deserialize, Serialize};

/// What the six points of a body say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Morphometry {
    /// Heights; `None` when the image has no pixel spacing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heights_mm: Option<Heights>,
    /// From the anterior to the posterior point of each end plate; `None` without pixel spacing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endplate_widths_mm: Option<EndplateWidths>,
    /// Anterior over posterior height.
    pub wedge_ratio: f64,
    /// Middle over posterior height.
    pub biconcave_ratio: f64,
    /// Posterior height over the mean of the neighbours'; `None` for a body without neighbours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crush_ratio: Option<f64>,
    /// How many standard deviations the wedge ratio is from the mean of intact bodies of its level; `None` where the
    /// bundle has no norms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wedge_score: Option<f64>,
    /// The same of the biconcave ratio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biconcave_score: Option<f64>,
    /// Upper over lower end plate width.
    pub endplate_ratio: f64,
    /// Mean of the three heights over the mean end plate width.
    pub height_to_width_ratio: f64,
    /// Largest loss of the three heights against what is expected, percent, 0 where none is lost.
    ///
    /// Expected is, for the posterior height, the mean of the neighbours' posterior heights; for the
    /// anterior and the middle height, the larger of the body's own posterior height and the mean of
    /// the neighbours' same height. Why the larger: the posterior wall keeps its height in a wedge
    /// and a biconcave fracture, so a fractured neighbour cannot hide either; where the body is lower
    /// as a whole, the neighbours show it. Without neighbours only the own posterior height is left,
    /// and a crush cannot be seen.
    pub height_loss_percent: f64,
    /// Genant's semiquantitative grade by that loss.
    pub genant_grade: GenantGrade,
    /// Which height is lost; `None` for grade 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deformity: Option<Deformity>,
}

/// Distances between corresponding points of the two end plates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Heights {
    /// At the anterior points.
    pub anterior: f64,
    /// At the middle points.
    pub middle: f64,
    /// At the posterior points.
    pub posterior: f64,
}

/// Widths of the two end plates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EndplateWidths {
    /// Of the upper one.
    pub upper: f64,
    /// Of the lower one.
    pub lower: f64,
}

/// Genant's grade, written as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum GenantGrade {
    /// Grade 0: less than 20 % lost.
    Normal,
    /// Grade 1: 20 % to less than 25 % lost.
    Mild,
    /// Grade 2: 25 % to 40 % lost.
    Moderate,
    /// Grade 3: more than 40 % lost.
    Severe,
}

impl GenantGrade {
    /// 0 to 3.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// `normal`, `mild`, `moderate` or `severe`.
    pub fn word(self) -> &'static str {
        ["normal", "mild", "moderate", "severe"][usize::from(self.number())]
    }
}

impl From<GenantGrade> for u8 {
    fn from(grade: GenantGrade) -> u8 {
        grade.number()
    }
}

impl TryFrom<u8> for GenantGrade {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        let grades = [Self::Normal, Self::Mild, Self::Moderate, Self::Severe];
        grades.get(usize::from(number)).copied().ok_or_else(|| format!("{number} is no Genant grade: 0 to 3"))
    }
}

/// The shape of a deformed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deformity {
    /// The anterior height is lost most, the posterior one is kept.
    Wedge,
    /// The middle height is lost most, the posterior one is kept.
    Biconcave,
    /// The posterior height is lost too.
    Crush,
}

impl Deformity {
    /// `wedge`, `biconcave` or `crush`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wedge => "wedge",
            Self::Biconcave => "biconcave",
            Self::Crush => "crush",
        }
    }
}
