//! Report: findings as DICOM.
//!
//! Owns: the structured report (TID 1500), the overlay picture, and their coding tables.
//! In: a [`ReportRequest`] with the findings of one study's images. Out: whole DICOM files.
//! Never: takes a time or a random number: the same request gives the same bytes.

mod codes;
mod content;
mod document;
pub mod drawing;
mod error;
mod file;
mod measurements;
mod modules;
pub mod overlay;
mod request;
mod secondary_capture;
pub mod words;

pub use error::ReportError;
pub use request::{Companions, FailedImage, ObjectKind, Predecessor, ReportImage, ReportObject, ReportRequest};

/// Writes the structured report of a study, in each SOP class it is asked for, and then its companions.
///
/// # Errors
/// [`ReportError`] when a source image cannot be read any more or the request is empty.
pub fn write(request: &ReportRequest) -> Result<Vec<ReportObject>, ReportError> {
    let read = |file| modules::read_header(file);
    let sources = request.images.iter().map(|image| read(&image.file)).collect::<Result<Vec<_>, _>>()?;
    let failed = request.failed.iter().map(|image| read(&image.file)).collect::<Result<Vec<_>, _>>()?;
    let source = sources.first().or(failed.first()).ok_or(ReportError::NoImage)?;
    let mut objects = Vec::new();
    for sop_class in &request.sop_classes {
        objects.push(document::write(request, *sop_class, source)?);
    }
    for (number, (image, source)) in (1..).zip(request.images.iter().zip(&sources)) {
        if request.companions.pictures {
            objects.push(secondary_capture::write(request, number, image, source)?);
        }
    }
    Ok(objects)
}
