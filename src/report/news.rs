//! What a version of a report sends beside the report itself: what is new, and the pictures that would say
//! something else by now.

use std::path::Path;

use super::error::ReportError;
use super::overlay::Headline;
use super::source::Source;
use crate::findings::{Findings, ReportImage, ReportRequest};

/// An image of which a version sends a picture or a presentation state.
#[derive(Debug)]
pub struct Film<'a> {
    /// Its place among the request's images.
    index: usize,
    /// Where its pixels are.
    pub file: &'a Path,
    /// Its header.
    pub source: Source,
    /// Whether its picture is sent.
    pub picture: bool,
    /// Whether its presentation state is sent.
    pub state: bool,
}

impl Film<'_> {
    /// Instance Number of what is written of it: its number in the image library.
    pub fn number(&self) -> u32 {
        self.index as u32 + 1
    }

    /// The image, in `request` or in the same request in other words.
    pub fn image<'r>(&self, request: &'r ReportRequest) -> &'r ReportImage {
        &request.images[self.index]
    }
}

/// The images of which this version sends something, with their headers; those of other images are not read.
///
/// What the report's predecessor told of in the same way was sent with it, or with a version before it:
///
/// - A presentation state says what is on its own film, and is sent when that is new.
/// - A picture's header also names the most suspicious body of the study. It is sent when the film is new, and
///   again when its header would not say what the predecessor's did. Films as ordinary as those before change no
///   header; a worse one changes those of all.
/// - What the predecessor's headers said follows from the images it told of. When this request has all of them
///   unchanged, that is known. When it lacks one, or has other findings of it, it is not, and every picture is
///   sent again: better twice than one in the archive that names a fracture no version knows of any more.
/// - Of an image without a file nothing can be drawn. Its last picture stays, and the report is right.
///
/// # Errors
/// [`ReportError::Source`] when one of them cannot be read any more.
pub fn films(request: &ReportRequest) -> Result<Vec<Film<'_>>, ReportError> {
    let stale = stale_pictures(request);
    let mut films = Vec::new();
    for ((index, image), stale) in request.images.iter().enumerate().zip(stale) {
        let picture = request.companions.pictures && (!image.told || stale);
        let state = request.companions.presentation_states && !image.told;
        if let Some(file) = image.file.as_deref().filter(|_| picture || state) {
            films.push(Film { index, file, source: Source::read(file)?, picture, state });
        }
    }
    Ok(films)
}

/// Of each image whether the header of a picture that the predecessor may have sent is not known to be right still.
fn stale_pictures(request: &ReportRequest) -> Vec<bool> {
    let all: Vec<&Findings> = request.images.iter().map(|image| &image.findings).collect();
    let told: Vec<&Findings> = request.images.iter().filter(|image| image.told).map(|image| &image.findings).collect();
    let is_all_that_was_told = request.predecessor.as_ref().is_some_and(|before| before.images as usize == told.len());
    let [now, before] = [Headline::of(&all), Headline::of(&told)];
    let says_otherwise = |film: &Findings| now.on(film, request.language) != before.on(film, request.language);
    all.into_iter().map(|film| !is_all_that_was_told || says_otherwise(film)).collect()
}
