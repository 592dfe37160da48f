//! Header modules of the documents, which are report and key object: what was requested, and the evidence.

use std::collections::BTreeMap;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::attributes::{Item, image_reference, put, put_items, sop_reference};
use super::modules::{copy, copy_character_set};
use super::source::Source;
use crate::findings::{ImageIdentity, ReportRequest, SopClass};

/// SR Document Series and SR Document General modules (PS3.3 C.17.1, C.17.2).
pub fn sr_document_general(report: &mut Item, request: &ReportRequest, sop_class: SopClass, source: &Source) {
    put(report, tags::COMPLETION_FLAG, VR::CS, "COMPLETE");
    put(report, tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED");
    put(report, tags::PRELIMINARY_FLAG, VR::CS, "PRELIMINARY");
    put_items(report, tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![]);
    let images = request.identities();
    requests_and_evidence(report, source, &images);
    if let Some(before) = &request.predecessor {
        let same_class = before.reports.iter().find(|(class, _)| class.as_str() == sop_class.uid());
        let references =
            same_class.or(before.reports.first()).map(|(class, uid)| sop_reference(class.as_str(), uid.as_str()));
        let series = vec![(before.series_uid.as_str(), references.into_iter().collect())];
        let study = images[0].study_instance_uid.as_str();
        put_items(report, tags::PREDECESSOR_DOCUMENTS_SEQUENCE, vec![hierarchy(study, series)]);
    }
}

/// What every document refers to (PS3.3 C.17.1, C.17.2, C.17.6.1, C.17.6.2): no procedure step of its own, the
/// requests that it answers, and the images that it is about.
pub fn requests_and_evidence(document: &mut Item, source: &Source, images: &[&ImageIdentity]) {
    put_items(document, tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![]);
    requests(document, source);
    put_items(document, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![evidence(images)]);
}

/// Referenced Request Sequence, where the image says which request it answers. All its Type 2
/// attributes must be there.
pub fn requests(document: &mut Item, source: &Source) {
    const COPIED: [(Tag, VR); 6] = [
        (tags::ACCESSION_NUMBER, VR::SH),
        (tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, VR::LO),
        (tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, VR::LO),
        (tags::REQUESTED_PROCEDURE_ID, VR::SH),
        (tags::REQUESTED_PROCEDURE_DESCRIPTION, VR::LO),
        (tags::STUDY_INSTANCE_UID, VR::UI),
    ];
    let requested = source.get(tags::REQUEST_ATTRIBUTES_SEQUENCE).and_then(|e| e.items()).unwrap_or_default();
    let items: Vec<Item> = requested
        .iter()
        .map(|from| {
            let mut item = Item::new_empty();
            copy_character_set(&mut item, from.get(tags::SPECIFIC_CHARACTER_SET));
            for (tag, vr) in COPIED {
                put(&mut item, tag, vr, "");
                if let Some(element) = from.get(tag) {
                    item.put(element.clone());
                } else if matches!(tag, tags::STUDY_INSTANCE_UID | tags::ACCESSION_NUMBER) {
                    copy(&mut item, source, tag);
                }
            }
            put_items(&mut item, tags::REFERENCED_STUDY_SEQUENCE, vec![]);
            put_items(&mut item, tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, vec![]);
            item
        })
        .collect();
    if !items.is_empty() {
        put_items(document, tags::REFERENCED_REQUEST_SEQUENCE, items);
    }
}

/// Every image, by series.
fn evidence(images: &[&ImageIdentity]) -> Item {
    let mut by_series: BTreeMap<&str, Vec<Item>> = BTreeMap::new();
    for image in images {
        by_series.entry(image.series_instance_uid.as_str()).or_default().push(image_reference(image));
    }
    hierarchy(images[0].study_instance_uid.as_str(), by_series.into_iter().collect())
}

/// Study, series, instances (PS3.3 table C.17-3).
fn hierarchy(study: &str, series: Vec<(&str, Vec<Item>)>) -> Item {
    let series_item = |(uid, references)| {
        let mut item = Item::new_empty();
        put(&mut item, tags::SERIES_INSTANCE_UID, VR::UI, uid);
        put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, references);
        item
    };
    let mut item = Item::new_empty();
    put(&mut item, tags::STUDY_INSTANCE_UID, VR::UI, study);
    put_items(&mut item, tags::REFERENCED_SERIES_SEQUENCE, series.into_iter().map(series_item).collect());
    item
}
