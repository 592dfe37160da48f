//! Content items of a structured report (PS3.3 C.17.3), whose codes mean what they mean in its language.

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;

use super::attributes::{self, Item, decimal, image_reference, put, put_items};
use super::codes::Code;
use super::translations;
use crate::findings::{ImageIdentity, Language};

/// How an item belongs to its parent (Relationship Type, PS3.3 C.17.3.2.4).
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

/// Makes the content items of one document, from the leaves to the root.
#[derive(Debug, Clone, Copy)]
pub struct SrItems {
    /// What code meanings are said in; texts come as they are to be read.
    pub language: Language,
}

impl SrItems {
    /// Puts the root container into its document: a content tree that follows `template` of DCMR.
    pub fn root(self, document: &mut Item, title: Code<'_>, template: &str, children: Vec<Item>) {
        put(document, tags::VALUE_TYPE, VR::CS, "CONTAINER");
        put_items(document, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![self.code_item(title)]);
        put(document, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
        put_items(document, tags::CONTENT_TEMPLATE_SEQUENCE, vec![template_item(template)]);
        put_items(document, tags::CONTENT_SEQUENCE, children);
    }

    /// A CONTAINER with its children; `template` of DCMR where it follows one.
    pub fn container(self, name: Code<'_>, template: Option<&str>, children: Vec<Item>) -> Item {
        let mut item = self.named(Relationship::Contains, "CONTAINER", name);
        put(&mut item, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
        if let Some(template) = template {
            put_items(&mut item, tags::CONTENT_TEMPLATE_SEQUENCE, vec![template_item(template)]);
        }
        with_children(item, children)
    }

    /// A CODE.
    pub fn code(self, relationship: Relationship, name: Code<'_>, value: Code<'_>) -> Item {
        let mut item = self.named(relationship, "CODE", name);
        put_items(&mut item, tags::CONCEPT_CODE_SEQUENCE, vec![self.code_item(value)]);
        item
    }

    /// A TEXT.
    pub fn text(self, relationship: Relationship, name: Code<'_>, value: &str) -> Item {
        let mut item = self.named(relationship, "TEXT", name);
        put(&mut item, tags::TEXT_VALUE, VR::UT, value);
        item
    }

    /// A UIDREF.
    pub fn uid_reference(self, relationship: Relationship, name: Code<'_>, uid: &str) -> Item {
        let mut item = self.named(relationship, "UIDREF", name);
        put(&mut item, tags::UID, VR::UI, uid);
        item
    }

    /// A NUM.
    pub fn number(self, relationship: Relationship, name: Code<'_>, value: f64, unit: Code<'_>) -> Item {
        let mut measured = Item::new_empty();
        put(&mut measured, tags::NUMERIC_VALUE, VR::DS, &decimal(value));
        put_items(&mut measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE, vec![self.code_item(unit)]);
        let mut item = self.named(relationship, "NUM", name);
        put_items(&mut item, tags::MEASURED_VALUE_SEQUENCE, vec![measured]);
        item
    }

    /// An IMAGE.
    pub fn image(self, relationship: Relationship, name: Code<'_>, image: &ImageIdentity) -> Item {
        of_image(self.named(relationship, "IMAGE", name), image)
    }

    /// A closed polyline on an image; points as (column, row).
    pub fn polygon(self, name: Code<'_>, points: &[(f64, f64)], on: Item) -> Item {
        let closed: Vec<_> = points.iter().chain(points.first()).copied().collect();
        self.coordinates(name, "POLYLINE", &closed, on)
    }

    /// Single points on an image, as (column, row), in their order.
    pub fn multipoint(self, name: Code<'_>, points: &[(f64, f64)], on: Item) -> Item {
        self.coordinates(name, "MULTIPOINT", points, on)
    }

    /// A SCOORD (PS3.3 C.18.6).
    fn coordinates(self, name: Code<'_>, graphic_type: &str, points: &[(f64, f64)], on: Item) -> Item {
        let mut item = self.named(Relationship::Contains, "SCOORD", name);
        put(&mut item, tags::GRAPHIC_TYPE, VR::CS, graphic_type);
        let data: Vec<f32> = points.iter().flat_map(|&(x, y)| [x as f32, y as f32]).collect();
        item.put(DataElement::new(tags::GRAPHIC_DATA, VR::FL, PrimitiveValue::F32(data.into())));
        with_children(item, vec![on])
    }

    /// A content item with its concept name, still without a value.
    fn named(self, relationship: Relationship, value_type: &str, name: Code<'_>) -> Item {
        let mut item = unnamed(relationship, value_type);
        put_items(&mut item, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![self.code_item(name)]);
        item
    }

    fn code_item(self, code: Code<'_>) -> Item {
        let Code(value, scheme, _) = code;
        attributes::code_item(Code(value, scheme, &translations::meaning(code, self.language)))
    }
}

/// An IMAGE without a concept name, as TID 2010 "Key Object Selection" has it.
pub fn selected_image(image: &ImageIdentity) -> Item {
    of_image(unnamed(Relationship::Contains, "IMAGE"), image)
}

/// Appends children to a content item.
pub fn with_children(mut item: Item, children: Vec<Item>) -> Item {
    if !children.is_empty() {
        put_items(&mut item, tags::CONTENT_SEQUENCE, children);
    }
    item
}

fn unnamed(relationship: Relationship, value_type: &str) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, relationship.term());
    put(&mut item, tags::VALUE_TYPE, VR::CS, value_type);
    item
}

