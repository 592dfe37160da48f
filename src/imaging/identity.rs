//! What identifies an image, and the size of its pixels.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attributes::{numbers, text, texts};
use super::pixel_module::PixelModule;
use super::{ImagingError, PixelSpacing, SpacingSource};
use crate::analysis::ImageIdentity;
use crate::identifiers::Uid;

/// Reads the identity of an image.
///
/// # Errors
/// When one of the four UIDs is missing or no UID.
pub(super) fn image_identity(object: &InMemDicomObject, module: &PixelModule) -> Result<ImageIdentity, ImagingError> {
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
        pixel_spacing: pixel_spacing(object),
    })
}

fn uid(object: &InMemDicomObject, tag: Tag, attribute: &'static str) -> Result<Uid, ImagingError> {
    let value = text(object, tag);
    if value.is_empty() {
        return Err(ImagingError::MissingAttribute { attribute });
    }
    Uid::new(&value).map_err(|source| ImagingError::WrongUid { attribute, source })
}

/// The size of a pixel: Pixel Spacing, which is calibrated or stated at the patient (PS3.3
/// 10.7.1.3), before Imager Pixel Spacing at the detector, before Nominal Scanned Pixel Spacing of
/// a digitised film. A value that is no pair of positive numbers counts as absent.
fn pixel_spacing(object: &InMemDicomObject) -> Option<PixelSpacing> {
    let sources = [
        (tags::PIXEL_SPACING, SpacingSource::PixelSpacing),
        (tags::IMAGER_PIXEL_SPACING, SpacingSource::ImagerPixelSpacing),
        (tags::NOMINAL_SCANNED_PIXEL_SPACING, SpacingSource::NominalScannedPixelSpacing),
    ];
    sources.into_iter().find_map(|(tag, source)| match numbers(object, tag).as_slice() {
        &[row_mm, column_mm] if row_mm > 0.0 && row_mm.is_finite() && column_mm > 0.0 && column_mm.is_finite() => {
            Some(PixelSpacing { row_mm, column_mm, source })
        }
        _ => None,
    })
}
