//! Attributes of a data set, as every kind of object has them.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::codes::Code;
use crate::findings::ImageIdentity;

/// A data set, or an item of a sequence.
pub type Item = InMemDicomObject;

/// Puts a text value; an empty one is a value of zero length.
pub fn put(item: &mut Item, tag: Tag, vr: VR, value: &str) {
    let value = if value.is_empty() { PrimitiveValue::Empty } else { PrimitiveValue::from(value) };
    item.put(DataElement::new(tag, vr, value));
}

/// Puts a sequence.
pub fn put_items(item: &mut Item, tag: Tag, items: Vec<Item>) {
    item.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

/// A code sequence item (PS3.3 8.8): a value that does not fit into Code Value is a Long Code Value. A
/// bundle's class may be called anything; Code Meaning takes 64 characters without backslash.
pub fn code_item(Code(value, scheme, meaning): Code<'_>) -> Item {
    let mut item = Item::new_empty();
    match value.len() {
        ..=16 => put(&mut item, tags::CODE_VALUE, VR::SH, value),
        _ => put(&mut item, tags::LONG_CODE_VALUE, VR::UC, value),
    }
    put(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
    put(&mut item, tags::CODE_MEANING, VR::LO, &shortened(meaning, 64).replace('\\', "/"));
    item
}

/// The start of a text in at most so many bytes: value representations count characters (PS3.5 6.2), but
/// there are readers that count bytes.
pub fn shortened(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text).trim_end()
}

/// An item of a Referenced SOP Sequence.
pub fn sop_reference(sop_class_uid: &str, sop_instance_uid: &str) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, sop_class_uid);
    put(&mut item, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, sop_instance_uid);
    item
}

/// The same for an image.
pub fn image_reference(image: &ImageIdentity) -> Item {
    sop_reference(image.sop_class_uid.as_str(), image.sop_instance_uid.as_str())
}

/// A decimal string of at most 16 characters (VR DS, PS3.5 6.2): six decimals at most.
pub fn decimal(value: f64) -> String {
    let fixed = format!("{value:.6}");
    let short = fixed.trim_end_matches('0').trim_end_matches('.');
    if short.len() <= 16 { short.to_owned() } else { format!("{value:.8e}") }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals_fit_into_a_decimal_string() {
        assert_eq!([0.5, 1.0, 0.0, 1234.25, 1e-9].map(decimal), ["0.5", "1", "0", "1234.25", "0"]);
        for value in [1e300, -1e300, 1.0 / 3.0, f64::MAX, -123_456_789.123_456] {
            assert!(decimal(value).len() <= 16, "{}", decimal(value));
        }
    }
}
