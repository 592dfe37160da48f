//! Lookup tables as the Modality LUT and the VOI LUT carry them (PS3.3 C.11.1.1 and C.11.2.1.1).

use dicom_core::PrimitiveValue;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::ImagingError;
use super::attributes::integers;
use super::pixel_module::sixteen_bits;

/// A table from whole numbers to unsigned values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LookupTable {
    /// The input that the first entry belongs to.
    first: i32,
    /// At least one entry.
    entries: Vec<u16>,
    /// Bits of an entry, 8 to 16.
    bits: u32,
}

impl LookupTable {
    /// Reads LUT Descriptor and LUT Data of a sequence item; `signed_input` says whether the
    /// values that go in can be negative.
    ///
    /// # Errors
    /// When either is missing or they contradict each other.
    pub fn of(item: &InMemDicomObject, signed_input: bool) -> Result<Self, ImagingError> {
        let wrong = |attribute, reason: String| ImagingError::WrongAttribute { attribute, reason };
        let descriptor = integers(item, tags::LUT_DESCRIPTOR);
        let &[count, first, bits] = descriptor.as_slice() else {
            let reason = format!("it has {} values instead of 3", descriptor.len());
            return Err(wrong("LUT Descriptor", reason));
        };
        // 65536 entries do not fit the 16 bit field and are written as 0.
        let count = match sixteen_bits(count, false) {
            0 => 65_536,
            count => count as usize,
        };
        if !(8..=16).contains(&bits) {
            return Err(wrong("LUT Descriptor", format!("its entries have {bits} bits, 8 to 16 are allowed")));
        }

        let data = item.get(tags::LUT_DATA).and_then(|element| element.value().primitive());
        let words = match data {
            None | Some(PrimitiveValue::Empty) => return Err(ImagingError::MissingAttribute { attribute: "LUT Data" }),
            Some(PrimitiveValue::U8(bytes)) => {
                bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
            }
            Some(value) => value.to_multi_int::<u16>().map_err(|error| wrong("LUT Data", error.to_string()))?,
        };
        let entries = if words.len() >= count {
            words[..count].to_vec()
        } else if bits == 8 && words.len() * 2 >= count {
            // Entries of 8 bits may be packed two to a word, the first in the low byte.
            words.iter().flat_map(|word| word.to_le_bytes()).take(count).map(u16::from).collect()
        } else {
            return Err(wrong("LUT Data", format!("it has {} entries, its descriptor says {count}", words.len())));
        };
        Ok(Self { first: sixteen_bits(first, signed_input), entries, bits: bits as u32 })
    }

    /// The entry of `input`, which is rounded; inputs outside the table give its first or last entry.
    pub fn apply(&self, input: f64) -> u16 {
        let index = (input.round() - f64::from(self.first)).clamp(0.0, (self.entries.len() - 1) as f64);
        self.entries[index as usize]
    }

    /// The highest value that an entry can have.
    pub fn maximum(&self) -> u16 {
        u16::MAX >> (16 - self.bits)
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, VR};

    use super::*;

    fn item(descriptor: [u16; 3], data: PrimitiveValue) -> InMemDicomObject {
        InMemDicomObject::from_element_iter([
            DataElement::new(tags::LUT_DESCRIPTOR, VR::US, PrimitiveValue::U16(descriptor.into_iter().collect())),
            DataElement::new(tags::LUT_DATA, VR::OW, data),
        ])
    }

    fn words(values: impl IntoIterator<Item = u16>) -> PrimitiveValue {
        PrimitiveValue::U16(values.into_iter().collect())
    }

    #[test]
    fn inputs_outside_give_the_first_and_last_entry() {
        let table = LookupTable::of(&item([3, 10, 12], words([7, 8, 9])), false).unwrap();
        let outputs = [-5.0, 10.0, 10.6, 12.0, 1e9].map(|input| table.apply(input));
        assert_eq!(outputs, [7, 7, 8, 9, 9]);
        assert_eq!(table.maximum(), 4095);
    }

    #[test]
    fn the_first_input_is_signed_where_values_are() {
        let entries = words([7, 8, 9]);
        assert_eq!(LookupTable::of(&item([3, 65_535, 8], entries.clone()), true).unwrap().apply(0.0), 8);
        assert_eq!(LookupTable::of(&item([3, 65_535, 8], entries), false).unwrap().apply(0.0), 7);
    }

    #[test]
    fn a_count_of_0_means_65536_entries() {
        let table = LookupTable::of(&item([0, 0, 16], words(0..=u16::MAX)), false).unwrap();
        assert_eq!(table.apply(65_535.0), 65_535);
    }

    #[test]
    fn eight_bit_entries_may_be_packed() {
        let packed = LookupTable::of(&item([3, 0, 8], words([0x0201, 0x0003])), false).unwrap();
        assert_eq!([0.0, 1.0, 2.0].map(|input| packed.apply(input)), [1, 2, 3]);
    }

    #[test]
    fn contradictions_are_refused() {
        let refused = |descriptor, data| LookupTable::of(&item(descriptor, data), false).unwrap_err().to_string();
        assert!(refused([4, 0, 12], words([1, 2, 3])).contains("it has 3 entries, its descriptor says 4"));
        assert!(refused([3, 0, 32], words([1, 2, 3])).contains("its entries have 32 bits"));
        assert!(refused([3, 0, 12], PrimitiveValue::Empty).contains("LUT Data is missing"));
        let empty = LookupTable::of(&InMemDicomObject::new_empty(), false).unwrap_err().to_string();
        assert!(empty.contains("it has 0 values instead of 3"), "{empty}");
    }
}
