//! Why a file gives no radiograph.

use std::io;
use std::path::PathBuf;

use crate::identifiers::IdentifierError;

/// Why a file gives no [`super::Radiograph`]. Each message is a sentence for `queue list`: it
/// names sizes and attributes, never the patient.
#[derive(Debug, thiserror::Error)]
pub enum ImagingError {
    /// The operating system does not give or take the file.
    #[error("cannot access {}: {source}; check that the file exists and may be used", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not DICOM, or its data set is broken or cut off.
    #[error("the file is not a complete DICOM file: {reason}; send the image again")]
    NotDicom {
        /// What the parser stumbled over.
        reason: String,
    },
    /// An attribute without which the image means nothing is absent or empty.
    #[error("the attribute {attribute} is missing; the sender must fill it in")]
    MissingAttribute {
        /// Its name as PS3.6 spells it.
        attribute: &'static str,
    },
    /// An attribute has a value that cannot be right.
    #[error("the attribute {attribute} is wrong: {reason}; the sender must correct it")]
    WrongAttribute {
        /// Its name as PS3.6 spells it.
        attribute: &'static str,
        /// The value and what is wrong with it.
        reason: String,
    },
    /// An attribute that must be a UID is none.
    #[error("the attribute {attribute} is wrong: {source}; the sender must correct it")]
    WrongUid {
        /// Its name as PS3.6 spells it.
        attribute: &'static str,
        /// What is wrong with it.
        source: IdentifierError,
    },
    /// The object has no image in it.
    #[error("no pixel data: the object is not an image")]
    NoPixelData,
    /// An image, but not one frame of grey values.
    #[error("{what}; only single-frame greyscale images (MONOCHROME1 or MONOCHROME2) are analysed")]
    NotGreyscale {
        /// What the image is instead.
        what: String,
    },
    /// More pixels than are ever decoded.
    #[error("the image has {rows} x {columns} pixels, more than the {limit} that are decoded at most")]
    TooLarge {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// [`super::MAX_PIXELS`].
        limit: usize,
    },
    /// Pixels are missing from native pixel data.
    #[error(
        "the pixel data has {found} bytes, {rows} x {columns} pixels of {bytes_per_pixel} bytes need {needed}; \
         send the image again"
    )]
    PixelDataTooShort {
        /// Bytes in the file.
        found: usize,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// Bytes a pixel takes.
        bytes_per_pixel: usize,
        /// Bytes the image takes.
        needed: usize,
    },
    /// Compressed pixel data of a kind or in a state that cannot be decoded.
    #[error("cannot decode {name} ({uid}): {reason}")]
    Codec {
        /// Name of the transfer syntax.
        name: String,
        /// Its UID.
        uid: String,
        /// What the decoder says.
        reason: String,
    },
    /// A PNG that is broken, or not grey with 8 or 16 bits.
    #[error("{} is no 8 or 16 bit grey PNG: {reason}", path.display())]
    Png {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl ImagingError {
    /// Whether the same file gives the same error however often it is tried. Only trouble with the
    /// disk or the operating system may pass; a file that is not there will not come back.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Access { source, .. } => source.kind() == io::ErrorKind::NotFound,
            _ => true,
        }
    }
}
