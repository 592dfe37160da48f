//! A decoder of data sets that leaves texts the bytes they are.

use std::io::{self, Seek};

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_core::header::{DataElementHeader, SequenceItemHeader};
use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_parser::StatefulDecode;
use dicom_parser::stateful::decode;

use crate::report::encoding::{LONGEST_SHORT, is_text};

/// Whether a value is given as bytes. Specific Character Set is, so that the decoder does not follow it.
pub fn is_bytes(tag: Tag, vr: VR) -> bool {
    is_text(vr) || tag == tags::SPECIFIC_CHARACTER_SET
}

/// A decoder that gives texts as bytes.
pub struct TextAsBytes<D>(pub D);

impl<D: StatefulDecode> StatefulDecode for TextAsBytes<D> {
    type Reader = D::Reader;

    fn decode_header(&mut self) -> decode::Result<DataElementHeader> {
        let mut header = self.0.decode_header()?;
        header.vr = written_as(&header);
        Ok(header)
    }

    fn decode_item_header(&mut self) -> decode::Result<SequenceItemHeader> {
        self.0.decode_item_header()
    }

    fn read_value(&mut self, header: &DataElementHeader) -> decode::Result<PrimitiveValue> {
        self.read_value_preserved(header)
    }

    fn read_value_preserved(&mut self, header: &DataElementHeader) -> decode::Result<PrimitiveValue> {
        if is_bytes(header.tag, header.vr()) {
            self.0.read_value_bytes(header)
        } else {
            self.0.read_value_preserved(header)
        }
    }

    fn read_value_bytes(&mut self, header: &DataElementHeader) -> decode::Result<PrimitiveValue> {
        self.0.read_value_bytes(header)
    }

    fn read_to_vec(&mut self, length: u32, vec: &mut Vec<u8>) -> decode::Result<()> {
        self.0.read_to_vec(length, vec)
    }

    fn read_u32_to_vec(&mut self, length: u32, vec: &mut Vec<u32>) -> decode::Result<()> {
        self.0.read_u32_to_vec(length, vec)
    }

    fn read_to<W: io::Write>(&mut self, length: u32, out: W) -> decode::Result<()> {
        self.0.read_to(length, out)
    }

    fn skip_bytes(&mut self, length: u32) -> decode::Result<()> {
        self.0.skip_bytes(length)
    }

    fn seek(&mut self, position: u64) -> decode::Result<()>
    where
        Self::Reader: Seek,
    {
        self.0.seek(position)
    }

    fn position(&self) -> u64 {
        self.0.position()
    }
}

/// The VR that a report writes this element with. One that came as UN is a text all the same when the
/// dictionary says so; a value that is too long for its VR in Explicit VR becomes UN (PS3.5 6.2.2 note 2).
fn written_as(header: &DataElementHeader) -> VR {
    let Some(length) = header.len.get() else { return header.vr() };
    let short = !matches!(
        header.vr(),
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV
    );
    if short && length as usize > LONGEST_SHORT {
        return VR::UN;
    }
    match StandardDataDictionary.by_tag(header.tag).map(|entry| entry.vr()) {
        Some(VirtualVr::Exact(vr)) if header.vr() == VR::UN && is_text(vr) && length as usize <= LONGEST_SHORT => vr,
        _ => header.vr(),
    }
}
