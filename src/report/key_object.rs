//! A Key Object Selection (PS3.3 A.35.4, TID 2010 of PS3.16): the films of a study with a fracture, so
//! that a viewer can list them.

use dicom_dictionary_std::uids;

use super::attributes::Item;
use super::codes;
use super::document_modules::requests_and_evidence;
use super::error::ReportError;
use super::file::{self, Identity};
use super::modules::{Heading, begin, describe, name_all_algorithms};
use super::object::ReportObject;
use super::observation_context::language_and_observer;
use super::source::Source;
use super::sr_items::Relationship::Contains;
use super::sr_items::{SrItems, selected_image};
use super::study::is_flagged;
use super::texts::{self, Text, sentences};
use crate::findings::{Findings, ImageIdentity, ObjectKind, ReportRequest, Vertebra};
use crate::identifiers::Uid;

/// Writes the selection with patient and study of `source`; `None` when there is nothing to select.
pub fn write(request: &ReportRequest, source: &Source) -> Result<Option<ReportObject>, ReportError> {
    let all = request.images.iter().map(|image| &image.findings);
    let flagged = all.filter(|findings| fractures(findings).next().is_some());
    let images: Vec<&ImageIdentity> = flagged.map(|findings| &findings.image).collect();
    if images.is_empty() {
        return Ok(None);
    }
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
    requests_and_evidence(&mut object, source, &images);

    let sr = SrItems { language: request.language };
    sr.root(&mut object, codes::OF_INTEREST, "2010", content(sr, request, &images));
    file::finish(object, ObjectKind::KeyObject, Identity { sop_class, sop_instance: &uid }).map(Some)
}

/// TID 2010 below its root: context, description, images.
fn content(sr: SrItems, request: &ReportRequest, selected: &[&ImageIdentity]) -> Vec<Item> {
    let mut items = language_and_observer(sr, request);
    items.push(sr.text(Contains, codes::KEY_OBJECT_DESCRIPTION, &description(request)));
    items.extend(selected.iter().map(|image| selected_image(image)));
    items
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
    findings.vertebrae.iter().filter(|vertebra| is_flagged(vertebra))
}
