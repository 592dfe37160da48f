//! Imaging: from DICOM pixel data to the one picture every model step sees.
//!
//! Owns: decoding, Modality LUT, polarity, pixel spacing, the exposed field, cropping, turning, resampling,
//! windowing.
//! In: a file of the spool, or a grey PNG. Out: a [`Radiograph`] and what identifies it.
//! Never: touches the network, the database or a model.

mod attributes;
mod codestream;
mod crop;
pub mod decode;
mod encapsulated;
mod entropy;
mod error;
mod exposed_field;
mod identity;
mod jpeg;
mod jpeg2000;
mod jpeg_dct;
mod jpeg_lossless;
mod jpegls;
mod lookup_table;
mod markers;
mod modality;
mod pixel_data;
mod pixel_module;
pub mod png;
mod radiograph;
mod resample;
mod rle;
mod samples;
mod spacing;
mod turned;
mod voi;
mod window;

pub use error::ImagingError;
pub use radiograph::{MAX_PIXELS, Radiograph};
pub use turned::Sight;
pub use voi::Voi;
