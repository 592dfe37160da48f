//! The sender: C-ECHO and C-STORE to another application entity.

mod association;
mod peer;

use std::io;
use std::path::Path;
use std::time::Duration;

use dicom_ul::pdu::{PDataValue, PDataValueType};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::Instant;

use crate::identifiers::{AeTitle, Uid};

use super::command::{C_ECHO_RQ, C_STORE_RQ, CommandSet};
use super::scu_error::{ScuError, misspoken};
use crate::dicom::part10::{FileHeader, MAX_HEADER_BYTES, Part10Error};
use crate::dicom::{Status, uids};

pub(super) use association::{RequestedAssociation, check_response};
pub use peer::{Peer, ProposedContext, Timeouts};

/// A peer's answer to a C-STORE request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreResponse {
    /// Its status.
    pub status: Status,
    /// Its Error Comment; empty when it gave none.
    pub comment: String,
}

/// Asks `peer` for a C-ECHO; how long the whole exchange took, from connection to release.
pub async fn echo(peer: &Peer, calling: &AeTitle, timeouts: Timeouts) -> Result<Duration, ScuError> {
    let start = Instant::now();
    let context = ProposedContext {
        sop_class_uid: uids::VERIFICATION.to_owned(),
        transfer_syntax: uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned(),
    };
    let mut association = StoreAssociation::open(peer, calling, &[context], timeouts).await?;
    let status = association.echo().await?;
    association.release().await?;
    if status.is_success() { Ok(start.elapsed()) } else { Err(ScuError::EchoFailed(status)) }
}

/// An open association that objects can be sent on, one after the other.
///
/// Dropped without [`release`](Self::release) it closes the connection, which the peer sees as an
/// abort. After an error other than [`ScuError::NotAccepted`] and [`ScuError::File`] it is of no
/// more use.
#[derive(Debug)]
pub struct StoreAssociation(RequestedAssociation);

impl StoreAssociation {
    /// Connects to `peer` and negotiates `contexts` (1 to 128; repeated ones are proposed once).
    pub async fn open(
        peer: &Peer,
        calling: &AeTitle,
        contexts: &[ProposedContext],
        timeouts: Timeouts,
    ) -> Result<Self, ScuError> {
        RequestedAssociation::open(peer, calling, contexts, timeouts).await.map(Self)
    }

    /// Whether an object of this SOP class and transfer syntax can be sent.
    pub fn accepts(&self, sop_class_uid: &str, transfer_syntax: &str) -> bool {
        self.0.context(sop_class_uid, transfer_syntax).is_ok()
    }

    /// Sends the dataset of a DICOM file, byte by byte as it stands there, as the object that the
    /// command names. `Ok` is the peer's answer, whatever it says: see [`Status::is_stored`].
    pub async fn store(&mut self, file: &Path, sop_class: &Uid, sop_instance: &Uid) -> Result<StoreResponse, ScuError> {
        let (header, mut dataset, length) = open_dataset(file).await?;
        let context = self.0.context(sop_class.as_str(), &header.transfer_syntax)?;
        let message_id = self.0.next_message_id();
        let command = CommandSet::store_request(message_id, sop_class, sop_instance);
        self.0.send_command(context, &command).await?;
        self.send_dataset(context, &mut dataset, length).await?;
        let response = self.0.receive_response(context, C_STORE_RQ, message_id).await?;
        let status = response.status().map_err(|e| misspoken("waiting for a C-STORE response", e))?;
        Ok(StoreResponse { status, comment: response.error_comment() })
    }

    /// Sends a C-ECHO on this association, for which Verification must have been proposed.
    pub async fn echo(&mut self) -> Result<Status, ScuError> {
        let context = self.0.context(uids::VERIFICATION, uids::IMPLICIT_VR_LITTLE_ENDIAN)?;
        let message_id = self.0.next_message_id();
        self.0.send_command(context, &CommandSet::echo_request(message_id)).await?;
        let response = self.0.receive_response(context, C_ECHO_RQ, message_id).await?;
        response.status().map_err(|e| misspoken("waiting for a C-ECHO response", e))
    }

    /// Ends the association in order. What was answered before holds even if this fails.
    pub async fn release(self) -> Result<(), ScuError> {
        self.0.release().await
    }

    /// Streams `length` bytes in PDVs as large as the peer takes. A file that changes its length
    /// meanwhile is an error, and nothing the peer could mistake for a whole object.
    async fn send_dataset(&mut self, context: u8, dataset: &mut File, length: u64) -> Result<(), ScuError> {
        let mut left = length;
        loop {
            let size = left.min(self.0.fragment_size() as u64);
            let mut data = vec![0; size as usize];
            if let Err(error) = dataset.read_exact(&mut data).await {
                self.0.abort().await;
                return Err(Part10Error::Io(error).into());
            }
            left -= size;
            let is_last = left == 0;
            let value_type = PDataValueType::Data;
            self.0.send_value(PDataValue { presentation_context_id: context, value_type, is_last, data }).await?;
            if is_last {
                return Ok(());
            }
        }
    }
}

/// Opens a DICOM file at the start of its dataset; with it, the number of bytes from there.
async fn open_dataset(path: &Path) -> Result<(FileHeader, File, u64), Part10Error> {
    let mut file = File::open(path).await?;
    let mut prefix = Vec::new();
    (&mut file).take(MAX_HEADER_BYTES as u64).read_to_end(&mut prefix).await?;
    let header = FileHeader::parse(&prefix)?;
    let length = file.metadata().await?.len().checked_sub(header.dataset_offset).ok_or(Part10Error::Unbounded)?;
    file.seek(io::SeekFrom::Start(header.dataset_offset)).await?;
    Ok((header, file, length))
}
