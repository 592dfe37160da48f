//! Header modules that all objects have: patient and study, taken over from the source image, series and equipment.

use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::mem::InMemElement;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use super::attributes::{Item, code_item, put, put_items};
use super::codes::{PRIVATE_SCHEME, PRIVATE_SCHEME_UID, PROCESSING_EQUIPMENT};
use super::equipment::{MANUFACTURER, algorithm_name, algorithm_version};
use super::source::Source;
use super::texts::{Text, sentences};
use crate::findings::{BundleIdentity, ImageIdentity, ReportRequest};
use crate::identifiers::Uid;

/// Patient and General Study attributes that must be there even when empty (Type 2).
const REQUIRED: [(Tag, VR); 9] = [
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::PATIENT_SEX, VR::CS),
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_TIME, VR::TM),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::STUDY_ID, VR::SH),
    (tags::ACCESSION_NUMBER, VR::SH),
];

/// Others of the Patient, General Study and Patient Study modules that are taken over when present.
const OPTIONAL: [Tag; 16] = [
    tags::STUDY_INSTANCE_UID,
    tags::ISSUER_OF_PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
    tags::PATIENT_BIRTH_TIME,
    tags::OTHER_PATIENT_I_DS_SEQUENCE,
    tags::PATIENT_COMMENTS,
    tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE,
    tags::STUDY_DESCRIPTION,
    tags::PROCEDURE_CODE_SEQUENCE,
    tags::PHYSICIANS_OF_RECORD,
    tags::REFERENCED_STUDY_SEQUENCE,
    tags::PATIENT_AGE,
    tags::PATIENT_SIZE,
    tags::PATIENT_WEIGHT,
    tags::TIMEZONE_OFFSET_FROM_UTC,
    tags::INSTITUTION_NAME,
];

/// A new object with the patient and study of `source`, their texts and the character set byte for byte.
pub fn in_the_study_of(source: &Source) -> Item {
    let mut object = Item::new_empty();
    copy_character_set(&mut object, source.get(tags::SPECIFIC_CHARACTER_SET));
    for (tag, vr) in REQUIRED {
        put(&mut object, tag, vr, "");
    }
    for tag in REQUIRED.iter().map(|(tag, _)| *tag).chain(OPTIONAL) {
        copy(&mut object, source, tag);
    }
    object
}

/// What tells an object of a report from the others.
pub struct Heading<'a> {
    /// SOP Class UID.
    pub sop_class: &'a str,
    /// SOP Instance UID.
    pub sop_instance: &'a Uid,
    /// Modality of the series.
    pub modality: &'a str,
    /// Series Instance UID.
    pub series: &'a Uid,
    /// Series Number, counted from the report's.
    pub series_after: u32,
    /// Instance Number.
    pub number: u32,
}

/// A new object in the study of `source` that says what it is.
pub fn begin(request: &ReportRequest, source: &Source, heading: &Heading<'_>) -> Item {
    let mut object = in_the_study_of(source);
    put(&mut object, tags::SOP_CLASS_UID, VR::UI, heading.sop_class);
    put(&mut object, tags::SOP_INSTANCE_UID, VR::UI, heading.sop_instance.as_str());
    put(&mut object, tags::MODALITY, VR::CS, heading.modality);
    put(&mut object, tags::SERIES_INSTANCE_UID, VR::UI, heading.series.as_str());
    put(&mut object, tags::SERIES_NUMBER, VR::IS, &(request.series_number + heading.series_after).to_string());
    put(&mut object, tags::INSTANCE_NUMBER, VR::IS, &heading.number.to_string());
    object
}

