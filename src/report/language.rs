//! The language that a version of the report can be written in.

use std::borrow::Cow;

use super::document_modules::requests;
use super::encoding;
use super::modules::in_the_study_of;
use super::source::Source;
use crate::findings::{BundleIdentity, Language, ReportRequest};

/// The request as it is, or in plain English: a source that is not in the character set it declares can only
/// be copied as it stands, and what its set is nobody knows, so that no other language can be said beside it.
/// `of` are the sources that a text is copied from, each object's own; what no object of this version copies
/// from does not bind its language.
pub fn in_words_for<'a>(
    request: &'a ReportRequest,
    mut of: impl Iterator<Item = &'a Source>,
) -> Cow<'a, ReportRequest> {
    if of.all(takes_any_text) {
        return Cow::Borrowed(request);
    }
    Cow::Owned(in_plain_english(request))
}

/// Whether any language can be written beside what is copied from `source`.
fn takes_any_text(source: &Source) -> bool {
    let mut copied = in_the_study_of(source);
    requests(&mut copied, source);
    encoding::takes_any_text(&copied)
}

/// The request with texts of ours in ASCII: in English, and classes called by their codes.
fn in_plain_english(request: &ReportRequest) -> ReportRequest {
    let mut plain = request.clone();
    plain.language = Language::English;
    name_by_code(&mut plain.bundle);
    plain.images.iter_mut().for_each(|image| name_by_code(&mut image.findings.bundle));
    plain
}

fn name_by_code(bundle: &mut BundleIdentity) {
    for class in bundle.classes.iter_mut().filter(|class| !class.name.is_ascii()) {
        class.name = class.code.clone();
    }
}
