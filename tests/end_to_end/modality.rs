//! A modality that sends a file byte by byte as it stands there, broken or not, and says what came back.

use std::fs::File;
use std::path::Path;

use spinetriage::dicom::Status;
use spinetriage::dicom::part10::FileHeader;
use spinetriage::dimse::{Peer, ProposedContext, ScuError, StoreAssociation, Timeouts};
use spinetriage::identifiers::{AeTitle, Uid};
use tokio::runtime::{Builder, Runtime};

use crate::daemon::AE_TITLE;

pub struct Modality {
    calling: AeTitle,
    peer: Peer,
    runtime: Runtime,
}

impl Modality {
    /// One that calls the daemon at `port`.
    pub fn new(calling: &str, port: u16) -> Self {
        Self::of(calling, AE_TITLE, port)
    }

    /// One that calls whoever is at `port`.
    pub fn of(calling: &str, called: &str, port: u16) -> Self {
        Self {
            calling: AeTitle::new(calling).unwrap(),
            peer: Peer { ae_title: AeTitle::new(called).unwrap(), address: format!("127.0.0.1:{port}") },
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    /// Sends a file on an association of its own, as the object that its header names.
    pub fn send(&self, file: &Path) -> Result<Status, ScuError> {
        let header = FileHeader::read(File::open(file).unwrap()).unwrap();
        let uid = |value: Option<String>| Uid::new(&value.unwrap()).unwrap();
        let (class, instance) = (uid(header.sop_class_uid), uid(header.sop_instance_uid));
        let context =
            ProposedContext { sop_class_uid: class.to_string(), transfer_syntax: header.transfer_syntax.clone() };
        self.runtime.block_on(async {
            let timeouts = Timeouts::default();
            let mut association = StoreAssociation::open(&self.peer, &self.calling, &[context], timeouts).await?;
            let response = association.store(file, &class, &instance).await?;
            // What was answered holds, also where the release is not answered any more.
            let _ = association.release().await;
            Ok(response.status)
        })
    }
}
