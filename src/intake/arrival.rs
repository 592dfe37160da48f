//! The way of one object from its first byte to its row.

use std::sync::Arc;

use bytes::Bytes;

use super::selection::{Selection, select};
use super::{IntakeError, Origin};
use crate::config::{Destination, Settings, SettingsHandle, Storage};
use crate::dicom::DatasetSummary;
use crate::dicom::part10::file_meta;
use crate::dicom::uids::RECEIVED_SOP_CLASSES;
use crate::identifiers::Uid;
use crate::spool::{Spool, SpoolWriter, SpooledFile};
use crate::store::{NewInstance, Patient, Recipient, Recorded, RefusedInstance, Store};

/// Bytes of an object that are held until they are written in one go.
const AT_A_TIME: usize = 512 << 10;
/// And pieces of it: each costs more memory than its bytes, and a peer may send them as small as it likes.
const PIECES: usize = 256;

/// What every door needs.
#[derive(Clone)]
pub struct Intake {
    settings: SettingsHandle,
    spool: Arc<Spool>,
    store: Store,
}

/// What is known of an object before its dataset comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// UID of the transfer syntax in which the dataset comes.
    pub transfer_syntax: String,
}

/// An object on its way in, by one snapshot of the settings. Dropped, it leaves nothing behind.
pub struct Arrival {
    intake: Intake,
    settings: Arc<Settings>,
    origin: Origin,
    announced: Announced,
    /// Taken while a blocking call has it; gone after a failure.
    writer: Option<SpoolWriter>,
    /// What is not written yet.
    held: Vec<Bytes>,
}

impl Intake {
    /// Brings objects into `spool` and `store` as `settings` say.
    pub fn new(settings: SettingsHandle, spool: Arc<Spool>, store: Store) -> Self {
        Self { settings, spool, store }
    }

    /// Begins an object: its dataset follows, if [`Arrival::make_room`] finds room for it.
    pub fn begin(&self, origin: Origin, announced: Announced) -> Arrival {
        let settings = self.settings.current();
        Arrival { intake: self.clone(), settings, origin, announced, writer: None, held: Vec::new() }
    }
}

impl Arrival {
    /// Begins its file.
    ///
    /// # Errors
    /// [`IntakeError::TooLittleSpace`], and what a disk may say.
    pub async fn make_room(&mut self) -> Result<(), IntakeError> {
        let Announced { sop_class_uid, sop_instance_uid, transfer_syntax } = &self.announced;
        let header = file_meta(sop_class_uid, sop_instance_uid, transfer_syntax).map_err(IntakeError::Header)?;
        let (spool, storage) = (self.intake.spool.clone(), self.settings.storage.clone());
        self.writer = Some(blocking(move || begin_file(&spool, &storage, &header)).await?);
        Ok(())
    }

    /// More of the dataset, exactly as it came.
    ///
    /// # Errors
    /// [`IntakeError::Spool`]; then it can only be refused.
    pub async fn write(&mut self, dataset: Bytes) -> Result<(), IntakeError> {
        self.held.push(dataset);
        if self.held.len() < PIECES && self.held.iter().map(Bytes::len).sum::<usize>() < AT_A_TIME {
            return Ok(());
        }
        let (mut writer, held) = (self.writer.take().ok_or(IntakeError::Given)?, std::mem::take(&mut self.held));
        let writer = blocking(move || {
            write_all(&mut writer, &held)?;
            Ok(writer)
        });
        self.writer = Some(writer.await?);
        Ok(())
    }

