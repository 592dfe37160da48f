//! A Key Object Selection (PS3.3 A.35.4, TID 2010 of PS3.16): the films of a study with a fracture, so
//! that a viewer can list them.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::codes;
use super::document::{evidence, observer, requests, root};
use super::error::ReportError;
use super::file::{self, Identity};
use super::modules::{Heading, begin, describe, name_all_algorithms};
use super::object::ReportObject;
use super::source::Source;
use super::sr_items::Relationship::{ConceptModifier, Contains};
use super::sr_items::{Item, code, put, put_items, sop_reference, text};
use super::study::is_flagged;
use super::texts::{self, Text, sentences};
use crate::findings::{Findings, ImageIdentity, ObjectKind, ReportRequest, Vertebra};
use crate::identifiers::Uid;

/// Writes the selection with patient and study of `source`; `None` when there is nothing to select.
pub fn write(request: &ReportRequest, source: &Source) -> Result<Option<ReportObject>, ReportError> {
    let all = request.images.iter().map(|image| &image.findings);
    let flagged: Vec<&Findings> = all.filter(|findings| fractures(findings).next().is_some()).collect();
    if flagged.is_empty() {
        return Ok(None);
    }
    let images: Vec<&ImageIdentity> = flagged.iter().map(|findings| &findings.image).collect();
    let uid = Uid::derived(&["key-object", request.report_uid.as_str()]);
    let series = Uid::derived(&["key-object-series", request.series_uid.as_str()]);

    let sop_class = uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE;
    let heading = Heading {
        sop_class,
        sop_instance: &uid,
        modality: "KO",
        series: &series,
        series_after: 3,
        number: request.version,
    };
    let mut object = begin(request, source, &heading);
    describe(&mut object, request, &request.bundle, Text::KeyImagesSeries.said_in(request.language));
    name_all_algorithms(&mut object, request);
    put_items(&mut object, tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![]);
    requests(&mut object, source);
    put_items(&mut object, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![evidence(&images)]);
    content(&mut object, request, &flagged);
    file::finish(object, ObjectKind::KeyObject, Identity { sop_class, sop_instance: &uid }).map(Some)
}

/// TID 2010: language, observer, description, images.
fn content(object: &mut Item, request: &ReportRequest, flagged: &[&Findings]) {
    let mut items = vec![code(ConceptModifier, codes::LANGUAGE, codes::language(request.language))];
    items.extend(observer(request));
    items.push(text(Contains, codes::KEY_OBJECT_DESCRIPTION, &description(request)));
    items.extend(flagged.iter().map(|findings| selected(&findings.image)));
    root(object, codes::OF_INTEREST, "2010", items, request.language);
}

/// An image of the selection: TID 2010 gives it no concept name.
fn selected(image: &ImageIdentity) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS");
    put(&mut item, tags::VALUE_TYPE, VR::CS, "IMAGE");
    let reference = sop_reference(image.sop_class_uid.as_str(), image.sop_instance_uid.as_str());
    put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, vec![reference]);
    item
}

/// What a person reads beside the images, which are numbered as in the report's image library.
fn description(request: &ReportRequest) -> String {
    let language = request.language;
    let found = |(number, findings, v): (usize, &Findings, &Vertebra)| {
        let label = texts::full_label(v, language);
        let label = if request.images.len() > 1 { texts::on_image(&label, number, language) } else { label };
        let class = texts::class_name(&findings.bundle.classes[v.class], language);
        let probability = texts::probability(v.probabilities[v.class], language);
        texts::pair(&label, &texts::with_remark(class, &probability, language), language)
    };
    let images = (1..).zip(request.images.iter().map(|image| &image.findings));
    let all = images.flat_map(|(number, findings)| fractures(findings).map(move |v| (number, findings, v)));
    let lines: Vec<_> = all.map(found).collect();
    let frame = [Text::FractureSuspected, Text::ResearchUseOnly].map(|text| sentences(&[text], language));
    format!("{}\r\n{}\r\n{}", frame[0], lines.join("\r\n"), frame[1])
}

/// The vertebrae that a person should look at.
fn fractures(findings: &Findings) -> impl Iterator<Item = &Vertebra> {
    let flagged = |class: usize| is_flagged(&findings.bundle.classes[class], class);
    findings.vertebrae.iter().filter(move |vertebra| flagged(vertebra.class))
}
