//! Report: findings as DICOM.
//!
//! Owns: the structured report (TID 1500), the overlay picture, the presentation state, the key object, their
//! coding tables and character sets.
//! In: a [`ReportRequest`] with the findings of one study's images. Out: whole DICOM files.
//! Never: takes a time or a random number: the same request gives the same bytes.

// Each group uses those above it. What everything is made of:
mod attributes;
mod codes;
mod encoding;
mod equipment;
mod error;
mod object;
mod study;
mod texts;
mod translations;

// Header and file, of every kind of object:
mod document_modules;
mod file;
mod language;
mod modules;
mod source;

// The content tree of report and key object:
mod image_library;
mod measurements;
mod observation_context;
mod sr_items;

// What is drawn, and on which films:
mod appearance;
pub mod drawing;
mod news;
pub mod overlay;

// The objects:
mod document;
mod key_object;
mod presentation_state;
mod secondary_capture;

use crate::findings::ReportRequest;
pub use error::ReportError;
pub use object::ReportObject;
use source::Source;

/// Writes the structured report of a study, in each SOP class it is asked for, and then those of its companions
/// that no version before sent as they are now ([`news::films`]).
///
/// # Errors
/// [`ReportError`] when no source image can be read any more, or not one that is to be drawn, or the request is empty.
pub fn write(request: &ReportRequest) -> Result<Vec<ReportObject>, ReportError> {
    let source = &source_of(request)?;
    let films = news::films(request)?;
    let request = &*language::in_words_for(request, films.iter().map(|film| &film.source).chain([source]));
    let mut objects = Vec::new();
    for sop_class in &request.sop_classes {
        objects.push(document::write(request, *sop_class, source)?);
    }
    for film in films.iter().filter(|film| film.picture) {
        objects.push(secondary_capture::write(request, film)?);
    }
    for film in films.iter().filter(|film| film.state) {
        objects.push(presentation_state::write(request, film)?);
    }
    if request.companions.key_object {
        objects.extend(key_object::write(request, source)?);
    }
    Ok(objects)
}

/// What patient and study are copied from: the first image whose file is there and can be read.
fn source_of(request: &ReportRequest) -> Result<Source, ReportError> {
    let mut first_failure = None;
    for file in request.files() {
        match Source::read(file) {
            Ok(source) => return Ok(source),
            Err(error) => first_failure = first_failure.or(Some(error)),
        }
    }
    let images = request.identities().len();
    Err(first_failure.unwrap_or(if images == 0 { ReportError::NoImage } else { ReportError::NoFile { images } }))
}
