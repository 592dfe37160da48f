//! Imaging: from DICOM pixel data to the one picture every model step sees.
//!
//! Owns: decoding, Modality LUT, polarity, pixel spacing, cropping, resampling, windowing.
//! In: a file of the spool, or a grey PNG. Out: a [`Radiograph`].
//! Never: touches the network, the database or a model.

mod attributes;
pub mod decode;
mod error;
mod geometry;
mod modality;
mod radiograph;
mod window;

pub use error::ImagingError;
pub use radiograph::{BoundingBox, PixelSpacing, Radiograph, SpacingSource};
