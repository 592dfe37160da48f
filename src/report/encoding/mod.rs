//! Encoding: the texts of a finished object in one Specific Character Set (0008,0005).
//!
//! Owns: the character sets of PS3.3 C.12.1.1.2, and which one an object is written in.
//! In: a data set. Out: the same with its texts encoded. Never: changes a copied text that need not change.
//!
//! Texts that were copied from the source are bytes in its set; texts of ours are strings. As long as ours
//! are ASCII, every set has them and nothing of the source is touched.

mod character_set;
mod iso_2022;

use std::borrow::Cow;

use dicom_core::header::Header;
use dicom_core::value::{DataSetSequence, Value};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;

use super::attributes::Item;
use character_set::CharacterSet;

/// The longest value of an element with a 16-bit length (PS3.5 7.1.2).
pub const LONGEST_SHORT: usize = 0xFFFE;

/// Whether Specific Character Set tells how values of `vr` are encoded (PS3.3 C.12.1.1.2).
pub fn is_text(vr: VR) -> bool {
    matches!(vr, VR::SH | VR::LO | VR::ST | VR::LT | VR::UC | VR::UT | VR::PN)
}

/// An encoded text, padded to an even length.
pub fn encoded(mut bytes: Vec<u8>) -> PrimitiveValue {
    if bytes.len() % 2 == 1 {
        bytes.push(b' ');
    }
    PrimitiveValue::U8(bytes.into())
}

/// Makes one character set of a finished object:
///
/// 1. the source's, as it is, when texts of ours are ASCII or the set has them: UTF-8, GB18030, GBK;
/// 2. else UTF-8, into which the copied texts are transcoded;
/// 3. else, when a copied text is not in the set that it is said to be in, the source's: a character of
///    ours that is not ASCII is then written as its number, `<U+9AA8>`.
pub fn in_one_character_set(object: Item) -> Item {
    if ours_is_ascii(&object) {
        return object;
    }
    in_declared(&object).or_else(|| in_utf8(&object)).or_else(|| in_ascii(&object)).unwrap_or(object)
}

/// Whether any text can be said beside what `object` has copied from its source.
pub fn takes_any_text(object: &Item) -> bool {
    matches!(declared(object), CharacterSet::Wide(_)) || in_utf8(object).is_some()
}

fn declared(item: &Item) -> CharacterSet {
    own_set(item).unwrap_or(CharacterSet::declared(b""))
}

/// The set that this item declares itself.
fn own_set(item: &Item) -> Option<CharacterSet> {
    let value = item.get(tags::SPECIFIC_CHARACTER_SET)?.value().primitive()?;
    Some(CharacterSet::declared(&value.to_bytes()))
}

/// Whether all texts of ours are ASCII.
fn ours_is_ascii(item: &Item) -> bool {
    item.iter().all(|element| match element.value() {
        Value::Primitive(value) => own_text(element.vr(), value).is_none_or(|text| text.is_ascii()),
        Value::Sequence(items) => items.items().iter().all(ours_is_ascii),
        Value::PixelSequence(_) => true,
    })
}

/// A text of ours: a string, where what was copied is bytes.
fn own_text(vr: VR, value: &PrimitiveValue) -> Option<Cow<'_, str>> {
    let is_string = matches!(value, PrimitiveValue::Str(_) | PrimitiveValue::Strs(_));
    (is_text(vr) && is_string).then(|| value.to_str())
}

/// Texts of ours in the set of the object.
fn in_declared(object: &Item) -> Option<Item> {
    let set = declared(object);
    rewritten(object, set, &|_, vr, value, _| match own_text(vr, value) {
        Some(text) => set.encode(&text).map(encoded),
        None => Some(value.clone()),
    })
}

/// All texts in UTF-8.
fn in_utf8(object: &Item) -> Option<Item> {
    let term = || encoded(CharacterSet::UTF_8_TERM.into());
    let transcode = |tag, vr, value: &PrimitiveValue, set: CharacterSet| match value {
        _ if tag == tags::SPECIFIC_CHARACTER_SET => Some(term()),
        PrimitiveValue::U8(bytes) if is_text(vr) => {
            let text = set.decode(bytes, vr)?;
            (matches!(vr, VR::UC | VR::UT) || text.len() <= LONGEST_SHORT).then(|| encoded(text.into_bytes()))
        }
        _ => Some(own_text(vr, value).map_or_else(|| value.clone(), |text| encoded(text.as_bytes().to_vec()))),
    };
    let mut object = rewritten(object, declared(object), &transcode)?;
    object.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, term()));
    Some(object)
}

/// Texts of ours in ASCII.
fn in_ascii(object: &Item) -> Option<Item> {
    rewritten(object, declared(object), &|_, vr, value, _| {
        Some(own_text(vr, value).map_or_else(|| value.clone(), |text| encoded(spelt(&text, vr).into_bytes())))
    })
}

