//! Report: findings as DICOM.
//!
//! Owns: the structured report (TID 1500), the overlay picture, the presentation state, the key object, their
//! coding tables and character sets.
//! In: a [`ReportRequest`] with the findings of one study's images. Out: whole DICOM files.
//! Never: takes a time or a random number: the same request gives the same bytes.

mod appearance;
mod codes;
mod document;
pub mod drawing;
mod encoding;
mod error;
mod file;
mod key_object;
mod measurements;
mod modules;
mod news;
mod object;
pub mod overlay;
mod presentation_state;
mod secondary_capture;
mod source;
mod sr_items;
mod study;
pub mod texts;
mod translations;

use std::borrow::Cow;

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
    let request = &*in_words_for(request, films.iter().map(|film| &film.source).chain([source]));
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

/// The request as it is, or in plain English: a source that is not in the character set it declares can only
/// be copied as it stands, and what its set is nobody knows, so that no other language can be said beside it.
/// `of` are the sources that a text is copied from, each object's own; what no object of this version copies
/// from does not bind its language.
fn in_words_for<'a>(request: &'a ReportRequest, mut of: impl Iterator<Item = &'a Source>) -> Cow<'a, ReportRequest> {
    if of.all(document::takes_any_text) {
        return Cow::Borrowed(request);
    }
    Cow::Owned(encoding::in_plain_english(request))
}
