//! An archive that takes every object, keeps none, and notes what it was sent.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use spinetriage::dicom::uids::RECEIVED_SOP_CLASSES;
use spinetriage::dicom::{DatasetSummary, Status};
use spinetriage::dimse::{
    AssociationEnd, AssociationInfo, CommitmentReport, IncomingObject, Refusal, Rejection, Rules, StorageService,
    StoreRequest, serve,
};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Its AE title.
pub const AE_TITLE: &str = "RECORDER";

/// SOP classes of what the daemon makes: structured reports (comprehensive and comprehensive 3D), pictures,
/// presentation states and key object selections.
const REPORT_SOP_CLASSES: [&str; 5] = [
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.34",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.11.1",
    "1.2.840.10008.5.1.4.1.1.88.59",
];

/// What came under one SOP Instance UID.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    pub study: String,
    /// SHA-256 of the data sets as received: one, if it was the same object each time.
    pub digests: BTreeSet<String>,
    /// How often it was sent in full.
    pub times: usize,
}

/// By SOP Instance UID.
type Record = Arc<Mutex<HashMap<String, Recorded>>>;

pub struct RecordingArchive {
    pub port: u16,
    record: Record,
    at_once: Arc<AtOnce>,
    /// Serves until it is dropped.
    _runtime: Runtime,
}

impl RecordingArchive {
    /// Starts one on a free port of the loopback that answers an object so long after it has noted it.
    pub fn start(answers_after: Duration) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let record = Record::default();
        let at_once = Arc::<AtOnce>::default();
        let service = Service { record: record.clone(), at_once: at_once.clone(), answers_after };
        runtime.spawn(serve(vec![listener], Arc::new(service), std::future::pending()));
        Self { port, record, at_once, _runtime: runtime }
    }

    /// The [[destination]] table called `recorder`, with more lines.
    pub fn destination(&self, more: &str) -> String {
        let address = format!("127.0.0.1:{}", self.port);
        format!("[[destination]]\nname = \"recorder\"\nae_title = \"{AE_TITLE}\"\naddress = \"{address}\"\n{more}")
    }

    /// Most objects that waited for their answer at the same time.
    pub fn most_at_once(&self) -> usize {
        self.at_once.most.load(Ordering::SeqCst)
    }

    /// Everything it was sent so far.
    pub fn objects(&self) -> HashMap<String, Recorded> {
        self.record.lock().unwrap().clone()
    }

    /// Whether anything of this study has come.
    pub fn has_of_study(&self, study: &str) -> bool {
        self.record.lock().unwrap().values().any(|object| object.study == study)
    }
}

/// Objects that wait for their answer.
#[derive(Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

struct Service {
    record: Record,
    at_once: Arc<AtOnce>,
    answers_after: Duration,
}

/// An object on its way.
struct Incoming {
    record: Record,
    at_once: Arc<AtOnce>,
    answers_after: Duration,
    instance: String,
    hash: Sha256,
}

impl StorageService for Service {
    type Incoming = Incoming;

    fn rules(&self) -> Rules {
        let classes = RECEIVED_SOP_CLASSES.iter().chain(&REPORT_SOP_CLASSES);
        Rules { abstract_syntaxes: classes.map(|class| (*class).to_owned()).collect(), ..Rules::default() }
    }

    fn admit(&self, _: SocketAddr, _: &str, called: &str, rules: Rules) -> Result<Rules, Rejection> {
        if called == AE_TITLE { Ok(rules) } else { Err(Rejection::called_ae_title(format!("this is {AE_TITLE}"))) }
    }

    async fn rejected(&self, _: SocketAddr, _: &str, _: &str, _: &Rejection) {}

    async fn begin(&self, _: &AssociationInfo, request: &StoreRequest) -> Result<Incoming, Refusal> {
        Ok(Incoming {
            record: self.record.clone(),
            at_once: self.at_once.clone(),
            answers_after: self.answers_after,
            instance: request.sop_instance_uid.to_string(),
            hash: Sha256::new(),
        })
    }

    async fn refused(&self, _: &AssociationInfo, _: &str, _: &Refusal) {}

    async fn commitment_reported(&self, _: &AssociationInfo, _: CommitmentReport) -> Result<(), Refusal> {
        Err(Refusal::new(Status::INVALID_ARGUMENT_VALUE, "an archive asks nobody for storage commitment"))
    }

    async fn ended(&self, _: &AssociationInfo, _: &AssociationEnd) {}
}

impl IncomingObject for Incoming {
    async fn write(&mut self, dataset: Bytes) -> Result<(), Refusal> {
        self.hash.update(dataset);
        Ok(())
    }

    async fn commit(self, summary: DatasetSummary) -> Result<Status, Refusal> {
        let digest = format!("{:x}", self.hash.finalize());
        {
            let mut record = self.record.lock().unwrap();
            let object = record.entry(self.instance).or_default();
            object.study = summary.study_instance_uid.unwrap_or_default();
            object.digests.insert(digest);
            object.times += 1;
        }
        let now = self.at_once.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.at_once.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(self.answers_after).await;
        self.at_once.now.fetch_sub(1, Ordering::SeqCst);
        Ok(Status::SUCCESS)
    }

    async fn refuse(self, _: &Refusal, _: DatasetSummary) {}
}
