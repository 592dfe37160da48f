//! Report: findings as DICOM.
//!
//! Owns: the structured report (TID 1500), the overlay picture, and their coding tables.
//! In: a [`ReportRequest`] with the findings of one study's images. Out: whole DICOM files.
//! Never: takes a time or a random number: the same request gives the same bytes.

mod codes;
mod content;
mod document;
mod error;
mod file;
mod measurements;
mod modules;
pub mod overlay;
mod request;
mod secondary_capture;

pub use error::ReportError;
pub use request::{ObjectKind, ReportImage, ReportObject, ReportRequest};

/// Writes the structured report of a study and, when asked for, an overlay picture of each image;
/// the report first.
///
/// # Errors
/// [`ReportError`] when a source image cannot be read any more or the request is empty.
pub fn write(request: &ReportRequest) -> Result<Vec<ReportObject>, ReportError> {
    let sources =
        request.images.iter().map(|image| modules::read_header(&image.file)).collect::<Result<Vec<_>, _>>()?;
    let source = sources.first().ok_or(ReportError::NoImage)?;
    let mut objects = vec![document::write(request, source)?];
    if let Some(series) = &request.overlay_series_uid {
        for (number, (image, source)) in request.images.iter().zip(&sources).enumerate() {
            objects.push(secondary_capture::write(request, series, number as u32 + 1, image, source)?);
        }
    }
    Ok(objects)
}
