//! The demo's PACS: takes reports, pictures and echoes, and keeps them as files.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use dicom_core::Tag;
use dicom_dictionary_std::uids;
use dicom_object::open_file;

use super::Problem;
use crate::dicom::part10::file_meta;
use crate::dicom::{DatasetSummary, Status};
use crate::dimse::{
    AssociationEnd, AssociationInfo, CommitmentReport, IncomingObject, Refusal, Rejection, Rules, StorageService,
    StoreRequest,
};
use crate::identifiers::Uid;

/// Its AE title.
pub const AE_TITLE: &str = "DEMO_PACS";

/// SOP classes it takes: structured reports and Secondary Capture.
const SOP_CLASSES: [&str; 4] = [
    uids::VERIFICATION,
    uids::COMPREHENSIVE_SR_STORAGE,
    uids::COMPREHENSIVE3_DSR_STORAGE,
    uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
];

/// Current Requested Procedure Evidence Sequence and, in it, the way to a SOP Instance UID.
const EVIDENCE: [Tag; 3] = [Tag(0x0040, 0xA375), Tag(0x0008, 0x1115), Tag(0x0008, 0x1199)];
const REFERENCED_SOP_INSTANCE_UID: Tag = Tag(0x0008, 0x1155);

/// When a report on an image had arrived.
type Arrivals = Arc<Mutex<HashMap<String, Instant>>>;

/// A folder behind a Storage SCP.
pub struct Pacs {
    folder: PathBuf,
    reported: Arrivals,
}

impl Pacs {
    /// A PACS that keeps its objects in `folder`.
    pub fn new(folder: &Path) -> Result<Arc<Self>, Problem> {
        fs::create_dir_all(folder)?;
        Ok(Arc::new(Self { folder: folder.to_owned(), reported: Arrivals::default() }))
    }

    /// Whether a report names the image as its evidence.
    pub fn has_report_of(&self, image: &Uid) -> bool {
        lock(&self.reported).contains_key(image.as_str())
    }

    /// Seconds from `sent` until the image's report had arrived; NaN when it has not.
    pub fn seconds_until(&self, image: &Uid, sent: Instant) -> f64 {
        lock(&self.reported).get(image.as_str()).map_or(f64::NAN, |at| at.saturating_duration_since(sent).as_secs_f64())
    }
}

fn lock(arrivals: &Arrivals) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
    // A thread that panicked while it held the lock left a whole map: an insertion is one step.
    arrivals.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The SOP Instance UIDs of the images that an object names as its evidence: none for a picture.
fn evidence_of(file: &Path) -> Vec<String> {
    let Ok(report) = open_file(file) else { return Vec::new() };
    let mut items = vec![&*report];
    for tag in EVIDENCE {
        items = items.into_iter().filter_map(|item| item.get(tag)?.items()).flatten().collect();
    }
    let uids = items.into_iter().filter_map(|item| item.get(REFERENCED_SOP_INSTANCE_UID)?.to_str().ok());
    uids.map(|uid| uid.trim_end_matches(['\0', ' ']).to_owned()).collect()
}

impl StorageService for Pacs {
    type Incoming = Incoming;

    fn rules(&self) -> Rules {
        Rules { abstract_syntaxes: SOP_CLASSES.map(str::to_owned).to_vec(), ..Rules::default() }
    }

    fn admit(&self, _: SocketAddr, _: &str, called: &str, rules: Rules) -> Result<Rules, Rejection> {
        if called == AE_TITLE { Ok(rules) } else { Err(Rejection::called_ae_title(format!("this is {AE_TITLE}"))) }
    }

    async fn rejected(&self, peer: SocketAddr, calling: &str, _: &str, rejection: &Rejection) {
        tracing::warn!(%peer, calling, %rejection, "The demo's PACS rejected an association");
    }

    async fn begin(&self, _: &AssociationInfo, request: &StoreRequest) -> Result<Incoming, Refusal> {
        let file = self.folder.join(format!("{}.dcm", request.sop_instance_uid));
        let bytes = file_meta(&request.sop_class_uid, &request.sop_instance_uid, &request.transfer_syntax)
            .map_err(|e| Refusal::new(Status::PROCESSING_FAILURE, e))?;
        Ok(Incoming { file, bytes, reported: self.reported.clone() })
    }

    async fn refused(&self, _: &AssociationInfo, sop_instance_uid: &str, refusal: &Refusal) {
        tracing::warn!(sop_instance_uid, %refusal, "The demo's PACS refused an object");
    }

    async fn commitment_reported(&self, _: &AssociationInfo, _: CommitmentReport) -> Result<(), Refusal> {
        Err(Refusal::new(Status::INVALID_ARGUMENT_VALUE, "the demo's PACS asks nobody for storage commitment"))
    }

    async fn ended(&self, _: &AssociationInfo, _: &AssociationEnd) {}
}

/// A report or picture on its way: small enough to hold.
pub struct Incoming {
    file: PathBuf,
    bytes: Vec<u8>,
    reported: Arrivals,
}

impl IncomingObject for Incoming {
    async fn write(&mut self, dataset: Bytes) -> Result<(), Refusal> {
        self.bytes.extend_from_slice(&dataset);
        Ok(())
    }

    async fn commit(self, _: DatasetSummary) -> Result<Status, Refusal> {
        let written = File::create(&self.file).and_then(|mut file| file.write_all(&self.bytes));
        written.map_err(|e| Refusal::new(Status::OUT_OF_RESOURCES, e.to_string()))?;
        let now = Instant::now();
        for image in evidence_of(&self.file) {
            lock(&self.reported).entry(image).or_insert(now);
        }
        Ok(Status::SUCCESS)
    }

    async fn refuse(self, _: &Refusal, _: DatasetSummary) {}
}
