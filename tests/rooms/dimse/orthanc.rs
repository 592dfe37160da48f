//! A real Orthanc as the archive: it takes our objects, and commits to those it has.

use std::process::Child;
use std::time::Duration;

use serde_json::json;
use spinetriage::dicom::uids::{DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_LITTLE_ENDIAN};
use spinetriage::dicom::{FailureReason, Status};
use spinetriage::dimse::{
    CommitmentFailure, CommitmentObject, CommitmentReport, CommitmentRequest, EndReason, Peer, ProposedContext,
    Refusal, StoreAssociation, Timeouts, echo, request_commitment,
};
use spinetriage::identifiers::Uid;
use tempfile::TempDir;

use crate::dimse::archive::{AE_TITLE, ASKED, Archive, Receiver, within};
use crate::dimse::objects::image_file;
use crate::dimse::played::title;
use crate::support::ports::free_port;
use crate::support::programs::start_orthanc;

/// Orthanc on a free port, ended when dropped. It calls itself as the receiver wants an archive to be called.
struct Orthanc {
    process: Child,
    peer: Peer,
    _folder: TempDir,
}

impl Orthanc {
    /// An archive that sends its reports to our receiver.
    async fn start(receiver: &Receiver) -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let data = folder.path().join("db");
        let configuration = json!({
            "Name": "PACS", "StorageDirectory": data, "IndexDirectory": data, "HttpServerEnabled": false,
            "DicomServerEnabled": true, "DicomAet": ASKED, "DicomPort": port, "DicomCheckCalledAet": false,
            "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowStore": true,
            "DicomModalities": { "us": {
                "AET": AE_TITLE, "Host": "127.0.0.1", "Port": receiver.address.port(), "AllowStorageCommitment": true,
            } },
        });
        let process = start_orthanc(folder.path(), &configuration);
        let peer = Peer { ae_title: title(ASKED), address: format!("127.0.0.1:{port}") };
        let orthanc = Self { process, peer, _folder: folder };
        within(Duration::from_secs(60), async {
            while echo(&orthanc.peer, &title(AE_TITLE), Timeouts::default()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
        orthanc
    }

    /// Stores a new image there, and returns its name.
    async fn store(&self) -> Uid {
        let folder = TempDir::new().unwrap();
        let (path, uid, _) = image_file(folder.path(), "image.dcm");
        let context = ProposedContext {
            sop_class_uid: DX_IMAGE_FOR_PRESENTATION.to_owned(),
            transfer_syntax: EXPLICIT_VR_LITTLE_ENDIAN.to_owned(),
        };
        let opened = StoreAssociation::open(&self.peer, &title(AE_TITLE), &[context], Timeouts::default()).await;
        let mut association = opened.unwrap();
        let class = Uid::new(DX_IMAGE_FOR_PRESENTATION).unwrap();
        let response = association.store(&path, &class, &uid).await.unwrap();
        assert!(response.status.is_success(), "{response:?}");
        association.release().await.unwrap();
        uid
    }

    /// Asks for commitment to these objects; the transaction.
    async fn ask(&self, objects: &[&Uid]) -> Uid {
        let transaction_uid = Uid::generate();
        let class = Uid::new(DX_IMAGE_FOR_PRESENTATION).unwrap();
        let objects = objects
            .iter()
            .map(|uid| CommitmentObject { sop_class_uid: class.clone(), sop_instance_uid: (*uid).clone() });
        let request = CommitmentRequest { transaction_uid: transaction_uid.clone(), objects: objects.collect() };
        let (us, linger) = (title(AE_TITLE), Duration::from_millis(50));
        let asked = request_commitment(&self.peer, &us, &request, Timeouts::default(), linger);
        let answer = within(Duration::from_secs(30), asked).await.unwrap();
        assert_eq!((answer.status, answer.report), (Status::SUCCESS, None), "Orthanc reports on another association");
        transaction_uid
    }
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn orthanc_commits_to_what_it_has_and_says_what_it_has_not() {
    let receiver = Archive::default().start().await;
    let orthanc = Orthanc::start(&receiver).await;
    let stored = [orthanc.store().await, orthanc.store().await];
    let unknown = Uid::generate();
    let all = orthanc.ask(&[&stored[0], &stored[1]]).await;
    let some = orthanc.ask(&[&stored[0], &unknown]).await;
    let none = orthanc.ask(&[&unknown]).await;
    let failure = CommitmentFailure { sop_instance_uid: unknown.clone(), reason: FailureReason::NO_SUCH_OBJECT };
    for (transaction, committed, failed) in [
        (all, stored.to_vec(), vec![]),
        (some, vec![stored[0].clone()], vec![failure.clone()]),
        (none, vec![], vec![failure]),
    ] {
        let of_ours = |(_, report): &&(String, CommitmentReport)| report.transaction_uid == transaction;
        let (calling, report) = receiver.until(|record| record.reported.iter().find(of_ours).cloned()).await;
        assert_eq!(calling, ASKED);
        assert_eq!((report.committed, report.failed), (committed, failed));
    }
    receiver.until(|record| (record.ended.len() == 3).then_some(())).await;
    let record = receiver.archive.record();
    assert!(record.ended.iter().all(|(_, end)| end.reason == EndReason::Released), "{:?}", record.ended);
    // Each report once: our success was understood.
    assert_eq!(record.reported.len(), 3);
}

#[tokio::test]
async fn orthanc_takes_our_refusal_of_its_report() {
    let refusal = Refusal::new(Status::INVALID_ARGUMENT_VALUE, "no such transaction was asked for");
    let receiver = Archive { refuse_report: Some(refusal), ..Archive::default() }.start().await;
    let orthanc = Orthanc::start(&receiver).await;
    orthanc.ask(&[&Uid::generate()]).await;
    // Whether it then releases or aborts is its own affair: the association ends, and we live on.
    receiver.end().await;
    assert_eq!(receiver.archive.record().reported.len(), 1);
}
