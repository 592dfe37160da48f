//! The few top-level values that the receiver decides by.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

use super::collect::{Collect, Place, Repeated};
use super::header::Header;
use super::limits::MAX_VALUE_BYTES;
use crate::dicom::transfer_syntax::Layout;

/// What a dataset says at its top level. Texts are decoded by its Specific Character Set, without
/// padding, control characters as spaces, at most [`MAX_VALUE_BYTES`] encoded; an absent or empty
/// value is `None`. Nothing is checked: a UID here is any text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatasetSummary {
    /// SOP Class UID (0008,0016).
    pub sop_class_uid: Option<String>,
    /// SOP Instance UID (0008,0018).
    pub sop_instance_uid: Option<String>,
    /// Study Instance UID (0020,000D).
    pub study_instance_uid: Option<String>,
    /// Series Instance UID (0020,000E).
    pub series_instance_uid: Option<String>,
    /// Modality (0008,0060).
    pub modality: Option<String>,
    /// Body Part Examined (0018,0015).
    pub body_part_examined: Option<String>,
    /// Study Description (0008,1030).
    pub study_description: Option<String>,
    /// Series Description (0008,103E).
    pub series_description: Option<String>,
    /// Protocol Name (0018,1030).
    pub protocol_name: Option<String>,
    /// View Position (0018,5101).
    pub view_position: Option<String>,
    /// Patient ID (0010,0020). For the database only, never for a log, as the three that follow.
    pub patient_id: Option<String>,
    /// Issuer of Patient ID (0010,0021).
    pub issuer_of_patient_id: Option<String>,
    /// Patient's Name (0010,0010).
    pub patient_name: Option<String>,
    /// Patient's Birth Date (0010,0030), `YYYYMMDD` if the sender keeps to the standard.
    pub patient_birth_date: Option<String>,
    /// Accession Number (0008,0050).
    pub accession_number: Option<String>,
    /// Study Date (0020,0008), `YYYYMMDD` if the sender keeps to the standard.
    pub study_date: Option<String>,
    /// Rows (0028,0010).
    pub rows: Option<u16>,
    /// Columns (0028,0011).
    pub columns: Option<u16>,
    /// Pixel Data (7FE0,0010) is there, and not empty.
    pub has_pixel_data: bool,
    /// Length of the dataset as received, in bytes.
    pub bytes: u64,
}

/// The elements that are kept, in the order of [`Collector::values`].
const KEPT: [Tag; 19] = [
    tags::SPECIFIC_CHARACTER_SET,
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::STUDY_INSTANCE_UID,
    tags::SERIES_INSTANCE_UID,
    tags::MODALITY,
    tags::BODY_PART_EXAMINED,
    tags::STUDY_DESCRIPTION,
    tags::SERIES_DESCRIPTION,
    tags::PROTOCOL_NAME,
    tags::VIEW_POSITION,
    tags::PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID,
    tags::PATIENT_NAME,
    tags::PATIENT_BIRTH_DATE,
    tags::ACCESSION_NUMBER,
    tags::STUDY_DATE,
    tags::ROWS,
    tags::COLUMNS,
];

/// Collects the values at the top of the dataset while the scanner passes them.
#[derive(Debug)]
pub(super) struct Collector {
    values: [Option<Vec<u8>>; KEPT.len()],
    has_pixel_data: bool,
    layout: Layout,
}

impl Collector {
    pub fn new(layout: Layout) -> Self {
        Self { values: Default::default(), has_pixel_data: false, layout }
    }

    pub fn summary(&self, bytes: u64) -> DatasetSummary {
        let charset = self.character_set();
        let text = |tag: Tag| decoded(self.value(tag)?, &charset);
        let number = |tag: Tag| {
            let pair = <[u8; 2]>::try_from(self.value(tag)?).ok()?;
            Some(if self.layout == Layout::ExplicitBig { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
        };
        DatasetSummary {
            sop_class_uid: text(tags::SOP_CLASS_UID),
            sop_instance_uid: text(tags::SOP_INSTANCE_UID),
            study_instance_uid: text(tags::STUDY_INSTANCE_UID),
            series_instance_uid: text(tags::SERIES_INSTANCE_UID),
            modality: text(tags::MODALITY),
            body_part_examined: text(tags::BODY_PART_EXAMINED),
            study_description: text(tags::STUDY_DESCRIPTION),
            series_description: text(tags::SERIES_DESCRIPTION),
            protocol_name: text(tags::PROTOCOL_NAME),
            view_position: text(tags::VIEW_POSITION),
            patient_id: text(tags::PATIENT_ID),
            issuer_of_patient_id: text(tags::ISSUER_OF_PATIENT_ID),
            patient_name: text(tags::PATIENT_NAME),
            patient_birth_date: text(tags::PATIENT_BIRTH_DATE),
            accession_number: text(tags::ACCESSION_NUMBER),
            study_date: text(tags::STUDY_DATE),
            rows: number(tags::ROWS),
            columns: number(tags::COLUMNS),
            has_pixel_data: self.has_pixel_data,
            bytes,
        }
    }

    fn value(&self, tag: Tag) -> Option<&[u8]> {
        let slot = KEPT.iter().position(|&kept| kept == tag)?;
        self.values[slot].as_deref()
    }

    /// The first character set the dataset names, the default repertoire when it names none.
    /// Of several (code extensions, PS3.3 C.12.1.1.2) only the first is decoded: descriptions and
    /// codes that are compared here are rarely in another.
    fn character_set(&self) -> SpecificCharacterSet {
        let names = String::from_utf8_lossy(self.value(tags::SPECIFIC_CHARACTER_SET).unwrap_or_default()).into_owned();
        let first = names.split('\\').next().unwrap_or_default().trim_matches([' ', '\0']);
        SpecificCharacterSet::from_code(first).unwrap_or_default()
    }
}

impl Collect for Collector {
    /// Where a value is in [`Collector::values`].
    type Slot = usize;

    fn item(&mut self, _: Tag) {}

    fn element(&mut self, place: Place, header: &Header) -> Result<Option<usize>, Repeated> {
        if place != Place::Top || header.is_sequence() {
            return Ok(None);
        }
        if header.tag == tags::PIXEL_DATA && header.length > 0 {
            self.has_pixel_data = true;
        }
        let Some(slot) = KEPT.iter().position(|&kept| kept == header.tag) else { return Ok(None) };
        match self.values[slot].replace(Vec::new()) {
            None => Ok(Some(slot)),
            Some(_) => Err(Repeated),
        }
    }

    fn append(&mut self, slot: usize, bytes: &[u8]) {
        if let Some(value) = &mut self.values[slot] {
            let room = MAX_VALUE_BYTES - value.len();
            value.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

fn decoded(bytes: &[u8], charset: &SpecificCharacterSet) -> Option<String> {
    let text = charset.decode(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned());
    let trimmed = text.trim_matches([' ', '\0']);
    let printable: String = trimmed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (!printable.is_empty()).then_some(printable)
}
