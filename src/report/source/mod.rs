//! The header of a source image, its texts as the bytes they are.
//!
//! `dicom-object` decodes text while it reads, by the first value of Specific Character Set alone. A report
//! must not change a patient's name, so texts stay bytes here; all other values are what they are there.

mod text_as_bytes;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_encoding::text::SpecificCharacterSet;
use dicom_encoding::transfer_syntax::{Codec, TransferSyntaxIndex};
use dicom_object::FileMetaTable;
use dicom_object::mem::InMemElement;
use dicom_parser::dataset::DataToken;
use dicom_parser::{DataSetReader, DynStatefulDecoder, StatefulDecode};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::attributes::Item;
use super::encoding::encoded;
use super::error::ReportError;
use crate::guard::in_words;
use text_as_bytes::{TextAsBytes, is_bytes};

/// Preamble and prefix of a file (PS3.10 7.1).
const PREAMBLE: usize = 128;
const PREFIX: &[u8] = b"DICM";

type Failure = Box<dyn std::error::Error>;

/// What a source image says before its pixels. Values of text VRs and Specific Character Set are
/// [`PrimitiveValue::U8`], which the writer writes as they are; sequences have no stated length.
#[derive(Debug)]
pub struct Source(Item);

impl Source {
    /// Reads the header of a file that the bounded scanner has walked.
    ///
    /// # Errors
    /// [`ReportError::Source`] when it is no DICOM file any more.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        let read = || Self::from_reader(File::open(path)?);
        read().map_err(|e| ReportError::Source { path: path.to_owned(), reason: in_words(&*e) })
    }

    /// An element of the header.
    pub fn get(&self, tag: Tag) -> Option<&InMemElement> {
        self.0.get(tag)
    }

    fn from_reader(file: impl Read + 'static) -> Result<Self, Failure> {
        let mut file = after_preamble(file)?;
        let meta = FileMetaTable::from_reader(&mut file)?;
        let syntax = TransferSyntaxRegistry.get(meta.transfer_syntax()).ok_or("its transfer syntax is not known")?;
        let reader: Box<dyn Read> = match syntax.codec() {
            Codec::Dataset(Some(adapter)) => adapter.adapt_reader(Box::new(file)),
            Codec::Dataset(None) => return Err("its transfer syntax is not supported".into()),
            Codec::None | Codec::EncapsulatedPixelData(..) => Box::new(file),
        };
        let decoder = DynStatefulDecoder::new_with(reader, syntax, SpecificCharacterSet::default(), 0)?;
        header(DataSetReader::new(TextAsBytes(decoder), Default::default())).map(Self)
    }
}

/// The file from its prefix on; a file may come without preamble.
fn after_preamble(mut file: impl Read) -> io::Result<BufReader<impl Read>> {
    let mut start = Vec::new();
    file.by_ref().take((PREAMBLE + PREFIX.len()) as u64).read_to_end(&mut start)?;
    if start.get(PREAMBLE..) == Some(PREFIX) {
        start.drain(..PREAMBLE);
    }
    Ok(BufReader::new(Cursor::new(start).chain(file)))
}

/// Everything before Pixel Data, without recursion. Fragments of an icon are left out.
fn header<D: StatefulDecode>(tokens: DataSetReader<D>) -> Result<Item, Failure> {
    let mut items = vec![Item::new_empty()];
    let mut sequences: Vec<(Tag, Vec<Item>)> = Vec::new();
    let mut current = None;
    for token in tokens {
        match token? {
            DataToken::ElementHeader(at) if sequences.is_empty() && at.tag >= tags::PIXEL_DATA => break,
            DataToken::PixelSequenceStart if sequences.is_empty() => break,
            DataToken::ElementHeader(at) => current = Some(at),
            DataToken::PrimitiveValue(value) => {
                let at = current.take().ok_or("a value without a header")?;
                let value = if is_bytes(at.tag, at.vr()) { padded(value) } else { value };
                innermost(&mut items)?.put(DataElement::new(at.tag, at.vr(), value));
            }
            DataToken::SequenceStart { tag, .. } => sequences.push((tag, Vec::new())),
            DataToken::PixelSequenceStart => sequences.push((tags::PIXEL_DATA, Vec::new())),
            DataToken::ItemStart { .. } => items.push(Item::new_empty()),
            DataToken::ItemEnd => {
                let item = items.pop().ok_or("an item ends that did not begin")?;
                sequences.last_mut().ok_or("an item outside a sequence")?.1.push(item);
            }
            DataToken::SequenceEnd => {
                let (tag, members) = sequences.pop().ok_or("a sequence ends that did not begin")?;
                if tag != tags::PIXEL_DATA {
                    innermost(&mut items)?.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(members)));
                }
            }
            DataToken::ItemValue(_) | DataToken::OffsetTable(_) => {}
        }
    }
    match (items.pop(), items.is_empty() && sequences.is_empty()) {
        (Some(header), true) => Ok(header),
        _ => Err("it ends within a sequence".into()),
    }
}

fn innermost(items: &mut [Item]) -> Result<&mut Item, Failure> {
    items.last_mut().ok_or_else(|| "an item ends that did not begin".into())
}

