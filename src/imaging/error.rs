//! Why a file is no radiograph.

use std::path::PathBuf;

/// Each message ends in `queue list`: what is wrong with the file, in words.
#[derive(Debug, thiserror::Error)]
pub enum ImagingError {
    /// The file cannot be opened or read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not a DICOM file, or a broken one.
    #[error("not a readable DICOM file: {0}")]
    NotDicom(String),
    /// The data set lacks something an image needs.
    #[error("{attribute} {problem}")]
    Attribute {
        /// Name and tag.
        attribute: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// No pixel data.
    #[error("the image has no pixel data")]
    NoPixelData,
    /// Pixel data of another size than the attributes say.
    #[error(
        "the pixel data has {found} bytes, {rows} rows x {columns} columns of {bytes_per_pixel} bytes need {needed}"
    )]
    PixelDataSize {
        /// Bytes there.
        found: usize,
        /// Bytes needed.
        needed: usize,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// Bytes of a pixel.
        bytes_per_pixel: usize,
    },
    /// The codec failed, or there is none.
    #[error("cannot decode {name} ({uid}): {reason}")]
    CannotDecode {
        /// Name of the transfer syntax.
        name: String,
        /// Its UID.
        uid: String,
        /// The codec's reason.
        reason: String,
    },
    /// Not one grey frame.
    #[error("{0}; only one frame of grey pixels is analysed")]
    NotGrey(String),
    /// Larger than anything an X-ray detector makes.
    #[error("{rows} rows x {columns} columns is more than the limit of {limit} pixels")]
    TooLarge {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// The limit.
        limit: usize,
    },
    /// A PNG that cannot be used.
    #[error("the PNG file cannot be used: {0}")]
    Png(String),
}

impl ImagingError {
    /// Whether another attempt on the same file must fail in the same way.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Unreadable { .. })
    }
}
