//! Our sender against a peer that is played here, step by step, and against our own receiver.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use spinetriage::dicom::Status;
use spinetriage::dicom::uids::{
    DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION,
};
use spinetriage::dimse::command::CommandSet;
use spinetriage::dimse::{Peer, ProposedContext, Refusal, ScuError, StoreAssociation, StoreResponse, Timeouts, echo};
use spinetriage::identifiers::Uid;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::dimse::archive::{AE_TITLE, Archive, STRANGER, within};
use crate::dimse::objects::{image_file, image_with, ramp, write_file};
use crate::dimse::played::{impatient, played, receive_request, title};
use crate::dimse::wire::{LAST_COMMAND, acceptance, pdata, pdu};

fn dx() -> ProposedContext {
    ProposedContext {
        sop_class_uid: DX_IMAGE_FOR_PRESENTATION.to_owned(),
        transfer_syntax: EXPLICIT_VR_LITTLE_ENDIAN.to_owned(),
    }
}

/// Sends an image to `peer`.
async fn store_at(peer: &Peer, timeouts: Timeouts) -> Result<StoreResponse, ScuError> {
    let folder = TempDir::new().unwrap();
    let (path, uid, _) = image_file(folder.path(), "image.dcm");
    let mut association = StoreAssociation::open(peer, &title("US"), &[dx()], timeouts).await?;
    association.store(&path, &Uid::new(DX_IMAGE_FOR_PRESENTATION).unwrap(), &uid).await
}

#[tokio::test]
async fn our_sender_and_our_receiver_understand_each_other() {
    let receiver = Archive::default().start().await;
    let peer = Peer { ae_title: title(AE_TITLE), address: receiver.address.to_string() };
    echo(&peer, &title("US"), Timeouts::default()).await.unwrap();
    let folder = TempDir::new().unwrap();
    let class = Uid::new(DX_IMAGE_FOR_PRESENTATION).unwrap();
    let mut association = StoreAssociation::open(&peer, &title("US"), &[dx()], Timeouts::default()).await.unwrap();
    let mut sent = Vec::new();
    for size in [0, 2, 131_000, 131_072, 5_000_000] {
        let uid = Uid::generate();
        let dataset = image_with(uid.as_str(), &ramp(size));
        let path: PathBuf = folder.path().join(uid.as_str());
        write_file(&path, class.as_str(), uid.as_str(), EXPLICIT_VR_LITTLE_ENDIAN, &dataset);
        assert!(association.store(&path, &class, &uid).await.unwrap().status.is_success());
        sent.push(dataset);
    }
    association.release().await.unwrap();
    let record = receiver.archive.record();
    let received: Vec<_> = record.stored.iter().map(|(_, bytes, _)| bytes).collect();
    assert!(received.iter().zip(&sent).all(|(received, sent)| *received == sent) && received.len() == sent.len());
}

#[tokio::test]
async fn a_refusal_comes_back_with_its_comment_and_the_association_goes_on() {
    let refusal = Refusal::new(Status::OUT_OF_RESOURCES, "the disk is full");
    let receiver = Archive { commit: Some(Err(refusal)), ..Archive::default() }.start().await;
    let peer = Peer { ae_title: title(AE_TITLE), address: receiver.address.to_string() };
    let folder = TempDir::new().unwrap();
    let (path, uid, _) = image_file(folder.path(), "image.dcm");
    let class = Uid::new(DX_IMAGE_FOR_PRESENTATION).unwrap();
    let mut association = StoreAssociation::open(&peer, &title("US"), &[dx()], impatient()).await.unwrap();
    for _ in 0..2 {
        let response = association.store(&path, &class, &uid).await.unwrap();
        assert_eq!((response.status, response.comment.as_str()), (Status::OUT_OF_RESOURCES, "the disk is full"));
        assert!(response.status.is_transient());
    }
    // What was not negotiated, and what is no DICOM file, is refused here without a word to the peer.
    let other_class = Uid::new("1.2.3").unwrap();
    let error = association.store(&path, &other_class, &uid).await.unwrap_err();
    assert!(matches!(error, ScuError::NotAccepted { .. }), "{error}");
    std::fs::write(&path, "text").unwrap();
    let error = association.store(&path, &class, &uid).await.unwrap_err();
    assert!(matches!(error, ScuError::File(_)) && !error.is_transient(), "{error}");
    association.release().await.unwrap();
}