fn of_image(mut item: Item, image: &ImageIdentity) -> Item {
    put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, vec![image_reference(image)]);
    item
}

/// Names a template of PS3.16.
fn template_item(identifier: &str) -> Item {
    let mut item = Item::new_empty();
    put(&mut item, tags::MAPPING_RESOURCE, VR::CS, "DCMR");
    put(&mut item, tags::TEMPLATE_IDENTIFIER, VR::CS, identifier);
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(item: &Item, tag: dicom_core::Tag) -> String {
        let code = &item.element(tag).unwrap().items().unwrap()[0];
        code.element(tags::CODE_MEANING).unwrap().to_str().unwrap().into_owned()
    }

    #[test]
    fn codes_mean_what_they_mean_in_the_language_and_unknown_ones_stay() {
        let group = |language| {
            let sr = SrItems { language };
            let finding = |value, meaning| {
                sr.code(Relationship::Contains, Code("121071", "DCM", "Finding"), Code(value, "SCT", meaning))
            };
            let items = vec![finding("36470004", "L3 vertebra"), finding("1", "something else")];
            sr.container(Code("125007", "DCM", "Measurement Group"), None, items)
        };
        let said = |group: &Item| {
            let children = group.element(tags::CONTENT_SEQUENCE).unwrap().items().unwrap();
            [
                meaning(group, tags::CONCEPT_NAME_CODE_SEQUENCE),
                meaning(&children[0], tags::CONCEPT_NAME_CODE_SEQUENCE),
                meaning(&children[0], tags::CONCEPT_CODE_SEQUENCE),
                meaning(&children[1], tags::CONCEPT_CODE_SEQUENCE),
            ]
        };
        assert_eq!(said(&group(Language::English)), ["Measurement Group", "Finding", "L3 vertebra", "something else"]);
        assert_eq!(said(&group(Language::Chinese)), ["测量组", "所见", "第 3 腰椎", "something else"]);
    }

    #[test]
    fn units_and_the_title_are_said_in_the_language_too() {
        let sr = SrItems { language: Language::Chinese };
        let height = sr.number(Relationship::Contains, Code("X", "99X", "height"), 1.0, Code("mm", "UCUM", "mm"));
        let measured = &height.element(tags::MEASURED_VALUE_SEQUENCE).unwrap().items().unwrap()[0];
        assert_eq!(meaning(measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE), "毫米");
        let mut document = Item::new_empty();
        sr.root(&mut document, Code("113000", "DCM", "Of Interest"), "2010", vec![]);
        assert_eq!(meaning(&document, tags::CONCEPT_NAME_CODE_SEQUENCE), "重点关注");
    }
}
