//! What the report room gives back.

use crate::findings::ObjectKind;
use crate::identifiers::Uid;

/// A finished DICOM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportObject {
    /// What it is.
    pub kind: ObjectKind,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// A name for the file, from our own UIDs.
    pub file_name: String,
    /// The whole Part 10 file, Explicit VR Little Endian.
    pub bytes: Vec<u8>,
    /// The same image losslessly compressed, as a whole Part 10 file, for who takes it.
    pub compressed: Option<Vec<u8>>,
}