/// Characters beyond ASCII by their number, no longer than the VR allows (PS3.5 table 6.2-1).
fn spelt(text: &str, vr: VR) -> String {
    let longest = match vr {
        VR::SH => 16,
        VR::LO | VR::PN => 64,
        VR::ST => 1024,
        _ => LONGEST_SHORT,
    };
    let spell = |c: char| if c.is_ascii() { c.to_string() } else { format!("<U+{:04X}>", u32::from(c)) };
    text.chars().map(spell).collect::<String>().chars().take(longest).collect()
}

/// The item with every value as `say` has it, of its tag, its VR, itself and the set in force; `None` when
/// one of them cannot be said.
fn rewritten(
    item: &Item,
    outer: CharacterSet,
    say: &impl Fn(Tag, VR, &PrimitiveValue, CharacterSet) -> Option<PrimitiveValue>,
) -> Option<Item> {
    let set = own_set(item).unwrap_or(outer);
    let mut out = Item::new_empty();
    for element in item.iter() {
        let (tag, vr) = (element.tag(), element.vr());
        match element.value() {
            Value::Primitive(value) => out.put(DataElement::new(tag, vr, say(tag, vr, value, set)?)),
            Value::Sequence(items) => {
                let items: Option<Vec<Item>> = items.items().iter().map(|item| rewritten(item, set, say)).collect();
                out.put(DataElement::new(tag, vr, DataSetSequence::from(items?)))
            }
            Value::PixelSequence(_) => out.put(element.clone()),
        };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::attributes::{put, put_items};

    /// An object with a copied comment, and a text of ours in a sequence.
    fn object(set: &str, comment: &[u8], vr: VR, ours: &str) -> Item {
        let mut object = Item::new_empty();
        object.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, encoded(set.into())));
        object.put(DataElement::new(tags::PATIENT_COMMENTS, VR::LT, encoded(comment.to_vec())));
        let mut item = Item::new_empty();
        put(&mut item, tags::CODE_MEANING, vr, ours);
        put_items(&mut object, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![item]);
        object
    }

    /// Set, copied comment and our text as they are written.
    fn written(object: Item) -> [Vec<u8>; 3] {
        let object = in_one_character_set(object);
        let bytes = |item: &Item, tag| item.get(tag).unwrap().to_bytes().unwrap().into_owned();
        let item = &object.get(tags::CONCEPT_NAME_CODE_SEQUENCE).unwrap().items().unwrap()[0];
        [
            bytes(&object, tags::SPECIFIC_CHARACTER_SET),
            bytes(&object, tags::PATIENT_COMMENTS),
            bytes(item, tags::CODE_MEANING),
        ]
    }

    fn said(set: &str, comment: &[u8], ours: &str) -> [Vec<u8>; 3] {
        written(object(set, comment, VR::LO, ours))
    }

    #[test]
    fn a_text_beyond_the_set_makes_it_utf_8() {
        let expected = |set: &[u8], comment: &[u8], ours: &[u8]| [set, comment, ours].map(<[u8]>::to_vec);
        assert_eq!(said("ISO_IR 100", b"\xe4 ", "wedge"), expected(b"ISO_IR 100", b"\xe4 ", b"wedge"));
        assert_eq!(said("ISO_IR 100", b"\xe4\xe4", "骨"), expected(b"ISO_IR 192", "ää".as_bytes(), "骨 ".as_bytes()));
        assert_eq!(said("GBK ", b"\xd5\x5c", "骨"), expected(b"GBK ", b"\xd5\x5c", b"\xb9\xc7"));
    }

    #[test]
    fn a_text_beyond_a_set_that_is_not_understood_is_spelt() {
        let spelt = b"a <U+9AA8>".to_vec();
        assert_eq!(said("ISO_IR 6", b"\xe4 ", "a 骨"), [b"ISO_IR 6".to_vec(), b"\xe4 ".to_vec(), spelt.clone()]);
        // In UTF-8 the comment would be too long for its VR.
        let long = vec![0xE4; 40_000];
        assert_eq!(said("ISO_IR 100", &long, "a 骨"), [b"ISO_IR 100".to_vec(), long, spelt]);
        let [_, _, short] = written(object("ISO_IR 6", b"\xe4 ", VR::SH, "骨骨骨"));
        assert_eq!(short, b"<U+9AA8><U+9AA8>");
    }

    #[test]
    fn whether_any_text_can_be_said_depends_on_what_was_copied() {
        let takes = |set, comment| takes_any_text(&object(set, comment, VR::LO, ""));
        assert!(takes("ISO_IR 100", b"\xe4 ") && takes("GB18030 ", b"\xd5") && takes("", b"a "));
        assert!(!takes("", b"\xe4 ") && !takes("\\ISO 2022 IR 87", b"\x1b$B;"));
    }
}
