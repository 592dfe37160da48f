//! What the caller chooses, under the names PyRadiomics users know.

use super::class::FeatureClass;
use super::error::RadiomicsError;
use super::filters::{Filter, ImageType};
use super::image::Spacing;
use super::offsets::Offset;

/// Most bins a caller may ask for: a compacted level must fit 16 bits beside the 0 of "outside".
const BIN_COUNT_AT_MOST: u32 = u16::MAX as u32;
/// Farthest neighbours a caller may ask for; a distance d has 4d directions, so time grows with its square.
pub(super) const DISTANCE_AT_MOST: u32 = 31;

/// How to compute features, with PyRadiomics' meanings; [`Settings::default`] is its default: bin
/// width 25 and every class, on the original image.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Normalise the whole image first (`normalize`, `normalizeScale`, `removeOutliers`).
    pub normalisation: Option<Normalisation>,
    /// Resample image and mask to another pixel size (`resampledPixelSpacing`, `interpolator`, `padDistance`).
    pub resampling: Option<Resampling>,
    /// Leave pixels of extreme value out of the region (`resegmentRange`, `resegmentMode`, `resegmentShape`).
    pub resegmentation: Option<Resegmentation>,
    /// Least number of directions, rows and columns, in which the region must be larger than one
    /// pixel (`minimumROIDimensions`): 1 admits a line.
    pub minimum_roi_dimensions: u32,
    /// Refuse a region of this many pixels or fewer (`minimumROISize`).
    pub minimum_roi_size: Option<usize>,

    /// The images to compute on, in the order of the result (`imageType`).
    pub image_types: Vec<ImageType>,
    /// Classes to compute (`featureClass`); the result has them in the order of [`FeatureClass::ALL`].
    pub feature_classes: Vec<FeatureClass>,

    /// How values become grey levels (`binWidth`, `binCount`).
    pub binning: Binning,
    /// Added to every value in Energy, TotalEnergy and RootMeanSquared (`voxelArrayShift`), so that
    /// values below zero do not count like values above it.
    pub voxel_array_shift: f64,
    /// Distances of neighbours in pixels, by the infinity norm (`distances`).
    pub distances: Vec<u32>,
    /// Whether a co-occurrence counts both ways (`symmetricalGLCM`).
    pub symmetrical_glcm: bool,
    /// Merge the GLCM and GLRLM of all directions into one, each with this weight (`weightingNorm`);
    /// `None` computes the features for each direction and takes their mean.
    pub weighting_norm: Option<WeightingNorm>,
    /// Largest difference of grey levels at which a neighbour depends on a pixel in GLDM (`gldm_a`).
    pub gldm_alpha: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            normalisation: None,
            resampling: None,
            resegmentation: None,
            minimum_roi_dimensions: 2,
            minimum_roi_size: None,
            image_types: vec![Filter::Original.into()],
            feature_classes: FeatureClass::ALL.to_vec(),
            binning: Binning::Width(25.0),
            voxel_array_shift: 0.0,
            distances: vec![1],
            symmetrical_glcm: true,
            weighting_norm: None,
            gldm_alpha: 0,
        }
    }
}

impl Settings {
    /// Whether `class` is to be computed.
    pub(super) fn asks_for(&self, class: FeatureClass) -> bool {
        self.feature_classes.contains(&class)
    }

    /// Distance of the farthest neighbour, in pixels.
    pub(super) fn reach(&self) -> usize {
        self.distances.iter().copied().max().unwrap_or(1) as usize
    }

