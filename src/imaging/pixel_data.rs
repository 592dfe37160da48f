//! Pixel Data (7FE0,0010) as one word a pixel, whatever it was stored as.

use dicom_core::PrimitiveValue;
use dicom_core::value::Value;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemFragment;

use super::ImagingError;
use super::encapsulated;
use super::pixel_module::PixelModule;
use super::samples::{Samples, words_of_bytes};

/// The samples in the value of Pixel Data.
///
/// # Errors
/// [`ImagingError::PixelDataTooShort`] and [`ImagingError::Codec`].
pub(super) fn samples(
    value: Value<InMemDicomObject, InMemFragment>,
    module: &PixelModule,
    transfer_syntax: &str,
) -> Result<Samples, ImagingError> {
    match value {
        Value::Primitive(native) => native_samples(native, module),
        Value::PixelSequence(sequence) => {
            // One frame: all fragments are parts of one stream, whatever the offset table says.
            let mut fragments = sequence.into_fragments();
            if fragments.len() == 1 {
                return encapsulated::decode(&fragments.remove(0), module, transfer_syntax);
            }
            let samples = encapsulated::decode(&fragments.concat(), module, transfer_syntax)?;
            if let Some(stream) = without_padding(&fragments) {
                encapsulated::refuse_second_reading(&stream, module, transfer_syntax)?;
            }
            Ok(samples)
        }
        Value::Sequence(_) => Err(ImagingError::NoPixelData),
    }
}

/// The stream without the last byte of each fragment but the last, when each is a zero that may have been added to
/// make the fragment's length even.
///
/// PS3.5 A.4 has a fragment end in the middle of a stream, but of even length: what is added there is taken for data.
/// Most codes fall into step again behind such a byte, and a picture comes out that is none.
fn without_padding(fragments: &[InMemFragment]) -> Option<Vec<u8>> {
    let (last, before) = fragments.split_last()?;
    let mut stream = Vec::new();
    for fragment in before {
        // FF 00 is a stuffed byte.
        match fragment.as_slice() {
            [data @ .., 0] if !data.is_empty() && !data.ends_with(&[0xFF]) => stream.extend_from_slice(data),
            _ => return None,
        }
    }
    stream.extend_from_slice(last);
    Some(stream)
}

/// Native pixel data: bytes or words in the order of the host; a trailing padding byte is ignored.
fn native_samples(value: PrimitiveValue, module: &PixelModule) -> Result<Samples, ImagingError> {
    let found = match &value {
        PrimitiveValue::U8(bytes) => bytes.len(),
        PrimitiveValue::U16(words) => words.len() * 2,
        _ => 0,
    };
    let needed = module.pixels() * module.bytes_per_sample();
    if found < needed {
        return Err(ImagingError::PixelDataTooShort {
            found,
            rows: module.rows,
            columns: module.columns,
            bytes_per_pixel: module.bytes_per_sample(),
            needed,
        });
    }
    let words = match value {
        PrimitiveValue::U16(words) if module.bytes_per_sample() == 2 => {
            let mut words = words.into_vec();
            words.truncate(module.pixels());
            words
        }
        // The first of two 8 bit pixels is in the low byte of its word (PS3.5 8.2), in either byte order.
        PrimitiveValue::U16(words) => {
            words.iter().flat_map(|word| word.to_le_bytes()).take(needed).map(u16::from).collect()
        }
        PrimitiveValue::U8(bytes) => words_of_bytes(&bytes[..needed], module.bytes_per_sample()),
        _ => Vec::new(),
    };
    Ok(Samples { words, precision: module.bits_allocated })
}
