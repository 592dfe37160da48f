//! The structured report: TID 1500 "Measurement Report" (PS3.16) as a Comprehensive (3D) SR.

use std::collections::BTreeMap;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::codes::{self, Code};
use super::encoding;
use super::error::ReportError;
use super::file::{self, Identity};
use super::measurements;
use super::modules::{
    Heading, MANUFACTURER, algorithm_name, begin, copy, copy_character_set, declare_schemes, describe, in_the_study_of,
    name_all_algorithms,
};
use super::object::ReportObject;
use super::source::Source;
use super::sr_items::Relationship::{AcquisitionContext, ConceptModifier, Contains, ObservationContext};
use super::sr_items::{
    Item, code, code_item, container, image, number, put, put_items, sop_reference, template_item, text, uid_reference,
    with_children,
};
use super::texts::{Text, sentences};
use super::translations::say_in;
use crate::findings::{ImageIdentity, Language, ObjectKind, ReportRequest, SopClass};

/// Writes the report with patient and study of `source`.
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
    describe(&mut report, request, &request.bundle, Text::ReportSeries.said_in(request.language));
    name_all_algorithms(&mut report, request);
    declare_schemes(&mut report, source);
    general(&mut report, request, sop_class, source);
    content(&mut report, request);
    file::finish(report, ObjectKind::StructuredReport, Identity { sop_class: sop_class.uid(), sop_instance: &uid })
}

/// Whether any language can be written beside what is copied from `source`.
pub fn takes_any_text(source: &Source) -> bool {
    let mut copied = in_the_study_of(source);
    requests(&mut copied, source);
    encoding::takes_any_text(&copied)
}

/// SR Document Series and SR Document General modules (PS3.3 C.17.1, C.17.2).
fn general(report: &mut Item, request: &ReportRequest, sop_class: SopClass, source: &Source) {
    put(report, tags::COMPLETION_FLAG, VR::CS, "COMPLETE");
    put(report, tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED");
    put(report, tags::PRELIMINARY_FLAG, VR::CS, "PRELIMINARY");
    put_items(report, tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![]);
    put_items(report, tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![]);
    requests(report, source);
    let images = request.identities();
    let study = images[0].study_instance_uid.as_str();
    put_items(report, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![evidence(&images)]);
    if let Some(before) = &request.predecessor {
        let same_class = before.reports.iter().find(|(class, _)| class.as_str() == sop_class.uid());
        let references =
            same_class.or(before.reports.first()).map(|(class, uid)| sop_reference(class.as_str(), uid.as_str()));
        let series = vec![(before.series_uid.as_str(), references.into_iter().collect())];
        put_items(report, tags::PREDECESSOR_DOCUMENTS_SEQUENCE, vec![hierarchy(study, series)]);
    }
}

/// Referenced Request Sequence, where the image says which request it answers. All its Type 2
/// attributes must be there.
pub fn requests(report: &mut Item, source: &Source) {
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
        put_items(report, tags::REFERENCED_REQUEST_SEQUENCE, items);
    }
}

/// Every image of the report, by series.
pub fn evidence(images: &[&ImageIdentity]) -> Item {
    let mut by_series: BTreeMap<&str, Vec<Item>> = BTreeMap::new();
    for image in images {
        let reference = sop_reference(image.sop_class_uid.as_str(), image.sop_instance_uid.as_str());
        by_series.entry(image.series_instance_uid.as_str()).or_default().push(reference);
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

/// The root container and the whole tree below it.
fn content(report: &mut Item, request: &ReportRequest) {
    let mut items = vec![code(ConceptModifier, codes::LANGUAGE, codes::language(request.language))];
    items.extend(observer(request));
    items.push(code(ConceptModifier, codes::PROCEDURE_REPORTED, codes::IMAGING_PROCEDURE));
    items.push(text(Contains, codes::COMMENT, &measurements::summary(request)));
    let entries = request.identities().into_iter().map(|image| library_entry(request, image)).collect();
    let group = container(codes::IMAGE_LIBRARY_GROUP, None, entries);
    items.push(container(codes::IMAGE_LIBRARY, Some("1600"), vec![group]));
    items.push(container(codes::MEASUREMENTS, None, measurements::groups(request)));
    items.push(text(
        Contains,
        codes::COMMENT,
        &sentences(&[Text::ResearchUseOnly, Text::WrittenByProgram], request.language),
    ));

    root(report, codes::REPORT_TITLE, "1500", items, request.language);
}

/// The root of a content tree that follows `template`, said in `language`.
pub fn root(document: &mut Item, title: Code<'_>, template: &str, mut items: Vec<Item>, language: Language) {
    let mut title = code_item(title);
    for item in items.iter_mut().chain([&mut title]) {
        say_in(language, item);
    }
    put(document, tags::VALUE_TYPE, VR::CS, "CONTAINER");
    put_items(document, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![title]);
    put(document, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    put_items(document, tags::CONTENT_TEMPLATE_SEQUENCE, vec![template_item(template)]);
    put_items(document, tags::CONTENT_SEQUENCE, items);
}

/// TID 1004: the device that observed.
pub fn observer(request: &ReportRequest) -> [Item; 6] {
    [
        code(ObservationContext, codes::OBSERVER_TYPE, codes::DEVICE),
        uid_reference(ObservationContext, codes::DEVICE_UID, request.device_uid.as_str()),
        text(ObservationContext, codes::DEVICE_NAME, &request.observer_name),
        text(ObservationContext, codes::DEVICE_MANUFACTURER, MANUFACTURER),
        text(ObservationContext, codes::DEVICE_MODEL, &algorithm_name(&request.bundle)),
        text(ObservationContext, codes::DEVICE_SERIAL, &request.observer_name),
    ]
}

/// TID 1601 with the descriptors of TID 1602 and 1603. Of two images with one SOP Instance UID each says its series.
fn library_entry(request: &ReportRequest, identity: &ImageIdentity) -> Item {
    let mut about = vec![code(AcquisitionContext, codes::MODALITY, codes::modality(&identity.modality))];
    if request.shares_its_uid(identity) {
        about.push(uid_reference(AcquisitionContext, codes::SERIES, identity.series_instance_uid.as_str()));
    }
    // Nothing is known of the size of an image that could not be read.
    for (name, size) in [(codes::ROWS, identity.rows), (codes::COLUMNS, identity.columns)] {
        about.extend((size > 0).then(|| number(AcquisitionContext, name, f64::from(size), codes::PIXELS)));
    }
    if let Some([row, column]) = &identity.patient_orientation {
        about.push(text(AcquisitionContext, codes::ORIENTATION_ROW, row));
        about.push(text(AcquisitionContext, codes::ORIENTATION_COLUMN, column));
    }
    if let Some(spacing) = identity.pixel_spacing {
        about.push(number(AcquisitionContext, codes::SPACING_HORIZONTAL, spacing.column_mm, codes::MILLIMETRES));
        about.push(number(AcquisitionContext, codes::SPACING_VERTICAL, spacing.row_mm, codes::MILLIMETRES));
    }
    with_children(
        image(Contains, codes::SOURCE, identity.sop_class_uid.as_str(), identity.sop_instance_uid.as_str()),
        about,
    )
}