    /// Refuses settings that fit no image.
    ///
    /// # Errors
    /// The [`RadiomicsError`] that [`extract`](super::extract) would give, before there is an image.
    pub fn check(&self) -> Result<(), RadiomicsError> {
        self.binning.check()?;
        for image_type in &self.image_types {
            image_type.check()?;
        }
        if self.distances.is_empty() || !self.distances.iter().all(|d| (1..=DISTANCE_AT_MOST).contains(d)) {
            return Err(RadiomicsError::Distances(self.distances.clone()));
        }
        if !(1..=2).contains(&self.minimum_roi_dimensions) {
            return Err(RadiomicsError::MinimumRoiDimensions(self.minimum_roi_dimensions));
        }
        if let Some(normalisation) = &self.normalisation {
            normalisation.check()?;
        }
        if let Some(resampling) = &self.resampling {
            resampling.check()?;
        }
        if let Some(resegmentation) = &self.resegmentation {
            resegmentation.check()?;
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
    /// Bins of this width, their edges at multiples of it, the lowest occupied one level 1 (`binWidth`).
    Width(f64),
    /// Bins of a width from a fixed lower bound on, so that a level means the same in every region:
    /// IBSI's fixed bin size (Zwanenburg 2016, section 2.7). Values below the bound are refused.
    WidthFrom {
        /// Width of a bin.
        width: f64,
        /// Where level 1 begins.
        lower: f64,
    },
    /// This many equal bins between the smallest and the largest value of the region (`binCount`).
    Count(u32),
}

impl Binning {
    pub(super) fn check(self) -> Result<(), RadiomicsError> {
        match self {
            Self::Width(width) | Self::WidthFrom { width, .. } if !(width.is_finite() && width > 0.0) => {
                Err(RadiomicsError::BinWidth(width))
            }
            Self::WidthFrom { lower, .. } if !lower.is_finite() => Err(RadiomicsError::BinLowerBound(lower)),
            Self::Count(count) if !(1..=BIN_COUNT_AT_MOST).contains(&count) => Err(RadiomicsError::BinCount(count)),
            _ => Ok(()),
        }
    }
}

/// Normalisation of the whole image to mean 0 and standard deviation 1 (divisor n - 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalisation {
    /// Factor of the normalised values (`normalizeScale`).
    pub scale: f64,
    /// Values farther from the mean than this many standard deviations are moved to that distance,
    /// before the scale (`removeOutliers`).
    pub remove_outliers: Option<f64>,
}

impl Normalisation {
    fn check(self) -> Result<(), RadiomicsError> {
        let usable = |value: f64| value.is_finite() && value > 0.0;
        if !usable(self.scale) {
            return Err(RadiomicsError::NormaliseScale(self.scale));
        }
        match self.remove_outliers {
            Some(deviations) if !usable(deviations) => Err(RadiomicsError::RemoveOutliers(deviations)),
            _ => Ok(()),
        }
    }
}

/// Resampling of image and mask to another pixel size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// New distance of rows, mm; 0 keeps the old one.
    pub row_mm: f64,
    /// New distance of columns, mm; 0 keeps the old one.
    pub column_mm: f64,
    /// How values between pixels are found; the mask takes the nearest pixel always.
    pub interpolator: Interpolator,
    /// New pixels kept around the region, for filters that look beyond it (`padDistance`, 5 by default).
    pub pad_distance: u32,
    /// Smallest and largest value of the image's integer pixel type: new values are cut to it and
    /// lose their fraction, as ITK casts back to the type. `None` for real pixels. Ignored after
    /// normalisation, which makes pixels real.
    pub integer_range: Option<[f64; 2]>,
}

impl Resampling {
    fn check(self) -> Result<(), RadiomicsError> {
        let usable = |mm: f64| mm.is_finite() && mm >= 0.0;
        if usable(self.row_mm) && usable(self.column_mm) {
            Ok(())
        } else {
            Err(RadiomicsError::ResampledSpacing { row_mm: self.row_mm, column_mm: self.column_mm })
        }
    }
}

/// How a value between pixels is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolator {
    /// Value of the nearest pixel (`sitkNearestNeighbor`).
    NearestNeighbour,
    /// Between the four pixels around (`sitkLinear`).
    Linear,
    /// Cubic spline through all pixels (`sitkBSpline`), PyRadiomics' default.
    BSpline,
}

/// Which pixels stay in the region: those from a lower threshold on, up to an upper one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resegmentation {
    /// Lower threshold; kept values are at or above it.
    pub lower: f64,
    /// Upper threshold; kept values are at or below it.
    pub upper: Option<f64>,
    /// What the thresholds are measured in.
    pub mode: ResegmentationMode,
    /// Whether shape features too are those of the smaller region (`resegmentShape`).
    pub shape: bool,
}

impl Resegmentation {
    fn check(self) -> Result<(), RadiomicsError> {
        let upper = self.upper.unwrap_or(self.lower);
        if self.lower.is_finite() && upper.is_finite() && self.lower <= upper {
            Ok(())
        } else {
            Err(RadiomicsError::ResegmentRange { lower: self.lower, upper })
        }
    }
}

/// What the thresholds of a [`Resegmentation`] are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResegmentationMode {
    /// Pixel values.
    Absolute,
    /// Shares of the largest value of the region.
    Relative,
    /// Standard deviations (divisor n) from the mean of the region.
    Sigma,
}

/// How much the matrix of a direction counts when directions are merged; a, the step to the
/// neighbour, is measured in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightingNorm {
    /// Sum of the sides of a: GLCM exp(-norm²), GLRLM norm (`manhattan`).
    Manhattan,
    /// Length of a (`euclidean`).
    Euclidean,
    /// Longer side of a (`infinity`).
    Infinity,
    /// No length: every direction weighs 1 (`no_weighting`), which IBSI calls merged.
    NoWeighting,
}

impl WeightingNorm {
    /// Length of a step in millimetres, `None` when all directions weigh alike.
    pub(super) fn length(self, offset: Offset, spacing: Spacing) -> Option<f64> {
        let [y, x] = [offset.dy as f64 * spacing.row_mm, offset.dx.unsigned_abs() as f64 * spacing.column_mm];
        match self {
            Self::Manhattan => Some(y + x),
            Self::Euclidean => Some(y.hypot(x)),
            Self::Infinity => Some(y.max(x)),
            Self::NoWeighting => None,
        }
    }
}
