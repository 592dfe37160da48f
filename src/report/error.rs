//! Why a report cannot be written.

use std::path::PathBuf;

use crate::imaging::ImagingError;

/// Each message names what is missing.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A request without images.
    #[error("a report needs at least one image")]
    NoImage,
    /// All files are gone: there is nothing to copy patient and study from.
    #[error(
        "the files of all {images} images of the report are gone, and with them patient and study: send one of them again"
    )]
    NoFile {
        /// How many images the report is about.
        images: usize,
    },
    /// A source image cannot be read.
    #[error("{} cannot be read for the report: {reason}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Its pixels cannot be read for the overlay picture.
    #[error("{} cannot be drawn: {source}", path.display())]
    Pixels {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ImagingError,
    },
    /// The DICOM object cannot be encoded.
    #[error("the report cannot be encoded: {0}")]
    Encoding(String),
}