#[tokio::test]
async fn rejections_say_who_and_whether_to_come_back() {
    let receiver = Archive::ruled(|rules| rules.max_associations = 0).start().await;
    let peer = Peer { ae_title: title(AE_TITLE), address: receiver.address.to_string() };
    let error = echo(&peer, &title("US"), impatient()).await.unwrap_err();
    assert!(matches!(error, ScuError::Rejected { result: 2, .. }) && error.is_transient(), "{error}");
    let error = echo(&peer, &title(STRANGER), impatient()).await.unwrap_err();
    assert!(!error.is_transient());
    assert!(error.to_string().starts_with("SPINETRIAGE rejected the association: calling AE title"), "{error}");
}

#[tokio::test]
async fn fragments_fit_the_peers_maximum_even_when_it_has_none() {
    for (max_pdu, expected) in [(1024, 1024), (4097, 4096), (0, 8_000), (u32::MAX, 8_000)] {
        let (peer, task) = played(move |mut wire| async move {
            let (command, dataset, largest) = receive_request(&mut wire, max_pdu).await;
            let answer = command.response(Status::SUCCESS, "").unwrap().encode();
            wire.send(&pdata(&[(1, LAST_COMMAND, &answer)])).await;
            (dataset.len(), largest)
        })
        .await;
        assert!(store_at(&peer, impatient()).await.unwrap().status.is_success());
        let (length, largest) = task.await.unwrap();
        assert!(length > 8192);
        if max_pdu == 0 || max_pdu == u32::MAX {
            assert!(largest >= expected, "one large PDU, not many small ones: {largest}");
        } else {
            assert_eq!(largest, expected);
        }
    }
}

#[tokio::test]
async fn a_peer_that_never_answers_costs_no_more_than_the_time_limit() {
    let (peer, task) = played(|mut wire| async move {
        receive_request(&mut wire, 16_384).await;
        wire.answer().await
    })
    .await;
    let error = within(Duration::from_secs(5), store_at(&peer, impatient())).await.unwrap_err();
    assert!(matches!(error, ScuError::Connection { .. }) && error.is_transient(), "{error}");
    assert_eq!(error.to_string(), "the connection failed while waiting for a response: nothing moved for 0.4 s");
    task.await.unwrap();
    // Nor does one that does not even accept.
    let (peer, task) = played(|mut wire| async move { wire.raw_pdu().await.unwrap().0 }).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute = Peer { address: silent.local_addr().unwrap().to_string(), ..peer.clone() };
    assert!(echo(&mute, &title("US"), impatient()).await.unwrap_err().is_transient());
    let error = echo(&peer, &title("US"), impatient()).await.unwrap_err();
    assert!(error.is_transient(), "closed after the request: {error}");
    task.await.unwrap();
}