    /// The dataset is whole: makes the object durable, decides what becomes of it and writes that down. When this
    /// returns well, a power cut does not take it any more.
    ///
    /// # Errors
    /// Any [`IntakeError`]: then nothing is promised, and what is not the database's own failure is written down. A file
    /// that could not be made durable at its very last step may be left to the next start, which removes it.
    pub async fn keep(mut self, summary: DatasetSummary) -> Result<(), IntakeError> {
        let finished = match identity(&summary) {
            Ok(identity) => self.finish_file().await.map(|file| (identity, file)),
            Err(error) => Err(error),
        };
        let ((study_instance_uid, series_instance_uid), spooled) = match finished {
            Ok(finished) => finished,
            Err(error) => {
                let told = self.origin.told(&error);
                self.refuse(&told, summary).await;
                return Err(error);
            }
        };
        let (sender, file) = (self.origin.ae_title().to_owned(), spooled.file.clone());
        let skipped = self.why_skipped(&summary);
        let text = |value: Option<String>| value.unwrap_or_default();
        let new = NewInstance {
            sop_instance_uid: self.announced.sop_instance_uid.clone(),
            sop_class_uid: self.announced.sop_class_uid,
            study_instance_uid,
            series_instance_uid,
            sha256: spooled.sha256,
            patient: Patient {
                id: text(summary.patient_id),
                issuer: text(summary.issuer_of_patient_id),
                name: text(summary.patient_name),
                birth_date: text(summary.patient_birth_date),
            },
            accession_number: text(summary.accession_number),
            modality: text(summary.modality),
            body_part: text(summary.body_part_examined),
            study_description: text(summary.study_description),
            series_description: text(summary.series_description),
            transfer_syntax: self.announced.transfer_syntax,
            bytes: spooled.bytes,
            file: spooled.file,
            sender_address: self.origin.address(),
            skipped,
            forward_to: recipients(&self.settings, &sender),
            sender_ae_title: sender,
        };
        let Intake { spool, store, .. } = self.intake;
        let unneeded = || async move {
            // A file that cannot be removed now is an orphan that the next start removes.
            let _ = tokio::task::spawn_blocking(move || spool.remove(&file)).await;
        };
        match store.record_instance(new).await {
            Ok(Recorded::Kept { id, conflict, .. }) => {
                if let Some(conflict) = conflict {
                    tracing::warn!(row = %id, conflict, "An image contradicts what was known");
                }
                Ok(())
            }
            Ok(Recorded::Duplicate) => {
                unneeded().await;
                Ok(())
            }
            Err(error) => {
                unneeded().await;
                Err(IntakeError::Database(error))
            }
        }
    }

    /// Discards what came, and writes down why; `so_far` is what was read of the dataset.
    pub async fn refuse(self, reason: &(dyn std::fmt::Display + Sync), so_far: DatasetSummary) {
        tracing::warn!(%reason, "An image is refused");
        drop(self.writer);
        let refused = RefusedInstance {
            sop_instance_uid: self.announced.sop_instance_uid,
            sop_class_uid: self.announced.sop_class_uid,
            study_instance_uid: so_far.study_instance_uid.unwrap_or_default(),
            series_instance_uid: so_far.series_instance_uid.unwrap_or_default(),
            sender_ae_title: self.origin.ae_title().to_owned(),
            sender_address: self.origin.address(),
            reason: reason.to_string(),
        };
        if let Err(error) = self.intake.store.record_refused(refused).await {
            tracing::error!(%error, "An event could not be written to the audit");
        }
    }

    /// Writes what is left and makes the file durable.
    async fn finish_file(&mut self) -> Result<SpooledFile, IntakeError> {
        let mut writer = self.writer.take().ok_or(IntakeError::Given)?;
        let (held, spool) = (std::mem::take(&mut self.held), self.intake.spool.clone());
        blocking(move || {
            write_all(&mut writer, &held)?;
            writer.commit(&spool).map_err(IntakeError::Spool)
        })
        .await
    }

    /// Why the object is not analysed; `None` when it is.
    fn why_skipped(&self, summary: &DatasetSummary) -> Option<String> {
        if !RECEIVED_SOP_CLASSES.contains(&self.announced.sop_class_uid.as_str()) {
            return Some("its SOP class is passed on, not analysed".to_owned());
        }
        match select(&self.settings.select, summary) {
            Selection::Selected => None,
            Selection::Skipped { reason } => Some(reason),
        }
    }
}

/// The study and the series that a dataset says it is of.
fn identity(summary: &DatasetSummary) -> Result<(Uid, Uid), IntakeError> {
    let uid = |value: &Option<String>, name| {
        Uid::new(value.as_deref().unwrap_or("")).map_err(|reason| IntakeError::Identity { name, reason })
    };
    let study = uid(&summary.study_instance_uid, "Study Instance UID")?;
    Ok((study, uid(&summary.series_instance_uid, "Series Instance UID")?))
}

/// Who images of `sender` are passed on to.
fn recipients(settings: &Settings, sender: &str) -> Vec<Recipient> {
    let recipient = |d: &Destination| Recipient { name: d.name.clone(), give_up_after: d.give_up_after };
    settings.forward_destinations(sender).map(recipient).collect()
}

fn begin_file(spool: &Spool, storage: &Storage, header: &[u8]) -> Result<SpoolWriter, IntakeError> {
    let free = spool.free_bytes().map_err(IntakeError::Spool)?;
    if free < storage.minimum_free_bytes {
        return Err(IntakeError::TooLittleSpace);
    }
    spool.begin(header).map_err(IntakeError::Spool)
}

fn write_all(writer: &mut SpoolWriter, held: &[Bytes]) -> Result<(), IntakeError> {
    held.iter().try_for_each(|bytes| writer.write(bytes)).map_err(IntakeError::Spool)
}

/// Runs disk work off the runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
) -> Result<T, IntakeError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(IntakeError::BrokenDown))
}

#[cfg(test)]
mod tests;
