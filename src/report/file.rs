//! A data set as a whole DICOM file.

use dicom_dictionary_std::uids;
use dicom_object::FileMetaTableBuilder;

use super::attributes::Item;
use super::encoding::in_one_character_set;
use super::error::ReportError;
use super::object::ReportObject;
use crate::findings::ObjectKind;
use crate::identifiers::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, Uid};

/// SOP class and instance of an object.
pub struct Identity<'a> {
    /// SOP Class UID.
    pub sop_class: &'a str,
    /// SOP Instance UID.
    pub sop_instance: &'a Uid,
}

/// Encodes the data set in one character set, Explicit VR Little Endian, with preamble and file meta information.
pub fn finish(object: Item, kind: ObjectKind, identity: Identity<'_>) -> Result<ReportObject, ReportError> {
    let sop_class = Uid::new(identity.sop_class).map_err(|e| failed(&e))?;
    Ok(ReportObject {
        kind,
        sop_class_uid: sop_class,
        sop_instance_uid: identity.sop_instance.clone(),
        file_name: format!("{}-{}.dcm", kind.name(), identity.sop_instance),
        bytes: encode(object, &identity, uids::EXPLICIT_VR_LITTLE_ENDIAN)?,
        compressed: None,
    })
}

/// The data set, whose pixel data is as the transfer syntax has it, with preamble and file meta information.
pub fn encode(object: Item, identity: &Identity<'_>, transfer_syntax: &str) -> Result<Vec<u8>, ReportError> {
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(identity.sop_class)
        .media_storage_sop_instance_uid(identity.sop_instance.as_str())
        .transfer_syntax(transfer_syntax)
        .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(IMPLEMENTATION_VERSION_NAME);
    let file = in_one_character_set(object).with_meta(meta).map_err(|e| failed(&e))?;
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).map_err(|e| failed(&e))?;
    Ok(bytes)
}

fn failed(e: &dyn std::error::Error) -> ReportError {
    ReportError::Encoding(e.to_string())
}