fn padded(value: PrimitiveValue) -> PrimitiveValue {
    if let PrimitiveValue::U8(bytes) = value { encoded(bytes.into_vec()) } else { value }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dicom::dataset::Scanner;
    use crate::report::encoding::LONGEST_SHORT;

    const EXPLICIT: &str = crate::dicom::uids::EXPLICIT_VR_LITTLE_ENDIAN;

    /// An element with a 16-bit length, Explicit VR Little Endian.
    fn element(tag: Tag, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap().to_le_bytes();
        [&tag.0.to_le_bytes(), &tag.1.to_le_bytes(), &vr[..], &length, value].concat()
    }

    /// A sequence of one item, both of a stated length.
    fn sequence(tag: Tag, item: &[u8]) -> Vec<u8> {
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
        let start = [&tag.0.to_le_bytes(), &tag.1.to_le_bytes(), &b"SQ\0\0"[..], &length(item.len() + 8)].concat();
        [&start, &[0xFE, 0xFF, 0x00, 0xE0][..], &length(item.len()), item].concat()
    }

    fn read(dataset: &[u8]) -> Result<Source, Failure> {
        let uid = |number| element(Tag(2, number), b"UI", b"1.2\0");
        let version = [&[2, 0, 1, 0], &b"OB\0\0"[..], &[2, 0, 0, 0, 0, 1]].concat();
        let syntax = element(Tag(2, 0x10), b"UI", &[EXPLICIT.as_bytes(), &[0]].concat());
        let meta = [version, uid(2), uid(3), syntax, uid(0x12)].concat();
        let length = element(Tag(2, 0), b"UL", &u32::try_from(meta.len()).unwrap().to_le_bytes());
        Source::from_reader(Cursor::new([&[0; 128], PREFIX, &length, &meta, dataset].concat()))
    }

    fn bytes(element: &InMemElement) -> Vec<u8> {
        element.to_bytes().unwrap().into_owned()
    }

    fn small() -> Vec<u8> {
        let inner = element(tags::ISSUER_OF_PATIENT_ID, b"LO", b"\xD5\x5C");
        [
            element(tags::SPECIFIC_CHARACTER_SET, b"CS", b"GBK "),
            element(tags::PATIENT_NAME, b"PN", b"\xC0\xEE^\xD5\x5C "),
            sequence(tags::OTHER_PATIENT_I_DS_SEQUENCE, &sequence(tags::REFERENCED_STUDY_SEQUENCE, &inner)),
            element(tags::PATIENT_WEIGHT, b"DS", b"70"),
        ]
        .concat()
    }

    #[test]
    fn texts_are_bytes_and_the_rest_is_not() {
        let source = read(&small()).unwrap();
        let name = source.get(tags::PATIENT_NAME).unwrap();
        assert_eq!(name.value().primitive().unwrap(), &PrimitiveValue::U8(b"\xC0\xEE^\xD5\x5C "[..].into()));
        let one = |item: &Item, tag| item.get(tag).unwrap().items().unwrap()[0].clone();
        let inner = one(&one(&source.0, tags::OTHER_PATIENT_I_DS_SEQUENCE), tags::REFERENCED_STUDY_SEQUENCE);
        assert_eq!(bytes(inner.get(tags::ISSUER_OF_PATIENT_ID).unwrap()), b"\xD5\x5C");
        assert_eq!(source.get(tags::PATIENT_WEIGHT).unwrap().to_float64().unwrap(), 70.0);
    }

    #[test]
    fn what_was_unknown_is_a_text_and_what_is_too_long_is_unknown() {
        let unknown = |tag: Tag, value: &[u8]| {
            let length = u32::try_from(value.len()).unwrap().to_le_bytes();
            [&tag.0.to_le_bytes(), &tag.1.to_le_bytes(), &b"UN\0\0"[..], &length, value].concat()
        };
        let long = vec![b'x'; LONGEST_SHORT + 2];
        let source = read(&[unknown(tags::PATIENT_NAME, b"\xE4 "), unknown(tags::PATIENT_ID, &long)].concat()).unwrap();
        let found = |tag| (source.get(tag).unwrap().vr(), bytes(source.get(tag).unwrap()));
        assert_eq!(found(tags::PATIENT_NAME), (VR::PN, b"\xE4 ".to_vec()));
        assert_eq!(found(tags::PATIENT_ID), (VR::UN, long));
    }

    #[test]
    fn what_a_file_ends_within_is_not_read() {
        let whole = small();
        for length in 0..whole.len() {
            let is_missing = read(&whole[..length]).map(|source| source.get(tags::PATIENT_WEIGHT).is_none());
            assert!(is_missing.unwrap_or(true), "of {length} bytes");
        }
        assert!(read(&whole[..whole.len() - 12]).is_err(), "within the innermost item");
    }

    proptest! {
        /// Whatever the scanner lets pass is read or refused.
        #[test]
        fn changed_bytes_do_not_panic(changes in prop::collection::vec((0_usize..200, any::<u8>()), 1..6)) {
            let mut dataset = small();
            for (at, byte) in changes {
                let at = at % dataset.len();
                dataset[at] = byte;
            }
            let mut scanner = Scanner::new(EXPLICIT, 1 << 20).unwrap();
            if scanner.push(&dataset).is_ok() && scanner.finish().is_ok() {
                let read = read(&dataset);
                prop_assert!(read.is_ok() || !in_words(&*read.unwrap_err()).is_empty());
            }
        }
    }
}
