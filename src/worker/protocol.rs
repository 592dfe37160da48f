//! What daemon and worker say to each other: one JSON object a line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::findings::{BundleIdentity, Findings, ObjectKind, ReportRequest};
use crate::identifiers::Uid;

/// A job for a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "kebab-case")]
pub enum Request {
    /// Analyse one image.
    Analyse {
        /// A DICOM file of the spool.
        file: PathBuf,
    },
    /// Write the report of one study, and its overlay pictures.
    Report {
        /// All that the report is made from.
        request: Box<ReportRequest>,
        /// Folder the objects are written to, one file each.
        folder: PathBuf,
    },
}

/// What a worker answers: [`Reply::Ready`] or [`Reply::Unusable`] once at its start, then one reply
/// a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// The bundle is loaded and has passed its self-test.
    Ready {
        /// The bundle.
        bundle: Box<BundleIdentity>,
    },
    /// The bundle or ONNX Runtime cannot be used; the worker ends.
    Unusable {
        /// Why, and what to do.
        reason: String,
    },
    /// Result of [`Request::Analyse`].
    Findings {
        /// What was found.
        findings: Box<Findings>,
    },
    /// Result of [`Request::Report`].
    Written {
        /// The files written, the structured report first.
        objects: Vec<WrittenObject>,
    },
    /// The job cannot be done.
    Failed {
        /// Why, in words for `queue list`.
        reason: String,
        /// Whether another attempt would fail in the same way.
        permanent: bool,
    },
}

/// A DICOM file a worker wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WrittenObject {
    /// What it is.
    pub kind: ObjectKind,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Where it is; not yet durable.
    pub file: PathBuf,
    /// The same image compressed, likewise.
    pub compressed: Option<PathBuf>,
}
