//! What a report is made from, and what comes out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::analysis::Findings;
use crate::config::SopClass;
use crate::identifiers::Uid;

/// Everything a report is made from. All UIDs and times are in it or derived from what is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportRequest {
    /// SOP Instance UID of the structured report.
    pub report_uid: Uid,
    /// Its series.
    pub series_uid: Uid,
    /// Series of the overlay pictures; `None`: no pictures.
    pub overlay_series_uid: Option<Uid>,
    /// Series Number of the report; the pictures take the next.
    pub series_number: u32,
    /// 1, or more for a later version: Instance Number.
    pub version: u32,
    /// Content date and time, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub content_time: String,
    /// Device UID of the installation.
    pub device_uid: Uid,
    /// Device observer name: our AE title.
    pub observer_name: String,
    /// SOP class of the structured report.
    pub sop_class: SopClass,
    /// SOP Instance UID and Series Instance UID of the version before.
    pub predecessor: Option<(Uid, Uid)>,
    /// The images of one study, at least one.
    pub images: Vec<ReportImage>,
}

/// An image and what was found on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportImage {
    /// The DICOM file as received.
    pub file: PathBuf,
    /// What was found.
    pub findings: Findings,
}

/// Structured report or overlay picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// The structured report.
    StructuredReport,
    /// A Secondary Capture image with the findings drawn in.
    Overlay,
}

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
}
