//! What to compute, in PyRadiomics' terms.

use std::str::FromStr;

use super::error::RadiomicsError;

/// How grey values become levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Binning {
    /// `binWidth`: bins of this width, their edges at multiples of it.
    Width(f64),
    /// `binCount`: this many bins between the region's extremes.
    Count(u32),
}

/// A class of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureClass {
    /// 18 features of the grey value histogram.
    FirstOrder,
    /// 9 features of the region's outline.
    Shape2D,
    /// 24 features of the grey level co-occurrence matrix.
    Glcm,
}

impl FromStr for FeatureClass {
    type Err = RadiomicsError;

    fn from_str(name: &str) -> Result<Self, RadiomicsError> {
        match name {
            "firstorder" => Ok(Self::FirstOrder),
            "shape2D" => Ok(Self::Shape2D),
            "glcm" => Ok(Self::Glcm),
            _ => Err(RadiomicsError::Unknown {
                kind: "feature class",
                name: name.into(),
                known: "firstorder, shape2D, glcm",
            }),
        }
    }
}

/// An image type: the image itself, or derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// The image as it is.
    Original,
}

impl Filter {
    /// The prefix of its features' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
        }
    }
}

impl FromStr for Filter {
    type Err = RadiomicsError;

    fn from_str(name: &str) -> Result<Self, RadiomicsError> {
        match name {
            "Original" => Ok(Self::Original),
            _ => Err(RadiomicsError::Unknown { kind: "filter", name: name.into(), known: "Original" }),
        }
    }
}

/// Settings with PyRadiomics' meanings and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `binWidth` or `binCount`.
    pub binning: Binning,
    /// `distances` of co-occurring pixels, in pixels.
    pub distances: Vec<u32>,
    /// `normalize`: z-scores over the whole image, times this `normalizeScale`; `None`: as it is.
    pub normalise_scale: Option<f64>,
    /// `voxelArrayShift`, added to grey values in Energy, Total Energy and Root Mean Squared.
    pub voxel_array_shift: f64,
    /// Image types.
    pub filters: Vec<Filter>,
    /// Feature classes, in the order of the output.
    pub feature_classes: Vec<FeatureClass>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            binning: Binning::Width(25.0),
            distances: vec![1],
            normalise_scale: None,
            voxel_array_shift: 0.0,
            filters: vec![Filter::Original],
            feature_classes: vec![FeatureClass::Shape2D, FeatureClass::FirstOrder, FeatureClass::Glcm],
        }
    }
}
