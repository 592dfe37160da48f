//! The messages of storage commitment as an archive reads and writes them (PS3.4 Annex J), through dicom-object.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::{TransferSyntaxRegistry, entries};

/// N-ACTION-RQ, a value of Command Field (PS3.7 9.1).
pub const N_ACTION_RQ: u16 = 0x0130;
const N_EVENT_REPORT_RQ: u16 = 0x0100;
/// Storage Commitment Push Model SOP Class and its well-known instance (PS3.4 J.3.5).
const PUSH_MODEL: &str = "1.2.840.10008.1.20.1";
const PUSH_MODEL_INSTANCE: &str = "1.2.840.10008.1.20.1.1";

/// What an archive is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    pub transaction: String,
    /// SOP class and instance.
    pub objects: Vec<(String, String)>,
}

/// Reads the data set of an N-ACTION.
pub fn read_request(dataset: &[u8], transfer_syntax: &str) -> Request {
    let syntax = TransferSyntaxRegistry.get(transfer_syntax).unwrap();
    let object = InMemDicomObject::read_dataset_with_ts(dataset, syntax).unwrap();
    let text = |object: &InMemDicomObject, tag| {
        object.element(tag).unwrap().to_str().unwrap().trim_end_matches('\0').to_owned()
    };
    let items = object.element(tags::REFERENCED_SOP_SEQUENCE).unwrap().items().unwrap();
    let objects = items
        .iter()
        .map(|item| (text(item, tags::REFERENCED_SOP_CLASS_UID), text(item, tags::REFERENCED_SOP_INSTANCE_UID)))
        .collect();
    Request { transaction: text(&object, tags::TRANSACTION_UID), objects }
}

/// Command set and data set of an N-EVENT-REPORT: everything is committed, or failed with this reason.
pub fn report(request: &Request, failure: Option<u16>, transfer_syntax: &str) -> (Vec<u8>, Vec<u8>) {
    let number = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let uid = |tag: Tag, value: &str| DataElement::new(tag, VR::UI, value);
    let event_type = if failure.is_some() { 2 } else { 1 };
    let command = InMemDicomObject::command_from_element_iter([
        uid(tags::AFFECTED_SOP_CLASS_UID, PUSH_MODEL),
        number(tags::COMMAND_FIELD, N_EVENT_REPORT_RQ),
        number(tags::MESSAGE_ID, 1),
        number(tags::COMMAND_DATA_SET_TYPE, 0),
        uid(tags::AFFECTED_SOP_INSTANCE_UID, PUSH_MODEL_INSTANCE),
        number(tags::EVENT_TYPE_ID, event_type),
    ]);
    let items = request.objects.iter().map(|(class, instance)| {
        let names = [uid(tags::REFERENCED_SOP_CLASS_UID, class), uid(tags::REFERENCED_SOP_INSTANCE_UID, instance)];
        let reason = failure.map(|reason| number(tags::FAILURE_REASON, reason));
        InMemDicomObject::from_element_iter(names.into_iter().chain(reason))
    });
    let sequence = if failure.is_some() { tags::FAILED_SOP_SEQUENCE } else { tags::REFERENCED_SOP_SEQUENCE };
    let dataset = InMemDicomObject::from_element_iter([
        uid(tags::TRANSACTION_UID, &request.transaction),
        DataElement::new(sequence, VR::SQ, DataSetSequence::from(items.collect::<Vec<_>>())),
    ]);
    let (mut command_bytes, mut dataset_bytes) = (Vec::new(), Vec::new());
    command.write_dataset_with_ts(&mut command_bytes, &entries::IMPLICIT_VR_LITTLE_ENDIAN.erased()).unwrap();
    let syntax = TransferSyntaxRegistry.get(transfer_syntax).unwrap();
    dataset.write_dataset_with_ts(&mut dataset_bytes, syntax).unwrap();
    (command_bytes, dataset_bytes)
}
