//! The dataset of an N-ACTION request (PS3.4 table J.3-1).

use dicom_core::Tag;
use dicom_dictionary_std::tags::{
    REFERENCED_SOP_CLASS_UID, REFERENCED_SOP_INSTANCE_UID, REFERENCED_SOP_SEQUENCE, TRANSACTION_UID,
};

use crate::dicom::uids::IMPLICIT_VR_LITTLE_ENDIAN;
use crate::identifiers::Uid;

use super::transaction::CommitmentRequest;

const ITEM: Tag = Tag(0xFFFE, 0xE000);

/// The dataset in one of [`COMMITMENT_TRANSFER_SYNTAXES`](crate::dicom::uids::COMMITMENT_TRANSFER_SYNTAXES);
/// every length is stated.
pub(super) fn encode(request: &CommitmentRequest, transfer_syntax: &str) -> Vec<u8> {
    let is_explicit = transfer_syntax != IMPLICIT_VR_LITTLE_ENDIAN;
    let mut items = Vec::new();
    for object in &request.objects {
        let mut item = Vec::new();
        append_uid(&mut item, REFERENCED_SOP_CLASS_UID, &object.sop_class_uid, is_explicit);
        append_uid(&mut item, REFERENCED_SOP_INSTANCE_UID, &object.sop_instance_uid, is_explicit);
        append_tag(&mut items, ITEM);
        append_long_value(&mut items, &item);
    }
    let mut dataset = Vec::new();
    append_uid(&mut dataset, TRANSACTION_UID, &request.transaction_uid, is_explicit);
    append_tag(&mut dataset, REFERENCED_SOP_SEQUENCE);
    if is_explicit {
        // Two reserved bytes stand before a 32-bit length (PS3.5 7.1.2).
        dataset.extend_from_slice(b"SQ\0\0");
    }
    append_long_value(&mut dataset, &items);
    dataset
}

/// An element of VR UI, padded by NUL to an even length.
fn append_uid(bytes: &mut Vec<u8>, tag: Tag, uid: &Uid, is_explicit: bool) {
    let mut value = uid.as_str().as_bytes().to_vec();
    if value.len() % 2 == 1 {
        value.push(0);
    }
    append_tag(bytes, tag);
    if is_explicit {
        bytes.extend_from_slice(b"UI");
        // A UID has at most 64 characters.
        bytes.extend_from_slice(&(value.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&value);
    } else {
        append_long_value(bytes, &value);
    }
}

fn append_tag(bytes: &mut Vec<u8>, tag: Tag) {
    bytes.extend_from_slice(&tag.group().to_le_bytes());
    bytes.extend_from_slice(&tag.element().to_le_bytes());
}

/// A value behind its 32-bit length: 1000 objects of two UIDs each stay below 160 KB.
fn append_long_value(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
    bytes.extend_from_slice(value);
}
