//! An archive that opens an association to report, spoken byte by byte.

use std::net::SocketAddr;

use spinetriage::dicom::Status;
use spinetriage::dicom::uids::{
    EXPLICIT_VR_LITTLE_ENDIAN, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, VERIFICATION,
};
use spinetriage::dimse::command::CommandSet;
use spinetriage::dimse::{EndReason, Refusal};

use super::{COMMITTED, CONTEXT, FAILURES_EXIST, TRANSACTION, event, report, tell, told};
use crate::dimse::archive::{AE_TITLE, ASKED, Archive};
use crate::dimse::objects::{commitment_report, element, headed};
use crate::dimse::wire::{
    Answer, DX, LAST_COMMAND, MORE_DATA, Wire, command_element, data, pdata, request_with, role_item,
};

const CONTEXTS: [(u8, &str, &str); 1] = [(CONTEXT, STORAGE_COMMITMENT, EXPLICIT_VR_LITTLE_ENDIAN)];

/// Opens an association with these items of role selection; the answer's PDU type and body.
async fn opened(address: SocketAddr, calling: &str, roles: &[u8]) -> (Wire, u8, Vec<u8>) {
    let mut wire = Wire::connect(address).await;
    wire.send(&request_with(calling, AE_TITLE, &CONTEXTS, roles)).await;
    let (kind, body) = wire.raw_pdu().await.unwrap();
    (wire, kind, body)
}

