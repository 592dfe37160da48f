//! The way to a DICOM destination: which file of an object, on which association, and what the answer means.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::channel::{Attempt, Channel};
use super::terms::peer_of;
use crate::config::{Destination, Settings};
use crate::dicom::Status;
use crate::dicom::part10::FileHeader;
use crate::dimse::{ProposedContext, ScuError, StoreAssociation, StoreResponse, Timeouts};
use crate::spool::Spool;
use crate::store::{Delivery, DeliveryOutcome, Duplicate};

/// How long an association is kept for what may come next.
const KEEP_OPEN: Duration = Duration::from_secs(5);

/// Sends objects by C-STORE, and keeps the association from one to the next.
pub struct DicomChannel<'a> {
    spool: &'a Spool,
    open: Option<Open>,
}

/// An association and what it was opened for.
struct Open {
    association: StoreAssociation,
    proposed: Vec<ProposedContext>,
    /// When it last carried something.
    used: Instant,
    /// Nothing was sent on it for a while: the peer may have closed it.
    has_rested: bool,
}

/// A file of a delivery and the context it needs.
struct Candidate {
    path: PathBuf,
    context: ProposedContext,
}

impl<'a> DicomChannel<'a> {
    pub fn new(spool: &'a Spool) -> Self {
        Self { spool, open: None }
    }
}

impl Channel for DicomChannel<'_> {
    async fn attempt(&mut self, settings: &Settings, destination: &Destination, waiting: &[Delivery]) -> Attempt {
        let Some(delivery) = waiting.first() else { return Attempt::Unreachable("nothing is to be sent".into()) };
        let candidates = match self.candidates(&waiting[..1]).await.pop() {
            Some(Ok(candidates)) => candidates,
            Some(Err(error)) => return Attempt::Concluded(object_failed(error)),
            None => return Attempt::Unreachable("its files could not be looked for".into()),
        };
        loop {
            let open = match self.open.take() {
                Some(open) if candidates.iter().all(|c| open.proposed.contains(&c.context)) => Ok(open),
                other => {
                    self.open = other;
                    self.close().await;
                    self.associate(settings, destination, &candidates, waiting).await
                }
            };
            let mut open = match open {
                Ok(open) => open,
                Err(error @ ScuError::NotAccepted { .. }) => {
                    return class_refused(destination, String::new(), &error.to_string());
                }
                Err(error) => return Attempt::Unreachable(error.to_string()),
            };
            let fits = |c: &&Candidate| open.association.accepts(&c.context.sop_class_uid, &c.context.transfer_syntax);
            let Some(candidate) = candidates.iter().find(fits) else {
                self.open = Some(open);
                let ProposedContext { sop_class_uid, transfer_syntax } =
                    candidates[candidates.len() - 1].context.clone();
                let error = ScuError::NotAccepted { sop_class_uid, transfer_syntax };
                return class_refused(destination, String::new(), &error.to_string());
            };
            let (class, instance) = (&delivery.sop_class_uid, &delivery.sop_instance_uid);
            match open.association.store(&candidate.path, class, instance).await {
                Ok(response) => {
                    self.open = Some(Open { used: Instant::now(), has_rested: false, ..open });
                    return if response.status == Status::SOP_CLASS_NOT_SUPPORTED {
                        let error = format!("SOP class {class} is answered with {}", answer_in_words(&response));
                        class_refused(destination, code(response.status), &error)
                    } else {
                        Attempt::Concluded(outcome_of(&response, delivery.duplicate))
                    };
                }
                Err(ScuError::File(error)) => {
                    return Attempt::Concluded(object_failed(format!(
                        "{} cannot be sent: {error}",
                        candidate.path.display()
                    )));
                }
                // The peer had closed it while nothing was sent: that says nothing about this object.
                Err(_) if open.has_rested => {}
                Err(error) => return Attempt::Broken(error.to_string()),
            }
        }
    }

    async fn rest(&mut self) -> bool {
        match &mut self.open {
            Some(open) if open.used.elapsed() < KEEP_OPEN => open.has_rested = true,
            _ => self.close().await,
        }
        self.open.is_some()
    }

    async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            // Everything is answered: a peer that does not answer the release changes nothing.
            let _ = open.association.release().await;
        }
    }
}

impl DicomChannel<'_> {
    /// The files each object can be sent from; looked for where a disk may be waited for.
    async fn candidates(&self, waiting: &[Delivery]) -> Vec<Result<Vec<Candidate>, String>> {
        let (spool, waiting) = (self.spool.clone(), waiting.to_vec());
        let look = move || waiting.iter().map(|delivery| candidates_of(&spool, delivery)).collect();
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }

    async fn associate(
        &self,
        settings: &Settings,
        destination: &Destination,
        candidates: &[Candidate],
        waiting: &[Delivery],
    ) -> Result<Open, ScuError> {
        let mut proposed: Vec<ProposedContext> = candidates.iter().map(|c| c.context.clone()).collect();
        for other in self.candidates(waiting).await.into_iter().flatten().flatten() {
            if !proposed.contains(&other.context) {
                proposed.push(other.context);
            }
        }
        let (peer, calling) = (peer_of(destination), &settings.server.ae_title);
        let association = StoreAssociation::open(&peer, calling, &proposed, Timeouts::default()).await?;
        Ok(Open { association, proposed, used: Instant::now(), has_rested: false })
    }
}

