//! What the caller chooses, under the names PyRadiomics users know.

use std::fmt;
use std::str::FromStr;

use super::error::RadiomicsError;

/// Most bins a caller may ask for: a compacted level must fit 16 bits beside the 0 of "outside".
const BIN_COUNT_AT_MOST: u32 = u16::MAX as u32;
/// Farthest neighbours a caller may ask for; a distance d has 4d directions, so time grows with its square.
const DISTANCE_AT_MOST: u32 = 64;

/// How to compute features, with PyRadiomics' meanings; [`Settings::default`] is its default: bin
/// width 25 and every class, on the original image.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How values become grey levels: `binWidth` or `binCount`.
    pub binning: Binning,
    /// Distances of neighbours in pixels, by the infinity norm (`distances`).
    pub distances: Vec<u32>,
    /// Normalise the whole image first and multiply by this (`normalize`, `normalizeScale`);
    /// `None` leaves the image as it is.
    pub normalise_scale: Option<f64>,
    /// Added to every value in Energy, TotalEnergy and RootMeanSquared (`voxelArrayShift`), so that
    /// values below zero do not count like values above it.
    pub voxel_array_shift: f64,
    /// Images to compute on, in the order of the result.
    pub filters: Vec<Filter>,
    /// Classes to compute; the result has them in the order of [`FeatureClass::ALL`].
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
            feature_classes: FeatureClass::ALL.to_vec(),
        }
    }
}

impl Settings {
    /// Whether `class` is to be computed.
    pub(super) fn asks_for(&self, class: FeatureClass) -> bool {
        self.feature_classes.contains(&class)
    }

    /// Refuses settings that fit no image.
    pub(super) fn check(&self) -> Result<(), RadiomicsError> {
        match self.binning {
            Binning::Width(width) if !(width.is_finite() && width > 0.0) => {
                return Err(RadiomicsError::BinWidth(width));
            }
            Binning::Count(count) if !(1..=BIN_COUNT_AT_MOST).contains(&count) => {
                return Err(RadiomicsError::BinCount(count));
            }
            _ => {}
        }
        if self.distances.is_empty() || !self.distances.iter().all(|d| (1..=DISTANCE_AT_MOST).contains(d)) {
            return Err(RadiomicsError::Distances(self.distances.clone()));
        }
        if let Some(scale) = self.normalise_scale.filter(|scale| !(scale.is_finite() && *scale > 0.0)) {
            return Err(RadiomicsError::NormaliseScale(scale));
        }
        if !self.voxel_array_shift.is_finite() {
            return Err(RadiomicsError::VoxelArrayShift(self.voxel_array_shift));
        }
        Ok(())
    }
}

/// How pixel values become grey levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Binning {
    /// Bins of this width, their edges at multiples of it (`binWidth`).
    Width(f64),
    /// This many equal bins between the smallest and the largest value of the region (`binCount`).
    Count(u32),
}

/// A family of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeatureClass {
    /// Size and form of the region, 9 features.
    Shape2D,
    /// Distribution of the values, 18 features.
    FirstOrder,
    /// Grey-level co-occurrence matrix, 24 features.
    Glcm,
    /// Grey-level run-length matrix, 16 features.
    Glrlm,
    /// Grey-level size-zone matrix, 16 features.
    Glszm,
    /// Grey-level dependence matrix, 14 features.
    Gldm,
    /// Neighbouring grey-tone difference matrix, 5 features.
    Ngtdm,
}

impl FeatureClass {
    /// Every class, in the order of the result.
    pub const ALL: [Self; 7] =
        [Self::Shape2D, Self::FirstOrder, Self::Glcm, Self::Glrlm, Self::Glszm, Self::Gldm, Self::Ngtdm];

    /// PyRadiomics' name, the middle part of a feature's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shape2D => "shape2D",
            Self::FirstOrder => "firstorder",
            Self::Glcm => "glcm",
            Self::Glrlm => "glrlm",
            Self::Glszm => "glszm",
            Self::Gldm => "gldm",
            Self::Ngtdm => "ngtdm",
        }
    }

    pub(super) fn known() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for FeatureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FeatureClass {
    type Err = RadiomicsError;

    fn from_str(name: &str) -> Result<Self, RadiomicsError> {
        let class = Self::ALL.into_iter().find(|class| class.name() == name);
        class.ok_or_else(|| RadiomicsError::UnknownClass(name.to_owned()))
    }
}

/// The image itself, or one derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The image as it is.
    Original,
}

impl Filter {
    /// Every filter that is built.
    pub const ALL: [Self; 1] = [Self::Original];
    /// What PyRadiomics offers beside [`Filter::ALL`].
    const NOT_BUILT: [&'static str; 9] =
        ["Wavelet", "LoG", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D", "LBP3D"];

    /// The first part of a feature's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
        }
    }

    /// PyRadiomics' name in a list of image types.
    fn image_type(self) -> &'static str {
        match self {
            Self::Original => "Original",
        }
    }

    pub(super) fn known() -> String {
        Self::ALL.map(Self::image_type).join(", ")
    }
}

impl FromStr for Filter {
    type Err = RadiomicsError;

    fn from_str(name: &str) -> Result<Self, RadiomicsError> {
        match Self::ALL.into_iter().find(|filter| filter.image_type() == name) {
            Some(filter) => Ok(filter),
            None if Self::NOT_BUILT.contains(&name) => Err(RadiomicsError::FilterNotBuilt(name.to_owned())),
            None => Err(RadiomicsError::UnknownFilter(name.to_owned())),
        }
    }
}
