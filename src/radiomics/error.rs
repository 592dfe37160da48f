//! Why features cannot be computed.

/// Each message names what is wrong with the input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RadiomicsError {
    /// Mask and image differ in size.
    #[error(
        "the mask is {mask_width} x {mask_height} pixels, the image {width} x {height}: they must be the same size"
    )]
    SizeMismatch {
        /// Columns of the mask.
        mask_width: usize,
        /// Rows of the mask.
        mask_height: usize,
        /// Columns of the image.
        width: usize,
        /// Rows of the image.
        height: usize,
    },
    /// The number of values is not width x height.
    #[error("{found} values were given for {width} x {height} pixels")]
    WrongLength {
        /// Values given.
        found: usize,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The region is too small.
    #[error("the region has {0} pixels, features need at least 2")]
    TooSmall(usize),
    /// A pixel of the region is infinite or no number.
    #[error("the pixel at column {x}, row {y} of the region is {value}: every pixel must be a finite number")]
    NotFinite {
        /// Column.
        x: usize,
        /// Row.
        y: usize,
        /// Its value.
        value: f64,
    },
    /// The spacing is not positive.
    #[error("the pixel spacing is {row_mm} x {column_mm} mm: both must be positive")]
    Spacing {
        /// Between rows.
        row_mm: f64,
        /// Between columns.
        column_mm: f64,
    },
    /// The bin width or count is unusable.
    #[error("{0}: use a positive bin width, or a bin count of 1 to 65535")]
    Binning(String),
    /// More grey levels than a matrix is built for.
    #[error("the region would be divided into more than 65535 grey levels: use a larger bin width")]
    TooManyLevels,
    /// A filter or feature class that this version does not compute.
    #[error("{kind} \"{name}\" is not computed by this version; it knows: {known}")]
    Unknown {
        /// `filter` or `feature class`.
        kind: &'static str,
        /// As given.
        name: String,
        /// What there is.
        known: &'static str,
    },
}
