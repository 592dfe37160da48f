//! What identifies an image.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::ImagingError;
use super::attributes::{text, texts};
use super::pixel_module::PixelModule;
use super::spacing::Spacing;
use crate::findings::ImageIdentity;
use crate::identifiers::Uid;

/// Reads the identity of an image.
///
/// # Errors
/// When one of the four UIDs is missing or no UID.
pub(super) fn image_identity(object: &InMemDicomObject, module: &PixelModule) -> Result<ImageIdentity, ImagingError> {
    let spacing = Spacing::of(object, module);
    let orientation = texts(object, tags::PATIENT_ORIENTATION);
    Ok(ImageIdentity {
        sop_class_uid: uid(object, tags::SOP_CLASS_UID, "SOP Class UID")?,
        sop_instance_uid: uid(object, tags::SOP_INSTANCE_UID, "SOP Instance UID")?,
        series_instance_uid: uid(object, tags::SERIES_INSTANCE_UID, "Series Instance UID")?,
        study_instance_uid: uid(object, tags::STUDY_INSTANCE_UID, "Study Instance UID")?,
        modality: text(object, tags::MODALITY),
        body_part: text(object, tags::BODY_PART_EXAMINED),
        view_position: text(object, tags::VIEW_POSITION),
        patient_orientation: <[String; 2]>::try_from(orientation)
            .ok()
            .filter(|directions| directions.iter().all(|direction| !direction.is_empty())),
        rows: module.rows as u32,
        columns: module.columns as u32,
        pixel_spacing: spacing.used,
        spacing_refused: spacing.refused,
    })
}

fn uid(object: &InMemDicomObject, tag: Tag, attribute: &'static str) -> Result<Uid, ImagingError> {
    let value = text(object, tag);
    if value.is_empty() {
        return Err(ImagingError::MissingAttribute { attribute });
    }
    Uid::new(&value).map_err(|source| ImagingError::WrongUid { attribute, source })
}
