//! Report: findings as DICOM.
//!
//! Owns: the structured report (TID 1500), the overlay picture, the presentation state, the key object, their
//! coding tables and character sets.
//! In: a [`ReportRequest`] with the findings of one study's images. Out: whole DICOM files.
//! Never: takes a time or a random number: the same request gives the same bytes.

mod appearance;
mod character_set;
mod codes;
mod content;
mod document;
pub mod drawing;
mod error;
mod file;
mod iso_2022;
mod key_object;
mod meanings;
mod measurements;
mod modules;
pub mod overlay;
mod presentation_state;
mod request;
mod secondary_capture;
mod source;
mod study;
mod wording;
pub mod words;

use std::borrow::Cow;

pub use error::ReportError;
pub use request::{Companions, FailedImage, ObjectKind, Predecessor, ReportImage, ReportObject, ReportRequest};
use source::Source;

/// Writes the structured report of a study, in each SOP class it is asked for, and then its companions.
///
/// # Errors
/// [`ReportError`] when a source image cannot be read any more or the request is empty.
pub fn write(request: &ReportRequest) -> Result<Vec<ReportObject>, ReportError> {
    let sources = request.images.iter().map(|image| Source::read(&image.file)).collect::<Result<Vec<_>, _>>()?;
    let failed = request.failed.iter().map(|image| Source::read(&image.file)).collect::<Result<Vec<_>, _>>()?;
    let request = &*in_words_for(request, sources.iter().chain(&failed));
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
    for (number, (image, source)) in (1..).zip(request.images.iter().zip(&sources)) {
        if request.companions.presentation_states {
            objects.push(presentation_state::write(request, number, image, source)?);
        }
    }
    if request.companions.key_object {
        objects.extend(key_object::write(request, source)?);
    }
    Ok(objects)
}

/// The request as it is, or in plain English: a source that is not in the character set it declares can only
/// be copied as it stands, and what its set is nobody knows, so that no other language can be said beside it.
fn in_words_for<'a>(request: &'a ReportRequest, mut of: impl Iterator<Item = &'a Source>) -> Cow<'a, ReportRequest> {
    if of.all(document::takes_any_text) {
        return Cow::Borrowed(request);
    }
    Cow::Owned(wording::in_plain_english(request))
}
