//! Attributes of a parsed image: text, numbers, identity, pixel spacing.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;

use super::error::ImagingError;
use super::radiograph::{PixelSpacing, SpacingSource};
use crate::analysis::ImageIdentity;
use crate::identifiers::Uid;

/// The attribute as text without padding; empty when absent.
pub fn text(object: &DefaultDicomObject, tag: Tag) -> String {
    let value = object.get(tag).and_then(|e| e.to_str().ok());
    value.map(|v| v.trim_matches([' ', '\0']).to_owned()).unwrap_or_default()
}

/// The attribute's first number.
pub fn number(object: &DefaultDicomObject, tag: Tag) -> Option<f64> {
    object.get(tag).and_then(|e| e.to_float64().ok()).filter(|v| v.is_finite())
}

/// Identity of the image and what is needed to read coordinates on it.
pub fn identity_of(object: &DefaultDicomObject, rows: usize, columns: usize) -> Result<ImageIdentity, ImagingError> {
    let uid = |tag, attribute| {
        Uid::new(&text(object, tag))
            .map_err(|e| ImagingError::Attribute { attribute, problem: format!("cannot be used: {e}") })
    };
    let orientation = text(object, tags::PATIENT_ORIENTATION);
    Ok(ImageIdentity {
        sop_class_uid: uid(tags::SOP_CLASS_UID, "SOP Class UID (0008,0016)")?,
        sop_instance_uid: uid(tags::SOP_INSTANCE_UID, "SOP Instance UID (0008,0018)")?,
        series_instance_uid: uid(tags::SERIES_INSTANCE_UID, "Series Instance UID (0020,000E)")?,
        study_instance_uid: uid(tags::STUDY_INSTANCE_UID, "Study Instance UID (0020,000D)")?,
        modality: text(object, tags::MODALITY),
        body_part: text(object, tags::BODY_PART_EXAMINED),
        view_position: text(object, tags::VIEW_POSITION),
        patient_orientation: orientation
            .split_once('\\')
            .map(|(row, column)| [row.trim().to_owned(), column.trim().to_owned()])
            .filter(|both| both.iter().all(|o| !o.is_empty())),
        rows: rows as u32,
        columns: columns as u32,
        pixel_spacing: pixel_spacing(object),
    })
}

/// Pixel Spacing where the device states it (calibrated or corrected for magnification, PS3.3
/// 10.7.1.1), else the spacing at the detector, else the scanner's.
fn pixel_spacing(object: &DefaultDicomObject) -> Option<PixelSpacing> {
    let candidates = [
        (tags::PIXEL_SPACING, SpacingSource::PixelSpacing),
        (tags::IMAGER_PIXEL_SPACING, SpacingSource::ImagerPixelSpacing),
        (tags::NOMINAL_SCANNED_PIXEL_SPACING, SpacingSource::NominalScannedPixelSpacing),
    ];
    candidates.into_iter().find_map(|(tag, source)| {
        let values = object.get(tag)?.to_multi_float64().ok()?;
        match values[..] {
            [row_mm, column_mm] if [row_mm, column_mm].iter().all(|mm| mm.is_finite() && *mm > 0.0) => {
                Some(PixelSpacing { row_mm, column_mm, source })
            }
            _ => None,
        }
    })
}