#[tokio::test]
async fn an_answer_to_another_question_is_a_protocol_error() {
    let uid = Uid::new("1.2").unwrap();
    let success = |request: CommandSet| request.response(Status::SUCCESS, "").unwrap().encode();
    let wrong_answers = [
        (success(CommandSet::echo_request(1)), "answered 8030H to message 1 when message 1 was asked"),
        (success(CommandSet::store_request(9, &uid, &uid)), "answered 8001H to message 9 when message 1 was asked"),
        (b"no command set".to_vec(), "command set"),
    ];
    for (answer, expected) in wrong_answers {
        let (peer, task) = played(move |mut wire| async move {
            receive_request(&mut wire, 16_384).await;
            wire.send(&pdata(&[(1, LAST_COMMAND, &answer)])).await;
        })
        .await;
        let error = store_at(&peer, impatient()).await.unwrap_err();
        assert!(matches!(error, ScuError::Protocol { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        task.await.unwrap();
    }
}

#[tokio::test]
async fn an_abort_in_the_middle_of_a_dataset_was_told_as_a_broken_pipe() {
    let (peer, task) = played(|mut wire| async move {
        assert_eq!(wire.raw_pdu().await.unwrap().0, 0x01);
        wire.send(&acceptance(EXPLICIT_VR_LITTLE_ENDIAN, 16_384)).await;
        // The command and a first piece; the rest stays unread.
        for _ in 0..2 {
            assert_eq!(wire.raw_pdu().await.unwrap().0, 0x04);
        }
        wire.send(&pdu(0x07, &[0; 4])).await;
    })
    .await;
    let folder = TempDir::new().unwrap();
    let (path, uid, _) = image_file(folder.path(), "image.dcm");
    // More than all buffers on the way hold together.
    File::options().append(true).open(&path).unwrap().set_len(64 << 20).unwrap();
    let class = Uid::new(DX_IMAGE_FOR_PRESENTATION).unwrap();
    let mut association = StoreAssociation::open(&peer, &title("US"), &[dx()], impatient()).await.unwrap();
    let error = association.store(&path, &class, &uid).await.unwrap_err();
    assert_eq!(error.to_string(), "the peer aborted the association while sending a dataset");
    task.await.unwrap();
}

#[tokio::test]
async fn an_abort_by_the_peer_is_transient() {
    let (peer, task) = played(|mut wire| async move {
        receive_request(&mut wire, 16_384).await;
        wire.send(&pdu(0x07, &[0; 4])).await;
        wire.answer().await
    })
    .await;
    let error = store_at(&peer, impatient()).await.unwrap_err();
    assert_eq!(error.to_string(), "the peer aborted the association while waiting for a response");
    assert!(error.is_transient());
    task.await.unwrap();
}

#[tokio::test]
async fn an_echo_that_fails_names_the_status() {
    let (peer, task) = played(|mut wire| async move {
        assert_eq!(wire.raw_pdu().await.unwrap().0, 0x01);
        wire.send(&acceptance(IMPLICIT_VR_LITTLE_ENDIAN, 16_384)).await;
        let (_, body) = wire.raw_pdu().await.unwrap();
        let command = CommandSet::parse(&body[6..]).unwrap();
        assert_eq!(command.affected_sop_class_uid(), VERIFICATION);
        let answer = command.response(Status::SOP_CLASS_NOT_SUPPORTED, "").unwrap().encode();
        wire.send(&pdata(&[(1, LAST_COMMAND, &answer)])).await;
        assert_eq!(wire.raw_pdu().await.unwrap().0, 0x05);
        wire.send(&pdu(0x06, &[0; 4])).await;
        wire.answer().await
    })
    .await;
    let error = echo(&peer, &title("US"), impatient()).await.unwrap_err();
    assert_eq!(error.to_string(), "the peer answered the C-ECHO with 0122 (SOP class not supported)");
    task.await.unwrap();
}

#[tokio::test]
async fn an_association_carries_one_to_128_contexts() {
    let peer = Peer { ae_title: title("PACS"), address: "127.0.0.1:1".to_owned() };
    let many: Vec<_> = (0..129).map(|i| ProposedContext { sop_class_uid: format!("1.2.{i}"), ..dx() }).collect();
    for contexts in [&many[..], &[]] {
        let error = StoreAssociation::open(&peer, &title("US"), contexts, impatient()).await.unwrap_err();
        assert!(matches!(error, ScuError::ContextCount(count) if count == contexts.len()), "{error}");
    }
}
