//! A storage service in memory, and a receiver around it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use spinetriage::dicom::{DatasetSummary, Status, uids};
use spinetriage::dimse::{
    AssociationEnd, AssociationInfo, CommitmentReport, DimseError, IncomingObject, Refusal, Rejection, Rules,
    StorageService, StoreRequest, serve,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// AE title of every receiver in these tests.
pub const AE_TITLE: &str = "SPINETRIAGE";
/// The one calling AE title that is turned away.
pub const STRANGER: &str = "STRANGER";

/// The calling AE title that may not echo, and may report storage commitment.
pub const ASKED: &str = "ASKED";

/// What an archive was told.
#[derive(Default)]
pub struct Record {
    /// Objects that were begun.
    pub begun: usize,
    pub stored: Vec<(StoreRequest, Vec<u8>, DatasetSummary)>,
    /// From `IncomingObject::refuse`.
    pub discarded: Vec<(Refusal, DatasetSummary)>,
    /// From `StorageService::refused`: UID and refusal.
    pub refused: Vec<(String, Refusal)>,
    pub rejected: Vec<(String, Rejection)>,
    /// From `StorageService::commitment_reported`: who said what.
    pub reported: Vec<(String, CommitmentReport)>,
    pub ended: Vec<(AssociationInfo, AssociationEnd)>,
}

/// Keeps objects in memory and remembers every call.
#[derive(Default)]
pub struct Archive {
    pub rules: Rules,
    pub record: Arc<Mutex<Record>>,
    /// Refuses at `begin`.
    pub refuse_begin: Option<Refusal>,
    /// Refuses at the first `write`.
    pub refuse_write: Option<Refusal>,
    /// What `commit` answers, success by default.
    pub commit: Option<Result<Status, Refusal>>,
    /// How long `commit` takes.
    pub commit_takes: Duration,
    /// Refuses every storage commitment report.
    pub refuse_report: Option<Refusal>,
}

/// An object on its way into an [`Archive`].
pub struct Incoming {
    request: StoreRequest,
    bytes: Vec<u8>,
    record: Arc<Mutex<Record>>,
    refuse_write: Option<Refusal>,
    commit: Result<Status, Refusal>,
    commit_takes: Duration,
}

impl StorageService for Archive {
    type Incoming = Incoming;

    fn rules(&self) -> Rules {
        self.rules.clone()
    }

    fn admit(&self, _peer: SocketAddr, calling: &str, called: &str, rules: Rules) -> Result<Rules, Rejection> {
        if called != AE_TITLE {
            return Err(Rejection::called_ae_title(format!("{called} is not {AE_TITLE}")));
        }
        if calling == STRANGER {
            return Err(Rejection::calling_ae_title(format!("{calling} is not a sender")));
        }
        if calling == ASKED {
            return Ok(Rules { abstract_syntaxes: vec![uids::STORAGE_COMMITMENT.to_owned()], ..rules });
        }
        Ok(rules)
    }

    async fn rejected(&self, _peer: SocketAddr, calling: &str, _called: &str, rejection: &Rejection) {
        self.record().rejected.push((calling.to_owned(), rejection.clone()));
    }

    async fn begin(&self, _association: &AssociationInfo, request: &StoreRequest) -> Result<Incoming, Refusal> {
        match &self.refuse_begin {
            Some(refusal) => Err(refusal.clone()),
            None => {
                self.record().begun += 1;
                Ok(Incoming {
                    request: request.clone(),
                    bytes: Vec::new(),
                    record: Arc::clone(&self.record),
                    refuse_write: self.refuse_write.clone(),
                    commit: self.commit.clone().unwrap_or(Ok(Status::SUCCESS)),
                    commit_takes: self.commit_takes,
                })
            }
        }
    }

    async fn refused(&self, _association: &AssociationInfo, sop_instance_uid: &str, refusal: &Refusal) {
        self.record().refused.push((sop_instance_uid.to_owned(), refusal.clone()));
    }

    async fn commitment_reported(
        &self,
        association: &AssociationInfo,
        report: CommitmentReport,
    ) -> Result<(), Refusal> {
        self.record().reported.push((association.calling.clone(), report));
        self.refuse_report.clone().map_or(Ok(()), Err)
    }

    async fn ended(&self, association: &AssociationInfo, end: &AssociationEnd) {
        self.record().ended.push((association.clone(), end.clone()));
    }
}

impl IncomingObject for Incoming {
    async fn write(&mut self, dataset_bytes: Bytes) -> Result<(), Refusal> {
        self.bytes.extend_from_slice(&dataset_bytes);
        self.refuse_write.clone().map_or(Ok(()), Err)
    }

    async fn commit(self, summary: DatasetSummary) -> Result<Status, Refusal> {
        tokio::time::sleep(self.commit_takes).await;
        if self.commit.is_ok() {
            self.record.lock().unwrap().stored.push((self.request, self.bytes, summary));
        }
        self.commit
    }

    async fn refuse(self, reason: &Refusal, so_far: DatasetSummary) {
        self.record.lock().unwrap().discarded.push((reason.clone(), so_far));
    }
}

impl Archive {
    /// An archive with its rules changed.
    pub fn ruled(change: impl FnOnce(&mut Rules)) -> Self {
        let mut archive = Self::default();
        change(&mut archive.rules);
        archive
    }

    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }

    /// Starts a receiver for it on a free port of the loopback.
    pub async fn start(self) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let archive = Arc::new(self);
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(vec![listener], Arc::clone(&archive), shutdown));
        Receiver { address, archive, stop, task }
    }
}

/// A running receiver.
pub struct Receiver {
    pub address: SocketAddr,
    pub archive: Arc<Archive>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), DimseError>>,
}

impl Receiver {
    /// Begins the shutdown; the task ends when the receiver has drained.
    pub fn stop(self) -> (Arc<Archive>, JoinHandle<Result<(), DimseError>>) {
        let _ = self.stop.send(());
        (self.archive, self.task)
    }

    /// Waits until the record fulfils `condition`.
    pub async fn until<T>(&self, condition: impl Fn(&Record) -> Option<T>) -> T {
        within(Duration::from_secs(10), async {
            loop {
                if let Some(found) = condition(&self.archive.record()) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
    }

    /// The only association that has ended, once it has.
    pub async fn end(&self) -> AssociationEnd {
        self.until(|record| record.ended.first().map(|(_, end)| end.clone())).await
    }

    /// The reason of the only rejection, once there is one.
    pub async fn rejection(&self) -> Rejection {
        self.until(|record| record.rejected.first().map(|(_, rejection)| rejection.clone())).await
    }
}

/// Fails the test when `work` takes longer than `limit`.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| panic!("not done within {limit:?}"))
}