/// Series, equipment and times that report and picture share.
pub fn describe(object: &mut Item, request: &ReportRequest, bundle: &BundleIdentity, description: &str) {
    let (date, time) = date_and_time(object, &request.content_time);
    put(object, tags::SERIES_DESCRIPTION, VR::LO, description);
    put(object, tags::SERIES_DATE, VR::DA, &date);
    put(object, tags::SERIES_TIME, VR::TM, &time);
    put(object, tags::CONTENT_DATE, VR::DA, &date);
    put(object, tags::CONTENT_TIME, VR::TM, &time);
    put(object, tags::INSTANCE_CREATION_DATE, VR::DA, &date);
    put(object, tags::INSTANCE_CREATION_TIME, VR::TM, &time);
    put(object, tags::MANUFACTURER, VR::LO, MANUFACTURER);
    put(object, tags::MANUFACTURER_MODEL_NAME, VR::LO, "spinetriage");
    put(object, tags::DEVICE_SERIAL_NUMBER, VR::LO, &request.observer_name);
    put(object, tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"));
    put_items(object, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, vec![equipment(request, bundle)]);
}

/// Names the model of the request and every other one that analysed an image of it.
pub fn name_all_algorithms(object: &mut Item, request: &ReportRequest) {
    let mut bundles = vec![&request.bundle];
    for bundle in request.images.iter().map(|image| &image.findings.bundle) {
        let named = |b: &BundleIdentity| (algorithm_name(b), algorithm_version(b));
        if bundles.iter().all(|known| named(known) != named(bundle)) {
            bundles.push(bundle);
        }
    }
    let all = bundles.into_iter().map(|bundle| equipment(request, bundle)).collect();
    put_items(object, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, all);
}

/// IHE AI Results 6.5.3.1: the algorithm is a piece of processing equipment.
fn equipment(request: &ReportRequest, bundle: &BundleIdentity) -> Item {
    let mut equipment = Item::new_empty();
    put_items(&mut equipment, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![code_item(PROCESSING_EQUIPMENT)]);
    put(&mut equipment, tags::MANUFACTURER, VR::LO, MANUFACTURER);
    put(&mut equipment, tags::MANUFACTURER_MODEL_NAME, VR::LO, &algorithm_name(bundle));
    put(&mut equipment, tags::SOFTWARE_VERSIONS, VR::LO, &algorithm_version(bundle));
    put(&mut equipment, tags::DEVICE_UID, VR::UI, request.device_uid.as_str());
    put(
        &mut equipment,
        tags::CONTRIBUTION_DESCRIPTION,
        VR::ST,
        &sentences(&[Text::AutomaticTriage, Text::ResearchUseOnly], request.language),
    );
    equipment
}

/// Body Part Examined, of an image that does not say it the spine: without a body part that has no sides, a
/// Laterality would have to be there (PS3.3 C.7.3.1).
pub fn put_body_part(object: &mut Item, of: &ImageIdentity) {
    let body_part = if of.body_part.is_empty() { "SPINE" } else { &of.body_part };
    put(object, tags::BODY_PART_EXAMINED, VR::CS, body_part);
}

/// Declares our private coding scheme (PS3.3 C.12.1.1.1) beside those of the source, whose codes are copied.
pub fn declare_schemes(object: &mut Item, source: &Source) {
    let mut scheme = Item::new_empty();
    put(&mut scheme, tags::CODING_SCHEME_DESIGNATOR, VR::SH, PRIVATE_SCHEME);
    put(&mut scheme, tags::CODING_SCHEME_UID, VR::UI, PRIVATE_SCHEME_UID);
    put(&mut scheme, tags::CODING_SCHEME_NAME, VR::ST, "Classes of spinetriage's model bundles");
    put(&mut scheme, tags::CODING_SCHEME_RESPONSIBLE_ORGANIZATION, VR::ST, MANUFACTURER);
    let of_source = source.get(tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE).and_then(|e| e.items());
    let all = of_source.unwrap_or_default().iter().cloned().chain([scheme]).collect();
    put_items(object, tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, all);
}

/// DA and TM of a UTC time stamp, in the time zone that `object` says its dates and times are in: where it has
/// Timezone Offset From UTC, that holds for all of them (PS3.3 C.12.1.1.8).
pub fn date_and_time(object: &Item, stamp: &str) -> (String, String) {
    let there = OffsetDateTime::parse(stamp, &Rfc3339).map(|utc| utc.to_offset(offset_of(object)).to_string());
    let text = there.unwrap_or_else(|_| stamp.replace('T', " "));
    let (date, time) = text.split_once(' ').unwrap_or((&text, ""));
    let time: String =
        time.split(['.', ' ']).next().unwrap_or("").split(':').map(|part| format!("{part:0>2}")).collect();
    (date.chars().filter(char::is_ascii_digit).collect(), time)
}

/// Timezone Offset From UTC, `+HHMM`; none, or one that is no offset, is UTC.
fn offset_of(object: &Item) -> UtcOffset {
    let read = || {
        let element = object.get(tags::TIMEZONE_OFFSET_FROM_UTC)?;
        let bytes = element.to_bytes().ok()?;
        let text = std::str::from_utf8(&bytes).ok()?.trim_matches([' ', '\0']);
        UtcOffset::parse(text, format_description!("[offset_hour sign:mandatory][offset_minute]")).ok()
    };
    read().unwrap_or(UtcOffset::UTC)
}

/// Copies an element of the source under the same tag. An item that declares a character set of its own
/// takes only what is ASCII.
pub fn copy(object: &mut Item, source: &Source, tag: Tag) -> bool {
    let own = object.get(tags::SPECIFIC_CHARACTER_SET);
    let same_set = own.is_none_or(|own| Some(own) == source.get(tags::SPECIFIC_CHARACTER_SET));
    let is_ascii = |element: &InMemElement| element.to_bytes().is_ok_and(|bytes| bytes.is_ascii());
    let element = source.get(tag).filter(|element| same_set || is_ascii(element));
    element.map(|element| object.put(DataElement::clone(element))).is_some()
}

/// Copies a Specific Character Set. An empty one is left out: it means the same, and is not allowed (Type 1C).
pub fn copy_character_set(item: &mut Item, declared: Option<&InMemElement>) {
    if let Some(element) =
        declared.filter(|e| e.to_bytes().is_ok_and(|value| value.iter().any(|b| !b" \0".contains(b))))
    {
        item.put(element.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_zone_that_the_object_declares() {
        let at = |offset: &str| {
            let mut object = Item::new_empty();
            put(&mut object, tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH, offset);
            let (date, time) = date_and_time(&object, "2026-01-05T22:01:12.345Z");
            format!("{date} {time}")
        };
        assert_eq!(at("+0800"), "20260106 060112");
        assert_eq!(at("-0330 "), "20260105 183112");
        assert_eq!([at(""), at("local"), at("+9900")], ["20260105 220112"; 3]);
        assert_eq!(date_and_time(&Item::new_empty(), "2026-01-05T22:01:12.345Z").1, "220112");
    }
}
