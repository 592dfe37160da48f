//! Attribute values of a parsed data set, as plain Rust values.

use dicom_core::Tag;
use dicom_object::InMemDicomObject;

use super::ImagingError;

/// The text of an attribute without padding; empty when it is absent.
pub(super) fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let value = object.get(tag).and_then(|element| element.to_str().ok());
    value.map(|text| text.trim_matches([' ', '\0']).to_owned()).unwrap_or_default()
}

/// The values of a textual attribute without padding; empty when it is absent.
pub(super) fn texts(object: &InMemDicomObject, tag: Tag) -> Vec<String> {
    let whole = text(object, tag);
    if whole.is_empty() {
        return Vec::new();
    }
    whole.split('\\').map(|part| part.trim_matches([' ', '\0']).to_owned()).collect()
}

/// The integers of an attribute, binary or textual; empty when it is absent or holds none.
pub(super) fn integers(object: &InMemDicomObject, tag: Tag) -> Vec<i64> {
    object.get(tag).and_then(|element| element.to_multi_int::<i64>().ok()).unwrap_or_default()
}

/// The first integer of an attribute.
pub(super) fn integer(object: &InMemDicomObject, tag: Tag) -> Option<i64> {
    integers(object, tag).first().copied()
}

/// The numbers of an attribute; empty when it is absent or one of them is none.
pub(super) fn numbers(object: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    object.get(tag).and_then(|element| element.to_multi_float64().ok()).unwrap_or_default()
}

/// A number, `None` when the attribute is absent or empty, an error when it is no finite number.
pub(super) fn optional_number(
    object: &InMemDicomObject,
    tag: Tag,
    attribute: &'static str,
) -> Result<Option<f64>, ImagingError> {
    let value = text(object, tag);
    if value.is_empty() {
        return Ok(None);
    }
    match numbers(object, tag).first() {
        Some(number) if number.is_finite() => Ok(Some(*number)),
        _ => Err(ImagingError::WrongAttribute { attribute, reason: format!("\"{value}\" is no number") }),
    }
}

/// The integer of an attribute that must be there and not negative.
pub(super) fn required_count(
    object: &InMemDicomObject,
    tag: Tag,
    attribute: &'static str,
) -> Result<usize, ImagingError> {
    let value = integer(object, tag).ok_or(ImagingError::MissingAttribute { attribute })?;
    usize::try_from(value)
        .map_err(|_| ImagingError::WrongAttribute { attribute, reason: format!("it is {value}, less than zero") })
}

/// The first item of a sequence.
pub(super) fn first_item(object: &InMemDicomObject, tag: Tag) -> Option<&InMemDicomObject> {
    object.get(tag)?.items()?.first()
}
