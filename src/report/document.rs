//! The structured report: TID 1500 "Measurement Report" (PS3.16) as a Comprehensive (3D) SR.

use super::attributes::Item;
use super::codes;
use super::document_modules::sr_document_general;
use super::error::ReportError;
use super::file::{self, Identity};
use super::image_library;
use super::measurements;
use super::modules::{Heading, begin, declare_schemes, describe, name_all_algorithms};
use super::object::ReportObject;
use super::observation_context::language_and_observer;
use super::source::Source;
use super::sr_items::Relationship::{ConceptModifier, Contains};
use super::sr_items::SrItems;
use super::study;
use super::texts::{self, Text, sentences};
use crate::findings::{ObjectKind, ReportRequest, SopClass};

/// Writes the report with patient and study of `source`: the header's modules, then the content tree.
pub fn write(request: &ReportRequest, sop_class: SopClass, source: &Source) -> Result<ReportObject, ReportError> {
    let uid = request.uid_in(sop_class);
    let heading = Heading {
        sop_class: sop_class.uid(),
        sop_instance: &uid,
        modality: "SR",
        series: &request.series_uid,
        series_after: 0,
        number: request.version,
    };
    let mut report = begin(request, source, &heading);
    let result = measurements::study_triage(request).map(|triage| triage.result);
    let series = texts::series(Text::ReportSeries, result, request.language);
    describe(&mut report, request, &request.bundle, &series);
    name_all_algorithms(&mut report, request);
    declare_schemes(&mut report, source);
    sr_document_general(&mut report, request, sop_class, source);

    let sr = SrItems { language: request.language };
    sr.root(&mut report, codes::REPORT_TITLE, "1500", content(sr, request));
    file::finish(report, ObjectKind::StructuredReport, Identity { sop_class: sop_class.uid(), sop_instance: &uid })
}

/// TID 1500 below its root: context, the study in a sentence, images, measurements, and what nobody may take it for.
fn content(sr: SrItems, request: &ReportRequest) -> Vec<Item> {
    let vertebrae = study::vertebrae(request.images.iter().map(|image| &image.findings));
    let mut items = language_and_observer(sr, request);
    items.push(sr.code(ConceptModifier, codes::PROCEDURE_REPORTED, codes::IMAGING_PROCEDURE));
    items.push(sr.text(Contains, codes::COMMENT, &measurements::summary(request, &vertebrae)));
    items.push(image_library::library(sr, request));
    items.push(sr.container(codes::MEASUREMENTS, None, measurements::groups(sr, request, &vertebrae)));
    let notice = sentences(&[Text::ResearchUseOnly, Text::WrittenByProgram], sr.language);
    items.push(sr.text(Contains, codes::COMMENT, &notice));
    items
}
