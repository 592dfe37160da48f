//! Content items of a structured report (PS3.3 C.17.3).

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::codes::Code;

/// A data set, or an item of a sequence.
pub type Item = InMemDicomObject;

/// How an item belongs to its parent.
#[derive(Debug, Clone, Copy)]
pub enum Relationship {
    Contains,
    ConceptModifier,
    ObservationContext,
    AcquisitionContext,
    SelectedFrom,
}

impl Relationship {
    fn term(self) -> &'static str {
        match self {
            Self::Contains => "CONTAINS",
            Self::ConceptModifier => "HAS CONCEPT MOD",
            Self::ObservationContext => "HAS OBS CONTEXT",
            Self::AcquisitionContext => "HAS ACQ CONTEXT",
            Self::SelectedFrom => "SELECTED FROM",
        }
    }
}

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

fn content(relationship: Relationship, value_type: &str, name: Code<'_>) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, relationship.term());
    put(&mut item, tags::VALUE_TYPE, VR::CS, value_type);
    put_items(&mut item, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code_item(name)]);
    item
}

/// A CONTAINER with its children; `template` of DCMR where it follows one.
pub fn container(name: Code<'_>, template: Option<&str>, children: Vec<Item>) -> Item {
    let mut item = content(Relationship::Contains, "CONTAINER", name);
    put(&mut item, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    if let Some(template) = template {
        put_items(&mut item, tags::CONTENT_TEMPLATE_SEQUENCE, vec![template_item(template)]);
    }
    with_children(item, children)
}

/// Names a template of PS3.16.
pub fn template_item(identifier: &str) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::MAPPING_RESOURCE, VR::CS, "DCMR");
    put(&mut item, tags::TEMPLATE_IDENTIFIER, VR::CS, identifier);
    item
}

/// A CODE.
pub fn code(relationship: Relationship, name: Code<'_>, value: Code<'_>) -> Item {
    let mut item = content(relationship, "CODE", name);
    put_items(&mut item, tags::CONCEPT_CODE_SEQUENCE, vec![code_item(value)]);
    item
}

/// A TEXT.
pub fn text(relationship: Relationship, name: Code<'_>, value: &str) -> Item {
    let mut item = content(relationship, "TEXT", name);
    put(&mut item, tags::TEXT_VALUE, VR::UT, value);
    item
}

/// A UIDREF.
pub fn uid_reference(relationship: Relationship, name: Code<'_>, uid: &str) -> Item {
    let mut item = content(relationship, "UIDREF", name);
    put(&mut item, tags::UID, VR::UI, uid);
    item
}

/// A NUM.
pub fn number(relationship: Relationship, name: Code<'_>, value: f64, unit: Code<'_>) -> Item {
    let mut measured = Item::new_empty();
    put(&mut measured, tags::NUMERIC_VALUE, VR::DS, &decimal(value));
    put_items(&mut measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE, vec![code_item(unit)]);
    let mut item = content(relationship, "NUM", name);
    put_items(&mut item, tags::MEASURED_VALUE_SEQUENCE, vec![measured]);
    item
}

/// An IMAGE.
pub fn image(relationship: Relationship, name: Code<'_>, sop_class_uid: &str, sop_instance_uid: &str) -> Item {
    let mut item = content(relationship, "IMAGE", name);
    put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, vec![sop_reference(sop_class_uid, sop_instance_uid)]);
    item
}

/// A closed polyline on an image; points as (column, row).
pub fn polygon(name: Code<'_>, points: &[(f64, f64)], on: Item) -> Item {
    let closed: Vec<_> = points.iter().chain(points.first()).copied().collect();
    coordinates(name, "POLYLINE", &closed, on)
}

/// Single points on an image, as (column, row), in their order.
pub fn multipoint(name: Code<'_>, points: &[(f64, f64)], on: Item) -> Item {
    coordinates(name, "MULTIPOINT", points, on)
}

/// A SCOORD (PS3.3 C.18.6).
fn coordinates(name: Code<'_>, graphic_type: &str, points: &[(f64, f64)], on: Item) -> Item {
    let mut item = content(Relationship::Contains, "SCOORD", name);
    put(&mut item, tags::GRAPHIC_TYPE, VR::CS, graphic_type);
    let data: Vec<f32> = points.iter().flat_map(|&(x, y)| [x as f32, y as f32]).collect();
    item.put(DataElement::new(tags::GRAPHIC_DATA, VR::FL, PrimitiveValue::F32(data.into())));
    with_children(item, vec![on])
}

/// Appends children to a content item.
pub fn with_children(mut item: Item, children: Vec<Item>) -> Item {
    if !children.is_empty() {
        put_items(&mut item, tags::CONTENT_SEQUENCE, children);
    }
    item
}

/// An item of a Referenced SOP Sequence.
pub fn sop_reference(sop_class_uid: &str, sop_instance_uid: &str) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, sop_class_uid);
    put(&mut item, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, sop_instance_uid);
    item
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
