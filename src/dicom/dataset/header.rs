//! Element headers, byte by byte as they come (PS3.5 7.1).

use dicom_core::Tag;
use dicom_core::VR;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::StandardDataDictionary;

use super::element::ElementName;
use super::error::ScanError;
use crate::dicom::transfer_syntax::Layout;

/// The length that is none.
pub(super) const UNDEFINED: u32 = 0xFFFF_FFFF;

/// Start of an item.
pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);
/// End of an item of undefined length.
pub(super) const ITEM_DELIMITER: Tag = Tag(0xFFFE, 0xE00D);
/// End of a sequence, or of fragments.
pub(super) const SEQUENCE_DELIMITER: Tag = Tag(0xFFFE, 0xE0DD);

/// VRs with a 16-bit length (PS3.5 table 7.1-2). All others, known or not, have two reserved bytes
/// and a 32-bit length (table 7.1-1).
const SHORT_VRS: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
    b"ST", b"TM", b"UI", b"UL", b"US",
];

/// The header of an element, an item or a delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub tag: Tag,
    /// Absent in implicit layouts and for items and delimiters.
    pub vr: Option<[u8; 2]>,
    pub length: u32,
}

impl Header {
    /// Whether the value is a sequence of items.
    ///
    /// In implicit layouts the dictionary decides, as it does for whoever parses the dataset later;
    /// what it does not know can only be told by its undefined length (PS3.5 7.5.1). So can a
    /// sequence of VR UN (6.2.2).
    pub fn is_sequence(&self) -> bool {
        match self.vr.as_ref() {
            Some(b"SQ") => true,
            Some(b"UN") => self.length == UNDEFINED,
            Some(_) => false,
            None if self.length == UNDEFINED => self.tag != dicom_dictionary_std::tags::PIXEL_DATA,
            None => StandardDataDictionary.by_tag(self.tag).is_some_and(|entry| entry.vr() == VirtualVr::Exact(VR::SQ)),
        }
    }

    /// The layout inside this sequence: UN of undefined length is implicit inside, whatever is
    /// around it (PS3.5 6.2.2 note 4).
    pub fn inner_layout(&self, around: Layout) -> Layout {
        if self.vr.as_ref() == Some(b"UN") { Layout::Implicit } else { around }
    }
}

/// Collects one header from however many pieces it comes in.
#[derive(Debug, Default)]
pub(super) struct HeaderReader {
    bytes: [u8; 12],
    have: usize,
}

impl HeaderReader {
    /// Whether a header has begun and is not complete.
    pub fn is_partial(&self) -> bool {
        self.have > 0
    }

    /// Takes bytes off `input` until a header is complete; `None` when they do not suffice.
    pub fn read(&mut self, input: &mut &[u8], layout: Layout) -> Result<Option<Header>, ScanError> {
        if !self.fill(8, input) {
            return Ok(None);
        }
        let [a, b, c, d, e, f, g, h, ..] = self.bytes;
        let number =
            |pair| if layout == Layout::ExplicitBig { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
        let long =
            |bytes| if layout == Layout::ExplicitBig { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let tag = Tag(number([a, b]), number([c, d]));
        // Items and delimiters have no VR in any layout (PS3.5 7.5).
        if layout == Layout::Implicit || tag.group() == ITEM.group() {
            self.have = 0;
            return Ok(Some(Header { tag, vr: None, length: long([e, f, g, h]) }));
        }
        let vr = [e, f];
        if !vr.iter().all(u8::is_ascii_uppercase) {
            return Err(ScanError::InvalidVr { element: ElementName(tag), vr });
        }
        let length = if SHORT_VRS.contains(&&vr) {
            u32::from(number([g, h]))
        } else if self.fill(12, input) {
            let [.., i, j, k, l] = self.bytes;
            long([i, j, k, l])
        } else {
            return Ok(None);
        };
        self.have = 0;
        Ok(Some(Header { tag, vr: Some(vr), length }))
    }

    /// Whether `size` bytes are there, after taking what is missing and possible.
    fn fill(&mut self, size: usize, input: &mut &[u8]) -> bool {
        let count = size.saturating_sub(self.have).min(input.len());
        let (taken, rest) = input.split_at(count);
        self.bytes[self.have..self.have + count].copy_from_slice(taken);
        self.have += count;
        *input = rest;
        self.have >= size
    }
}