/// The association of an archive that was asked.
async fn archive_at(address: SocketAddr) -> Wire {
    let mut wire = Wire::connect(address).await;
    wire.send(&request_with(ASKED, AE_TITLE, &CONTEXTS, &role_item(STORAGE_COMMITMENT, 0, 1))).await;
    assert_eq!(wire.answer().await, Answer::Accepted(vec![(CONTEXT, 0)]));
    wire
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_report_on_an_association_of_the_archive_is_passed_on_and_answered() {
    let receiver = Archive::default().start().await;
    let mut wire = archive_at(receiver.address).await;
    let all = commitment_report(TRANSACTION, &["1.2.3.1", "1.2.3.22"], &[]);
    assert_eq!(tell(&mut wire, 5, &event(5, COMMITTED), &all).await, (Status::SUCCESS, String::new()));
    // Another one on the same association, in pieces that end anywhere.
    let some = commitment_report("2.25.78", &["1.2.3.1"], &[("1.2.3.4", 0x0112), ("1.2.3.5", 0x0213)]);
    let (head, tail) = some.split_at(21);
    let command = pdata(&[(CONTEXT, LAST_COMMAND, &event(6, FAILURES_EXIST)), (CONTEXT, MORE_DATA, head)]);
    wire.send(&[command, data(CONTEXT, tail)].concat()).await;
    assert_eq!(told(&mut wire, 6).await.0, Status::SUCCESS);
    wire.release().await;
    let end = receiver.end().await;
    assert_eq!((end.reason, end.bytes), (EndReason::Released, (all.len() + some.len()) as u64));
    let expected = [
        report(TRANSACTION, &["1.2.3.1", "1.2.3.22"], &[]),
        report("2.25.78", &["1.2.3.1"], &[("1.2.3.4", 0x0112), ("1.2.3.5", 0x0213)]),
    ];
    assert_eq!(receiver.archive.record().reported, expected.map(|report| (ASKED.to_owned(), report)));
}

#[tokio::test]
async fn the_archive_is_the_provider_by_role_selection_or_by_silence() {
    let receiver = Archive::default().start().await;
    for (proposed, answered) in [([0, 1], Some([0, 1])), ([1, 1], Some([0, 1]))] {
        let item = |[scu, scp]: [u8; 2]| role_item(STORAGE_COMMITMENT, scu, scp);
        let (_, kind, body) = opened(receiver.address, ASKED, &item(proposed)).await;
        assert_eq!(kind, 0x02);
        assert!(answered.is_none_or(|roles| contains(&body, &item(roles))), "{proposed:?}: {body:?}");
    }
    let (mut wire, _, body) = opened(receiver.address, ASKED, &[]).await;
    assert!(!contains(&body, STORAGE_COMMITMENT.as_bytes()), "no role is answered that was not proposed");
    let dataset = commitment_report(TRANSACTION, &["1.2.3.1"], &[]);
    assert_eq!(tell(&mut wire, 1, &event(1, COMMITTED), &dataset).await.0, Status::SUCCESS);
}

#[tokio::test]
async fn only_the_association_of_an_archive_that_was_asked_takes_reports() {
    let receiver = Archive::default().start().await;
    let roles = role_item(STORAGE_COMMITMENT, 0, 1);
    let mut wire = Wire::connect(receiver.address).await;
    wire.send(&request_with("WIRE", AE_TITLE, &CONTEXTS, &roles)).await;
    assert_eq!(wire.answer().await, Answer::Accepted(vec![(CONTEXT, 3)]));
    // And that association takes nothing else here: its rules are its own.
    let mut wire = Wire::connect(receiver.address).await;
    let contexts = [CONTEXTS[0], (3, VERIFICATION, EXPLICIT_VR_LITTLE_ENDIAN)];
    wire.send(&request_with(ASKED, AE_TITLE, &contexts, &roles)).await;
    assert_eq!(wire.answer().await, Answer::Accepted(vec![(CONTEXT, 0), (3, 3)]));
    // On a context of another class the operation is as unknown as ever.
    let mut wire = Wire::associate(receiver.address).await;
    let dataset = commitment_report(TRANSACTION, &["1.2.3.1"], &[]);
    wire.send(&[pdata(&[(DX, LAST_COMMAND, &event(3, COMMITTED))]), data(DX, &dataset)].concat()).await;
    let Answer::Command(DX, response) = wire.answer().await else { panic!("no response") };
    assert_eq!(response.status(), Ok(Status::UNRECOGNISED_OPERATION));
    assert!(receiver.archive.record().reported.is_empty());
}

#[tokio::test]
async fn what_is_no_report_is_refused_and_the_association_lives_on() {
    let receiver = Archive::default().start().await;
    let mut wire = archive_at(receiver.address).await;
    let good = commitment_report(TRANSACTION, &["1.2.3.1"], &[]);
    let about = |class, instance| CommandSet::event_report_request(1, class, instance, COMMITTED).encode();
    let cut = good[..good.len() - 3].to_vec();
    let refused: [(Vec<u8>, Vec<u8>, u16, &str); 7] = [
        (about("1.2.840.10008.1.20.2", STORAGE_COMMITMENT_INSTANCE), good.clone(), 0x0118, "not of Storage Commitment"),
        (about(STORAGE_COMMITMENT, "1.2.3"), good.clone(), 0x0112, "not of instance 1.2.840.10008.1.20.1.1"),
        (event(1, 3), good.clone(), 0x0113, "event types 1 and 2"),
        (event(1, COMMITTED), b"garbage, and no dataset".to_vec(), 0x0115, "has no valid VR"),
        (event(1, COMMITTED), cut, 0x0115, "dataset ends inside"),
        (event(1, COMMITTED), commitment_report(TRANSACTION, &[], &[]), 0x0115, "names no object"),
        (event(1, COMMITTED), commitment_report("1.02", &["1.2.3.1"], &[]), 0x0115, "Transaction UID"),
    ];
    for (command, dataset, status, expected) in refused {
        let (answered, comment) = tell(&mut wire, 1, &command, &dataset).await;
        assert_eq!(answered, Status(status), "{comment}");
        assert!(comment.contains(expected), "{comment} is not about {expected}");
    }
    // A report without a dataset says nothing of any transaction.
    let mut bare = event(2, COMMITTED);
    let at = bare.windows(4).position(|window| window == [0, 0, 0, 8]).unwrap() + 8;
    bare[at..at + 2].copy_from_slice(&0x0101u16.to_le_bytes());
    wire.send(&pdata(&[(CONTEXT, LAST_COMMAND, &bare)])).await;
    assert_eq!(told(&mut wire, 2).await.0, Status::INVALID_ARGUMENT_VALUE);
    // Nor do we commit to anything: an N-ACTION is not for us.
    let action = CommandSet::action_request(3, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, 1).encode();
    wire.send(&[pdata(&[(CONTEXT, LAST_COMMAND, &action)]), data(CONTEXT, &good)].concat()).await;
    let Answer::Command(CONTEXT, response) = wire.answer().await else { panic!("no response") };
    assert_eq!((response.command_field(), response.status()), (Ok(0x8130), Ok(Status::UNRECOGNISED_OPERATION)));
    assert!(receiver.archive.record().reported.is_empty());
    assert_eq!(tell(&mut wire, 4, &event(4, COMMITTED), &good).await.0, Status::SUCCESS);
    assert_eq!(receiver.archive.record().reported.len(), 1);
}

#[tokio::test]
async fn a_report_that_is_too_large_is_dropped_and_answered() {
    let receiver = Archive::default().start().await;
    let mut wire = archive_at(receiver.address).await;
    let transaction = element(0x0008_1195, "UI", TRANSACTION.as_bytes());
    // One list of 5 MB; many objects in little more than 100 KB.
    let long = [transaction, headed(0x0008_1199, "SQ", 5_000_000, &vec![0; 5_000_000])].concat();
    let (status, comment) = tell(&mut wire, 1, &event(1, COMMITTED), &long).await;
    assert_eq!(status, Status::RESOURCE_LIMITATION, "{comment}");
    let many: Vec<String> = (0..4001).map(|n| format!("1.2.{n}")).collect();
    let many = commitment_report(TRANSACTION, &many.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let (status, comment) = tell(&mut wire, 2, &event(2, COMMITTED), &many).await;
    assert_eq!((status.code(), comment.as_str()), (0x0213, "the report names more than 4000 objects"));
    let good = commitment_report(TRANSACTION, &["1.2.3.1"], &[]);
    assert_eq!(tell(&mut wire, 3, &event(3, COMMITTED), &good).await.0, Status::SUCCESS);
    wire.release().await;
    assert_eq!(receiver.end().await.bytes, (long.len() + many.len() + good.len()) as u64);
}

#[tokio::test]
async fn a_refusal_by_the_service_is_what_the_archive_is_told() {
    let refusal = Refusal::new(Status::INVALID_ARGUMENT_VALUE, "no such transaction was asked for");
    let receiver = Archive { refuse_report: Some(refusal), ..Archive::default() }.start().await;
    let mut wire = archive_at(receiver.address).await;
    let dataset = commitment_report(TRANSACTION, &["1.2.3.1"], &[]);
    let answer = tell(&mut wire, 1, &event(1, COMMITTED), &dataset).await;
    assert_eq!(answer, (Status(0x0115), "no such transaction was asked for".to_owned()));
    wire.release().await;
    assert_eq!(receiver.archive.record().reported.len(), 1);
}

#[tokio::test]
async fn a_report_that_never_ends_reaches_nobody() {
    let receiver = Archive::default().start().await;
    let mut wire = archive_at(receiver.address).await;
    let dataset = commitment_report(TRANSACTION, &["1.2.3.1"], &[]);
    // Whole, but not said to be the last piece.
    wire.send(&pdata(&[(CONTEXT, LAST_COMMAND, &event(1, COMMITTED)), (CONTEXT, MORE_DATA, &dataset)])).await;
    drop(wire);
    assert!(matches!(receiver.end().await.reason, EndReason::ConnectionLost(_)));
    assert!(receiver.archive.record().reported.is_empty());
    // A command without a message ID cannot be answered.
    let mut wire = archive_at(receiver.address).await;
    let command = [command_element(0x0100, &0x0100u16.to_le_bytes()), command_element(0x0800, &[1, 1])].concat();
    wire.send(&pdata(&[(CONTEXT, LAST_COMMAND, &command)])).await;
    assert_eq!(wire.answer().await, Answer::Aborted);
}
