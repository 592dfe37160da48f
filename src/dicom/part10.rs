//! The header of a DICOM file (PS3.10 section 7.1): what is in it, and where the dataset starts.

use std::io::{self, Read};

use dicom_object::FileMetaTableBuilder;

use crate::identifiers::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, Uid};

/// Most of a file that its header may take; a legal one is below 1 KB.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

const PREAMBLE: usize = 128;
const MAGIC: &[u8; 4] = b"DICM";

/// Why a file is no DICOM file.
#[derive(Debug, thiserror::Error)]
pub enum Part10Error {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// No `DICM` after the preamble.
    #[error("the file has no DICM mark at byte 128, so it is no DICOM file")]
    NoMagic,
    /// The header ends too early or goes on too long.
    #[error("the file's header (group 0002) does not end within its first {MAX_HEADER_BYTES} bytes")]
    Unbounded,
    /// The header does not say how the dataset is encoded.
    #[error("the file's header states no transfer syntax (0002,0010)")]
    NoTransferSyntax,
}

/// What the header of a file says. Values are without padding and not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHeader {
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// Media Storage SOP Class UID (0002,0002).
    pub sop_class_uid: Option<String>,
    /// Media Storage SOP Instance UID (0002,0003).
    pub sop_instance_uid: Option<String>,
    /// Where the dataset starts, in bytes from the start of the file.
    pub dataset_offset: u64,
}

impl FileHeader {
    /// Reads the header from the start of a file. Reads at most [`MAX_HEADER_BYTES`], and more than
    /// the header: seek to `dataset_offset` before reading on.
    pub fn read(file: impl Read) -> Result<Self, Part10Error> {
        let mut prefix = Vec::new();
        file.take(MAX_HEADER_BYTES as u64).read_to_end(&mut prefix)?;
        Self::parse(&prefix)
    }

    /// Parses the start of a file.
    pub fn parse(prefix: &[u8]) -> Result<Self, Part10Error> {
        if prefix.get(PREAMBLE..PREAMBLE + MAGIC.len()) != Some(MAGIC) {
            return Err(Part10Error::NoMagic);
        }
        let mut header =
            Self { transfer_syntax: String::new(), sop_class_uid: None, sop_instance_uid: None, dataset_offset: 0 };
        let mut at = PREAMBLE + MAGIC.len();
        // Elements are walked rather than skipped by the group length, which some writers get wrong.
        while let Some([0x02, 0x00, e0, e1]) = prefix.get(at..at + 4) {
            let (start, length) = value_of(prefix, at).ok_or(Part10Error::Unbounded)?;
            let value =
                start.checked_add(length).and_then(|end| prefix.get(start..end)).ok_or(Part10Error::Unbounded)?;
            let text = || String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned();
            match u16::from_le_bytes([*e0, *e1]) {
                0x0002 => header.sop_class_uid = Some(text()),
                0x0003 => header.sop_instance_uid = Some(text()),
                0x0010 => header.transfer_syntax = text(),
                _ => {}
            }
            at = start + length;
        }
        if header.transfer_syntax.is_empty() {
            return Err(Part10Error::NoTransferSyntax);
        }
        if at + 4 > MAX_HEADER_BYTES {
            return Err(Part10Error::Unbounded);
        }
        header.dataset_offset = at as u64;
        Ok(header)
    }
}

/// Preamble and file meta information of a file to be, which the dataset follows.
///
/// # Errors
/// What the encoder says, as a text.
pub fn file_meta(sop_class: &Uid, sop_instance: &Uid, transfer_syntax: &str) -> Result<Vec<u8>, String> {
    let table = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(sop_class.as_str())
        .media_storage_sop_instance_uid(sop_instance.as_str())
        .transfer_syntax(transfer_syntax)
        .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(IMPLEMENTATION_VERSION_NAME)
        .build();
    let mut header = vec![0; PREAMBLE];
    header.extend_from_slice(MAGIC);
    table.map_err(|e| e.to_string())?.write(&mut header).map_err(|e| e.to_string())?;
    Ok(header)
}

/// Where the value of the explicit VR element at `at` starts, and its length.
fn value_of(prefix: &[u8], at: usize) -> Option<(usize, usize)> {
    let &[v0, v1, a, b] = prefix.get(at + 4..at + 8)?.first_chunk()?;
    if matches!(&[v0, v1], b"OB" | b"OW" | b"UN" | b"UT" | b"SQ" | b"UC" | b"UR") {
        let length = prefix.get(at + 8..at + 12)?.first_chunk().map(|&bytes| u32::from_le_bytes(bytes))?;
        return Some((at + 12, length as usize));
    }
    Some((at + 8, u16::from_le_bytes([a, b]) as usize))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![2, 0];
        bytes.extend(number.to_le_bytes());
        bytes.extend(vr);
        if vr == b"OB" {
            bytes.extend([0, 0]);
            bytes.extend((value.len() as u32).to_le_bytes());
        } else {
            bytes.extend((value.len() as u16).to_le_bytes());
        }
        bytes.extend(value);
        bytes
    }

    fn file(elements: &[Vec<u8>], dataset: &[u8]) -> Vec<u8> {
        [&[0; PREAMBLE][..], MAGIC, &elements.concat(), dataset].concat()
    }

    #[test]
    fn a_header_names_encoding_and_object() {
        let elements = [
            element(0x0000, b"UL", &[1, 0, 0, 0]), // a wrong group length
            element(0x0001, b"OB", &[0, 1]),
            element(0x0002, b"UI", b"1.2.3\0"),
            element(0x0003, b"UI", b"1.2.3.45"),
            element(0x0010, b"UI", b"1.2.840.10008.1.2.1\0"),
        ];
        let header = FileHeader::read(&file(&elements, &[8, 0, 5, 0, b'C', b'S'])[..]).unwrap();
        assert_eq!(header.transfer_syntax, "1.2.840.10008.1.2.1");
        assert_eq!(header.sop_class_uid.as_deref(), Some("1.2.3"));
        assert_eq!(header.sop_instance_uid.as_deref(), Some("1.2.3.45"));
        assert_eq!(header.dataset_offset as usize, PREAMBLE + 4 + elements.concat().len());
    }

    #[test]
    fn files_without_a_usable_header_are_refused_by_name() {
        assert!(matches!(FileHeader::parse(b"PNG"), Err(Part10Error::NoMagic)));
        assert!(matches!(FileHeader::parse(&file(&[], &[8, 0])), Err(Part10Error::NoTransferSyntax)));
        let mut cut = file(&[element(0x0010, b"UI", b"1.2.840.10008.1.2.1\0")], &[]);
        cut.pop();
        assert!(matches!(FileHeader::parse(&cut), Err(Part10Error::Unbounded)));
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), number in any::<u16>()) {
            let _ = FileHeader::parse(&file(&[element(number, b"UI", b"1.2"), vec![2, 0]], &bytes));
        }
    }
}
