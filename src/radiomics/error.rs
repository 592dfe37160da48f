//! What can go wrong, said so that the caller knows what to change.

use thiserror::Error;

/// Why features could not be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RadiomicsError {
    /// The buffer does not hold width x height pixels.
    #[error("the {what} says {width} x {height} pixels but holds {found} values: pass one value per pixel, row by row")]
    PixelCount {
        /// `image` or `mask`.
        what: &'static str,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Values in the buffer.
        found: usize,
    },
    /// A pixel is NaN or infinite.
    #[error("the pixel in row {row}, column {column} is {value}: replace pixels that are not finite before extraction")]
    PixelNotFinite {
        /// Row, 0 at the top.
        row: usize,
        /// Column, 0 at the left.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A pixel has no size.
    #[error("a pixel cannot measure {row_mm} x {column_mm} mm: pass a positive row and column spacing in millimetres")]
    Spacing {
        /// Between rows, mm.
        row_mm: f64,
        /// Between columns, mm.
        column_mm: f64,
    },
    /// Image and mask differ in size.
    #[error(
        "the image has {} x {} pixels and the mask {} x {}: draw the mask on the same pixels as the image",
        .image[0], .image[1], .mask[0], .mask[1]
    )]
    SizeMismatch {
        /// Width and height of the image.
        image: [usize; 2],
        /// Width and height of the mask.
        mask: [usize; 2],
    },
    /// The mask selects too little.
    #[error("the mask selects {pixels} pixel(s): a region needs at least two, check the mask and its label")]
    RegionTooSmall {
        /// Pixels inside, 0 or 1.
        pixels: usize,
    },
    /// The region has no more pixels than the settings ask for.
    #[error("the region has {pixels} pixels: the minimum size of {minimum} asks for more, lower it or check the mask")]
    BelowMinimumSize {
        /// Pixels inside.
        pixels: usize,
        /// `minimumROISize`; the region must have more.
        minimum: usize,
    },
    /// The region is a line where the settings ask for a surface.
    #[error(
        "the region is a single row or column and the settings ask for {minimum} dimensions: \
         set the minimum to 1 to measure lines, or check the mask"
    )]
    TooFewDimensions {
        /// `minimumROIDimensions`.
        minimum: u32,
    },
    /// A stack of slices has no form in the plane.
    #[error("shape2D is the form of one image and is not defined for a stack of slices: leave the class out")]
    ShapeOfSlices,
    /// Not a usable bin width.
    #[error("the bin width is {0}: it must be a positive number, in units of the pixel values")]
    BinWidth(f64),
    /// Not a usable lower bound of the first bin.
    #[error("the lower bound of the bins is {0}: it must be a finite number, in units of the pixel values")]
    BinLowerBound(f64),
    /// A value lies below the bins.
    #[error(
        "the region has the value {value}, below the lower bound {lower} of the bins: \
         lower the bound, or resegment to leave such pixels out"
    )]
    BelowLowerBound {
        /// The smallest value.
        value: f64,
        /// Where level 1 begins.
        lower: f64,
    },
    /// Not a usable number of bins.
    #[error("the bin count is {0}: it must be between 1 and 65535")]
    BinCount(u32),
    /// The bins are too fine for the range of values.
    #[error(
        "the region would span {levels:.0} grey levels, more than {limit}: choose a larger bin width, or a bin count"
    )]
    TooManyLevels {
        /// Levels from the darkest to the brightest pixel, or levels that are present.
        levels: f64,
        /// The most that are supported.
        limit: usize,
    },
    /// Not a number of dimensions a plane has.
    #[error("the minimum number of dimensions is {0}: a film has 2, so it must be 1 or 2")]
    MinimumRoiDimensions(u32),
    /// The distances make no neighbourhood.
    #[error("the distances are {0:?}: give at least one, each between 1 and 31 pixels")]
    Distances(Vec<u32>),
    /// No two pixels of the region are neighbours.
    #[error(
        "no two pixels of the region lie {distances:?} pixel(s) apart, so {class} is undefined: \
         take a connected region or leave the class out"
    )]
    NoNeighbours {
        /// The class that needs neighbours.
        class: &'static str,
        /// The distances asked for.
        distances: Vec<u32>,
    },
    /// The scale of the normalisation is no number.
    #[error("the normalisation scale is {0}: it must be a positive number")]
    NormaliseScale(f64),
    /// The limit of outliers is no number.
    #[error("outliers are to be removed beyond {0} standard deviations: it must be a positive number")]
    RemoveOutliers(f64),
    /// Not a pixel size to resample to.
    #[error(
        "image and mask cannot be resampled to {row_mm} x {column_mm} mm: \
         pass positive row and column spacings in millimetres, or 0 to keep one"
    )]
    ResampledSpacing {
        /// Between rows, mm.
        row_mm: f64,
        /// Between columns, mm.
        column_mm: f64,
    },
    /// Resampling would make an image too large to hold.
    #[error("resampling would make {rows} x {columns} pixels: choose a larger spacing")]
    ResampledTooLarge {
        /// Rows of the new image.
        rows: f64,
        /// Columns of the new image.
        columns: f64,
    },
    /// The thresholds leave nothing or are no numbers.
    #[error("the resegmentation range is {lower} to {upper}: give a lower threshold not above the upper one")]
    ResegmentRange {
        /// Lower threshold.
        lower: f64,
        /// Upper threshold.
        upper: f64,
    },
    /// Too few pixels have a value within the thresholds.
    #[error(
        "resegmentation leaves {pixels} pixel(s) between {lower} and {upper}: \
         a region needs at least two, widen the range"
    )]
    ResegmentedTooSmall {
        /// Pixels left, 0 or 1.
        pixels: usize,
        /// Lowest value kept.
        lower: f64,
        /// Highest value kept.
        upper: f64,
    },
    /// The shift of energy features is no number.
    #[error("the voxel array shift is {0}: it must be a finite number")]
    VoxelArrayShift(f64),
    /// An image without contrast has no standard deviation to normalise by.
    #[error("every pixel of the image has the same value, so it cannot be normalised: switch normalisation off")]
    NothingToNormalise,
    /// A class of features that does not exist, or not here.
    #[error("there is no feature class {0:?}: the classes are {known}", known = super::FeatureClass::known())]
    UnknownClass(String),
    /// A filter nobody knows, or one for volumes.
    #[error("there is no filter {0:?}: the filters are {known}", known = super::Filter::NAMES.join(", "))]
    UnknownFilter(String),
    /// LoG without a width.
    #[error("the filter LoG has no sigma: give at least one width in millimetres, for example 1, 3 and 5")]
    LogWithoutSigma,
    /// LoG with a width that is none.
    #[error("the sigma of LoG is {0}: it must be a positive number of millimetres")]
    LogSigma(f64),
    /// The image is too small for a Gaussian of that width.
    #[error(
        "an image of {width} x {height} pixels is too small for LoG with sigma {sigma_mm} mm: \
         it needs at least 4 pixels and more than sigma in each direction, choose a smaller sigma"
    )]
    ImageTooSmallForLog {
        /// Columns of the image.
        width: usize,
        /// Rows of the image.
        height: usize,
        /// Width of the Gaussian, mm.
        sigma_mm: f64,
    },
    /// A filter's image has values that are not finite.
    #[error("the {filter} image has the value {value}: scale the pixel values down, or leave the filter out")]
    FilteredNotFinite {
        /// The first part of the features' names.
        filter: String,
        /// The first such value.
        value: f64,
    },
    /// A feature is undefined, or its computation overflowed.
    #[error("{feature} is {value}: take a larger region, or scale the pixel values down if their squares overflow")]
    FeatureNotFinite {
        /// Full name of the feature.
        feature: String,
        /// What came out.
        value: f64,
    },
}
