//! The Image Pixel Module (PS3.3 C.7.6.3): how stored bits become stored values.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::ImagingError;
use super::attributes::{integer, required_count, text};
use super::radiograph::MAX_PIXELS;

/// How the pixels of a single-frame greyscale image are stored; checked when it is made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PixelModule {
    /// Rows, at least 1.
    pub rows: usize,
    /// Columns, at least 1; `rows * columns` is at most [`MAX_PIXELS`].
    pub columns: usize,
    /// Bits a sample takes in native pixel data, 8 or 16.
    pub bits_allocated: u32,
    /// Bits of a sample that carry the value, 1 to `bits_allocated`.
    pub bits_stored: u32,
    /// Index of the highest bit that carries the value.
    pub high_bit: u32,
    /// Whether values are in two's complement.
    pub signed: bool,
    /// MONOCHROME1: the lowest value is shown white.
    pub lowest_is_white: bool,
    /// Stored values, both ends included, that mark pixels outside the image.
    pub padding: Option<(i32, i32)>,
}

impl PixelModule {
    /// Reads and checks the module.
    ///
    /// # Errors
    /// When an attribute is missing or impossible, the image is not one frame of grey values, or it
    /// is larger than [`MAX_PIXELS`].
    pub fn of(object: &InMemDicomObject) -> Result<Self, ImagingError> {
        let photometric = text(object, tags::PHOTOMETRIC_INTERPRETATION);
        let samples = integer(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        if samples != 1 || !matches!(photometric.as_str(), "MONOCHROME1" | "MONOCHROME2") {
            let kind = if photometric.is_empty() { "of no stated kind" } else { &photometric };
            return Err(ImagingError::NotGreyscale {
                what: format!("the image is {kind} with {samples} samples per pixel"),
            });
        }
        let frames = integer(object, tags::NUMBER_OF_FRAMES).unwrap_or(1);
        if frames > 1 {
            return Err(ImagingError::NotGreyscale { what: format!("the image has {frames} frames") });
        }

        let rows = required_count(object, tags::ROWS, "Rows")?;
        let columns = required_count(object, tags::COLUMNS, "Columns")?;
        if rows == 0 || columns == 0 {
            let attribute = if rows == 0 { "Rows" } else { "Columns" };
            return Err(ImagingError::WrongAttribute { attribute, reason: "it is 0".to_owned() });
        }
        if rows.saturating_mul(columns) > MAX_PIXELS {
            return Err(ImagingError::TooLarge { rows, columns, limit: MAX_PIXELS });
        }

        let bits_allocated = required_count(object, tags::BITS_ALLOCATED, "Bits Allocated")? as u32;
        if bits_allocated != 8 && bits_allocated != 16 {
            let reason = format!("it is {bits_allocated}, only 8 and 16 are supported");
            return Err(ImagingError::WrongAttribute { attribute: "Bits Allocated", reason });
        }
        let bits_stored = required_count(object, tags::BITS_STORED, "Bits Stored")? as u32;
        if bits_stored == 0 || bits_stored > bits_allocated {
            let reason = format!("it is {bits_stored} of {bits_allocated} bits allocated");
            return Err(ImagingError::WrongAttribute { attribute: "Bits Stored", reason });
        }
        let high_bit = integer(object, tags::HIGH_BIT).unwrap_or(i64::from(bits_stored) - 1);
        if high_bit < i64::from(bits_stored) - 1 || high_bit >= i64::from(bits_allocated) {
            let reason = format!("it is {high_bit} with {bits_stored} of {bits_allocated} bits stored");
            return Err(ImagingError::WrongAttribute { attribute: "High Bit", reason });
        }
        let signed = integer(object, tags::PIXEL_REPRESENTATION).unwrap_or(0) == 1;

        Ok(Self {
            rows,
            columns,
            bits_allocated,
            bits_stored,
            high_bit: high_bit as u32,
            signed,
            lowest_is_white: photometric == "MONOCHROME1",
            padding: padding_range(object, signed),
        })
    }

    /// Number of pixels.
    pub fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// Bytes a sample takes in native pixel data.
    pub fn bytes_per_sample(&self) -> usize {
        self.bits_allocated as usize / 8
    }

    /// The lowest and the highest value that can be stored.
    pub fn stored_range(&self) -> (i32, i32) {
        if self.signed {
            (-(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1)
        } else {
            (0, (1 << self.bits_stored) - 1)
        }
    }
}

/// Pixel Padding Value with its optional Range Limit (PS3.3 C.7.5.1.1.2).
fn padding_range(object: &InMemDicomObject, signed: bool) -> Option<(i32, i32)> {
    let value = sixteen_bits(integer(object, tags::PIXEL_PADDING_VALUE)?, signed);
    let limit = integer(object, tags::PIXEL_PADDING_RANGE_LIMIT).map_or(value, |limit| sixteen_bits(limit, signed));
    Some((value.min(limit), value.max(limit)))
}

/// A value of VR "US or SS" as `signed` says it is meant: in implicit VR, and from careless
/// writers, it arrives with the other signedness.
pub(super) fn sixteen_bits(value: i64, signed: bool) -> i32 {
    if signed { i32::from(value as i16) } else { i32::from(value as u16) }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, Tag, VR};

    use super::*;

    /// 12 of 16 bits, 3 x 2 pixels, with `changes` made to it.
    fn module(changes: &[(Tag, i64)]) -> Result<PixelModule, ImagingError> {
        let mut object = InMemDicomObject::new_empty();
        let usual = [(tags::ROWS, 3), (tags::COLUMNS, 2), (tags::BITS_ALLOCATED, 16), (tags::BITS_STORED, 12)];
        for &(tag, value) in usual.iter().chain(changes) {
            object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value as u16)));
        }
        object.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1 "));
        PixelModule::of(&object)
    }

    #[test]
    fn what_is_not_said_is_what_is_usual() {
        let module = module(&[]).unwrap();
        assert_eq!((module.high_bit, module.signed, module.padding, module.lowest_is_white), (11, false, None, true));
        assert_eq!((module.pixels(), module.bytes_per_sample(), module.stored_range()), (6, 2, (0, 4095)));
    }

    #[test]
    fn signs_apply_to_the_range_and_to_padding() {
        // -2000 written as the unsigned value of the same bits.
        let signed = [(tags::PIXEL_REPRESENTATION, 1), (tags::PIXEL_PADDING_VALUE, 63_536)];
        let module = module(&signed).unwrap();
        assert_eq!((module.stored_range(), module.padding), ((-2048, 2047), Some((-2000, -2000))));
    }

    #[test]
    fn impossible_bits_are_refused_by_name() {
        for (changes, words) in [
            ([(tags::BITS_ALLOCATED, 32)].as_slice(), "Bits Allocated is wrong: it is 32"),
            (&[(tags::BITS_STORED, 17)], "Bits Stored is wrong: it is 17 of 16"),
            (&[(tags::BITS_STORED, 0)], "Bits Stored is wrong: it is 0"),
            (&[(tags::HIGH_BIT, 10)], "High Bit is wrong: it is 10 with 12"),
            (&[(tags::HIGH_BIT, 16)], "High Bit is wrong: it is 16 with 12"),
            (&[(tags::ROWS, 0)], "Rows is wrong: it is 0"),
            (&[(tags::COLUMNS, 0)], "Columns is wrong: it is 0"),
        ] {
            let message = module(changes).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
    }
}
