//! Families of features.

use std::fmt;
use std::str::FromStr;

use super::error::RadiomicsError;

/// A family of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

    /// Names of the class's features, the last part of a full name, in the order of the result.
    pub fn feature_names(self) -> &'static [&'static str] {
        match self {
            Self::Shape2D => &[
                "Elongation",
                "MajorAxisLength",
                "MaximumDiameter",
                "MeshSurface",
                "MinorAxisLength",
                "Perimeter",
                "PerimeterSurfaceRatio",
                "PixelSurface",
                "Sphericity",
            ],
            Self::FirstOrder => &[
                "10Percentile",
                "90Percentile",
                "Energy",
                "Entropy",
                "InterquartileRange",
                "Kurtosis",
                "Maximum",
                "MeanAbsoluteDeviation",
                "Mean",
                "Median",
                "Minimum",
                "Range",
                "RobustMeanAbsoluteDeviation",
                "RootMeanSquared",
                "Skewness",
                "TotalEnergy",
                "Uniformity",
                "Variance",
            ],
            Self::Glcm => &[
                "Autocorrelation",
                "ClusterProminence",
                "ClusterShade",
                "ClusterTendency",
                "Contrast",
                "Correlation",
                "DifferenceAverage",
                "DifferenceEntropy",
                "DifferenceVariance",
                "Id",
                "Idm",
                "Idmn",
                "Idn",
                "Imc1",
                "Imc2",
                "InverseVariance",
                "JointAverage",
                "JointEnergy",
                "JointEntropy",
                "MCC",
                "MaximumProbability",
                "SumAverage",
                "SumEntropy",
                "SumSquares",
            ],
            Self::Glrlm => &[
                "GrayLevelNonUniformity",
                "GrayLevelNonUniformityNormalized",
                "GrayLevelVariance",
                "HighGrayLevelRunEmphasis",
                "LongRunEmphasis",
                "LongRunHighGrayLevelEmphasis",
                "LongRunLowGrayLevelEmphasis",
                "LowGrayLevelRunEmphasis",
                "RunEntropy",
                "RunLengthNonUniformity",
                "RunLengthNonUniformityNormalized",
                "RunPercentage",
                "RunVariance",
                "ShortRunEmphasis",
                "ShortRunHighGrayLevelEmphasis",
                "ShortRunLowGrayLevelEmphasis",
            ],
            Self::Glszm => &[
                "GrayLevelNonUniformity",
                "GrayLevelNonUniformityNormalized",
                "GrayLevelVariance",
                "HighGrayLevelZoneEmphasis",
                "LargeAreaEmphasis",
                "LargeAreaHighGrayLevelEmphasis",
                "LargeAreaLowGrayLevelEmphasis",
                "LowGrayLevelZoneEmphasis",
                "SizeZoneNonUniformity",
                "SizeZoneNonUniformityNormalized",
                "SmallAreaEmphasis",
                "SmallAreaHighGrayLevelEmphasis",
                "SmallAreaLowGrayLevelEmphasis",
                "ZoneEntropy",
                "ZonePercentage",
                "ZoneVariance",
            ],
            Self::Gldm => &[
                "DependenceEntropy",
                "DependenceNonUniformity",
                "DependenceNonUniformityNormalized",
                "DependenceVariance",
                "GrayLevelNonUniformity",
                "GrayLevelVariance",
                "HighGrayLevelEmphasis",
                "LargeDependenceEmphasis",
                "LargeDependenceHighGrayLevelEmphasis",
                "LargeDependenceLowGrayLevelEmphasis",
                "LowGrayLevelEmphasis",
                "SmallDependenceEmphasis",
                "SmallDependenceHighGrayLevelEmphasis",
                "SmallDependenceLowGrayLevelEmphasis",
            ],
            Self::Ngtdm => &["Busyness", "Coarseness", "Complexity", "Contrast", "Strength"],
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