/// The files an object can be sent from, the best first; never none.
#[allow(clippy::disallowed_methods, reason = "called where a disk may be waited for")]
fn candidates_of(spool: &Spool, delivery: &Delivery) -> Result<Vec<Candidate>, String> {
    let candidate = |file: &String| {
        let path = spool.path(file);
        let header = File::open(&path).map_err(|e| e.to_string());
        let header = header.and_then(|file| FileHeader::read(file).map_err(|e| e.to_string()));
        let transfer_syntax = header.map_err(|e| format!("{file} cannot be sent: {e}"))?.transfer_syntax;
        let sop_class_uid = delivery.sop_class_uid.to_string();
        Ok(Candidate { path, context: ProposedContext { sop_class_uid, transfer_syntax } })
    };
    let gone = || Err("its file is gone from the spool".to_owned());
    let plain = delivery.file.as_ref().map_or_else(gone, candidate)?;
    // The plain file does for one whose compressed form cannot be read.
    let compressed = delivery.compressed_file.as_ref().and_then(|file| candidate(file).ok());
    Ok(compressed.into_iter().chain([plain]).collect())
}

/// What the answer to a C-STORE means (PS3.4 B.2.3): success, a warning and "duplicate", the answer to a re-send, mean
/// that the PACS has the object; lack of resources may pass; everything else would be answered in the same way again.
/// A duplicate of an image that others may have sent before, with another content, says nothing of ours.
fn outcome_of(response: &StoreResponse, duplicate: Duplicate) -> DeliveryOutcome {
    let status = response.status;
    let is_duplicate = status == Status::DUPLICATE_SOP_INSTANCE;
    if status.is_stored() || (is_duplicate && duplicate == Duplicate::IsThis) {
        DeliveryOutcome::Delivered { status: code(status) }
    } else if is_duplicate {
        let error = format!(
            "{}: the destination has an image with this UID, which may be another or an older one; compare them, and run \
             spinetriage queue give-up where its own is right",
            answer_in_words(response)
        );
        DeliveryOutcome::Failed { status: code(status), error }
    } else if status.is_transient() {
        DeliveryOutcome::Later { status: code(status), error: answer_in_words(response) }
    } else {
        DeliveryOutcome::Failed { status: code(status), error: answer_in_words(response) }
    }
}

fn code(status: Status) -> String {
    format!("{:04X}", status.code())
}

fn answer_in_words(response: &StoreResponse) -> String {
    format!("{} {}", response.status, response.comment).trim().to_owned()
}

fn object_failed(error: String) -> DeliveryOutcome {
    DeliveryOutcome::Failed { status: String::new(), error }
}

/// A refused SOP class, with what an administrator can do about it.
fn class_refused(destination: &Destination, status: String, error: &str) -> Attempt {
    let fallback = destination.fallback_sop_class.map(|class| class.uid().to_owned());
    let error = match fallback {
        None => format!("{error}; a report can go in another class: set fallback_sop_class of this [[destination]]"),
        Some(_) => error.to_owned(),
    };
    Attempt::Concluded(DeliveryOutcome::ClassRefused { status, error, fallback })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: u16) -> DeliveryOutcome {
        outcome_of(&StoreResponse { status: Status(code), comment: String::new() }, Duplicate::IsThis)
    }

    #[test]
    fn sent_means_the_pacs_said_so() {
        let delivered = |code| matches!(outcome(code), DeliveryOutcome::Delivered { .. });
        assert!([0x0000, 0xB000, 0xB006, 0xB007, 0x0111].into_iter().all(delivered));
        assert!(![0xA700, 0xA900, 0xC000, 0x0122, 0x0124].into_iter().any(delivered));
    }

    /// A PACS that keeps what it has answered 0111 to a newer revision of a film, and the film counted as passed on.
    #[test]
    fn a_duplicate_of_a_received_image_counted_as_delivered() {
        let response = StoreResponse { status: Status(0x0111), comment: String::new() };
        let DeliveryOutcome::Failed { status, error } = outcome_of(&response, Duplicate::MayBeAnother) else {
            panic!("it may be another image")
        };
        assert!(status == "0111" && error.contains("give-up"), "{error}");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let later = |code| matches!(outcome(code), DeliveryOutcome::Later { .. });
        assert!([0xA700, 0xA701, 0x0110, 0x0213].into_iter().all(later));
        assert!(![0xA900, 0xC000, 0xC123, 0x0117, 0x0124].into_iter().any(later));
    }
}
