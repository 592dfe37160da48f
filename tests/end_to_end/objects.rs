//! Reading the objects that came back.

use std::io::Cursor;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject, from_reader};

/// A file's object.
pub fn read(file: &[u8]) -> DefaultDicomObject {
    from_reader(Cursor::new(&file[128..])).unwrap()
}

/// A text without padding; empty where the element is missing.
pub fn value(object: &InMemDicomObject, tag: Tag) -> String {
    object.get(tag).map(|e| e.to_str().unwrap().trim_end_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

/// SOP Instance UIDs of the images that a report's evidence names.
pub fn images_of(report: &InMemDicomObject) -> Vec<String> {
    named_by(
        report,
        [
            tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
            tags::REFERENCED_SERIES_SEQUENCE,
            tags::REFERENCED_SOP_SEQUENCE,
        ],
    )
}

/// SOP Instance UIDs of the documents that a report says it replaces.
pub fn predecessors(report: &InMemDicomObject) -> Vec<String> {
    let way = [tags::PREDECESSOR_DOCUMENTS_SEQUENCE, tags::REFERENCED_SERIES_SEQUENCE, tags::REFERENCED_SOP_SEQUENCE];
    named_by(report, way)
}

fn named_by(report: &InMemDicomObject, way: [Tag; 3]) -> Vec<String> {
    let mut items = vec![report];
    for tag in way {
        items = items.into_iter().filter_map(|item| item.get(tag)?.items()).flatten().collect();
    }
    items.into_iter().map(|item| value(item, tags::REFERENCED_SOP_INSTANCE_UID)).collect()
}
