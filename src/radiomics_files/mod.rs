//! Radiomics of files: where the images, masks, cases and parameters of `spinetriage radiomics` come from.
//!
//! Owns: reading images (DICOM, grey PNG, NumPy), masks (PNG, NumPy), a batch's CSV and parameter files.
//! In: paths, and [`Settings`]. Out: [`Features`] of a [`Case`], the [`Cases`] of a batch, [`Parameters`].
//! Never: writes a file, prints, or asks for memory that a header promises and the file does not have.

mod cases;
mod error;
mod image;
mod mask;
mod npy;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::radiomics::parameter_file::{self, Parameters};
use crate::radiomics::{self, Features, Settings};
pub use cases::{Cases, Row};
pub use error::RadiomicsFileError;
use image::ImageFile;
use mask::{Labels, NoSuchLabel};
pub use npy::NpyError;

/// A region of an image: the files, and what these do not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// DICOM, grey PNG or NumPy.
    pub image: PathBuf,
    /// PNG or NumPy, of the image's size.
    pub mask: PathBuf,
    /// Label of the region's pixels in the mask; without one they are all that are not 0.
    pub label: Option<u32>,
    /// Size of a pixel in mm, between rows and between columns; wins over what a DICOM file says.
    pub spacing_mm: Option<[f64; 2]>,
}

impl Case {
    /// The features of the region.
    ///
    /// # Errors
    /// When a file cannot be read, says no pixel size or does not have the label, or the pixels give no features.
    pub fn measure(&self, settings: &Settings, threads: NonZeroUsize) -> Result<Features, RadiomicsFileError> {
        let Self { image, mask, label, spacing_mm } = self;
        let ImageFile { image: pixels, integer_range } = ImageFile::read(image, *spacing_mm)?;
        let region = Labels::read(mask)?.mask(*label).map_err(|NoSuchLabel { label, known }| {
            RadiomicsFileError::NoSuchLabel { path: mask.clone(), label, known }
        })?;
        let mut settings = settings.clone();
        if let Some(resampling) = &mut settings.resampling {
            resampling.integer_range = integer_range;
        }
        radiomics::extract_with_threads(&pixels, &region, &settings, threads)
            .map_err(|reason| RadiomicsFileError::Measure { image: image.clone(), mask: mask.clone(), reason })
    }
}

/// Reads PyRadiomics' parameter file.
///
/// # Errors
/// When it cannot be read, or all that is wrong with it.
pub fn read_parameters(path: &Path) -> Result<Parameters, RadiomicsFileError> {
    let text =
        fs::read_to_string(path).map_err(|reason| RadiomicsFileError::Access { path: path.to_owned(), reason })?;
    parameter_file::parse(&text).map_err(|reason| RadiomicsFileError::Parameters { path: path.to_owned(), reason })
}
