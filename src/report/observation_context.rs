//! What every document's content tree begins with: its language, and who observed.

use super::attributes::Item;
use super::codes;
use super::equipment::{MANUFACTURER, algorithm_name};
use super::sr_items::Relationship::{ConceptModifier, ObservationContext};
use super::sr_items::SrItems;
use crate::findings::ReportRequest;

/// TID 1204 "Language of Content Item and Descendants", then TID 1004 "Device Observer Identifying Attributes" as
/// TID 1002 includes it.
pub fn language_and_observer(sr: SrItems, request: &ReportRequest) -> Vec<Item> {
    vec![
        sr.code(ConceptModifier, codes::LANGUAGE, codes::language(sr.language)),
        sr.code(ObservationContext, codes::OBSERVER_TYPE, codes::DEVICE),
        sr.uid_reference(ObservationContext, codes::DEVICE_UID, request.device_uid.as_str()),
        sr.text(ObservationContext, codes::DEVICE_NAME, &request.observer_name),
        sr.text(ObservationContext, codes::DEVICE_MANUFACTURER, MANUFACTURER),
        sr.text(ObservationContext, codes::DEVICE_MODEL, &algorithm_name(&request.bundle)),
        sr.text(ObservationContext, codes::DEVICE_SERIAL, &request.observer_name),
    ]
}
