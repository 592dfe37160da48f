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
    /// Not a usable bin width.
    #[error("the bin width is {0}: it must be a positive number, in units of the pixel values")]
    BinWidth(f64),
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
    /// The distances make no neighbourhood.
    #[error("the distances are {0:?}: give at least one, each between 1 and 64 pixels")]
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
    /// The shift of energy features is no number.
    #[error("the voxel array shift is {0}: it must be a finite number")]
    VoxelArrayShift(f64),
    /// An image without contrast has no standard deviation to normalise by.
    #[error("every pixel of the image has the same value, so it cannot be normalised: switch normalisation off")]
    NothingToNormalise,
    /// A class of features that does not exist, or not here.
    #[error("there is no feature class {0:?}: the classes are {known}", known = super::FeatureClass::known())]
    UnknownClass(String),
    /// A filter PyRadiomics has and this version has not.
    #[error("the filter {0:?} is not built into this version: use {known}", known = super::Filter::known())]
    FilterNotBuilt(String),
    /// A filter nobody knows.
    #[error("there is no filter {0:?}: use {known}", known = super::Filter::known())]
    UnknownFilter(String),
    /// A feature is undefined, or its computation overflowed.
    #[error("{feature} is {value}: take a larger region, or scale the pixel values down if their squares overflow")]
    FeatureNotFinite {
        /// Full name of the feature.
        feature: String,
        /// What came out.
        value: f64,
    },
}
