//! What a well-behaved peer gets, spoken byte by byte.

use std::time::Duration;

use spinetriage::dicom::Status;
use spinetriage::dicom::uids::{CR_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN, VERIFICATION};
use spinetriage::dimse::command::CommandSet;
use spinetriage::dimse::{EndReason, Refusal};

use crate::dimse::archive::{AE_TITLE, Archive, STRANGER, within};
use crate::dimse::objects::{image, image_with, ramp};
use crate::dimse::wire::{
    Answer, DX, ECHO, LAST_COMMAND, LAST_DATA, MORE_COMMAND, MORE_DATA, Wire, command_element, data, pdata, pdu,
    request, request_for, store_command, store_command_set,
};

#[tokio::test]
async fn an_object_arrives_byte_for_byte_with_its_summary() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    let dataset = image("1.2.3.4");
    assert_eq!(wire.store(7, "1.2.3.4", &dataset).await, (Status::SUCCESS, String::new()));
    wire.echo(77).await;
    wire.release().await;
    let end = receiver.end().await;
    assert_eq!(end.reason, EndReason::Released);
    assert_eq!((end.stored, end.refused, end.echoes, end.bytes), (1, 0, 1, dataset.len() as u64));
    let record = receiver.archive.record();
    let (request, bytes, summary) = &record.stored[0];
    assert_eq!(bytes, &dataset);
    assert_eq!((request.message_id, request.transfer_syntax.as_str()), (7, EXPLICIT_VR_LITTLE_ENDIAN));
    assert_eq!(summary.body_part_examined.as_deref(), Some("LSPINE"));
    assert_eq!(summary.bytes, dataset.len() as u64);
    assert_eq!(record.ended[0].0.calling, "WIRE");
}

#[tokio::test]
async fn a_command_may_come_in_pieces_and_a_pdu_may_hold_several() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    let command = store_command_set(1, "1.2.3.4");
    let (head, tail) = command.split_at(50);
    let dataset = image("1.2.3.4");
    // A command in two PDVs of two PDUs, an empty last fragment of the dataset.
    wire.send(&pdata(&[(DX, MORE_COMMAND, head)])).await;
    wire.send(&pdata(&[(DX, LAST_COMMAND, tail)])).await;
    wire.send(&pdata(&[(DX, MORE_DATA, &dataset)])).await;
    wire.send(&pdata(&[(DX, LAST_DATA, &[])])).await;
    assert_eq!(wire.store_response(1).await.0, Status::SUCCESS);
    // Two pieces of a command, and the dataset in two, all in one PDU.
    let (first, second) = dataset.split_at(333);
    let values = [(DX, MORE_COMMAND, head), (DX, LAST_COMMAND, tail), (DX, MORE_DATA, first), (DX, LAST_DATA, second)];
    wire.send(&pdata(&values)).await;
    assert_eq!(wire.store_response(1).await.0, Status::SUCCESS);
    wire.release().await;
    assert_eq!(receiver.archive.record().stored.len(), 2);
}

#[tokio::test]
async fn ten_objects_sent_without_waiting_are_answered_in_order() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    for id in 1..=10u16 {
        let uid = format!("1.2.3.{id}");
        wire.send(&[store_command(id, &uid), data(DX, &image(&uid))].concat()).await;
    }
    for id in 1..=10 {
        assert_eq!(wire.store_response(id).await.0, Status::SUCCESS);
    }
    wire.release().await;
    let record = receiver.archive.record();
    let uids: Vec<_> = record.stored.iter().map(|(request, ..)| request.sop_instance_uid.to_string()).collect();
    assert_eq!(uids, (1..=10).map(|id| format!("1.2.3.{id}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn each_context_is_accepted_or_refused_for_itself() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::connect(receiver.address).await;
    let contexts = [
        (1, CR_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN),
        (3, "1.2.840.10008.5.1.4.1.1.2", EXPLICIT_VR_LITTLE_ENDIAN), // CT
        (5, CR_IMAGE_STORAGE, "1.2.840.10008.1.2.4.51"),
        (255, VERIFICATION, EXPLICIT_VR_LITTLE_ENDIAN),
    ];
    wire.send(&request_for("WIRE", AE_TITLE, &contexts)).await;
    assert_eq!(wire.answer().await, Answer::Accepted(vec![(1, 0), (3, 3), (5, 4), (255, 0)]));
}

#[tokio::test]
async fn unwanted_peers_are_told_why_with_the_code_of_the_standard() {
    let receiver = Archive::default().start().await;
    for (calling, called, answer) in
        [(STRANGER, AE_TITLE, Answer::Rejected(1, 1, 3)), ("WIRE", "OTHER", Answer::Rejected(1, 1, 7))]
    {
        let mut wire = Wire::connect(receiver.address).await;
        wire.send(&request(calling, called)).await;
        assert_eq!(wire.answer().await, answer);
        assert_eq!(wire.answer().await, Answer::Closed);
    }
    receiver.until(|record| (record.rejected.len() == 2).then_some(())).await;
    let record = receiver.archive.record();
    assert_eq!(record.rejected[0].0, STRANGER);
    assert_eq!(record.rejected[0].1.reason, "STRANGER is not a sender");
    assert!(record.ended.is_empty());
}

#[tokio::test]
async fn the_limit_of_associations_is_transient_and_passes() {
    let receiver = Archive::ruled(|rules| rules.max_associations = 2).start().await;
    let mut first = Wire::associate(receiver.address).await;
    let _second = Wire::associate(receiver.address).await;
    let mut third = Wire::connect(receiver.address).await;
    third.send(&request("WIRE", AE_TITLE)).await;
    assert_eq!(third.answer().await, Answer::Rejected(2, 3, 2));
    assert!(receiver.rejection().await.reason.contains("2 associations"));
    first.release().await;
    drop(first);
    receiver.end().await;
    // The slot is free once its association has ended for good.
    within(Duration::from_secs(5), async {
        loop {
            let mut next = Wire::connect(receiver.address).await;
            next.send(&request("WIRE", AE_TITLE)).await;
            match next.answer().await {
                Answer::Accepted(_) => break,
                other => assert_eq!(other, Answer::Rejected(2, 3, 2)),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_at_any_point_is_answered_and_the_association_lives_on() {
    let refusal = Refusal::new(Status::OUT_OF_RESOURCES, "the disk is full");
    let archives = [
        Archive { refuse_begin: Some(refusal.clone()), ..Archive::default() },
        Archive { refuse_write: Some(refusal.clone()), ..Archive::default() },
        Archive { commit: Some(Err(refusal.clone())), ..Archive::default() },
    ];
    for archive in archives {
        let receiver = archive.start().await;
        let mut wire = Wire::associate(receiver.address).await;
        // Long enough for several PDUs after the first refusal.
        let dataset = image_with("1.2.3.4", &ramp(100_000));
        let answer = wire.store(1, "1.2.3.4", &dataset).await;
        assert_eq!(answer, (Status::OUT_OF_RESOURCES, "the disk is full".to_owned()));
        wire.echo(2).await;
        wire.release().await;
        let end = receiver.end().await;
        assert_eq!((end.stored, end.refused, end.bytes), (0, 1, dataset.len() as u64));
        assert!(receiver.archive.record().stored.is_empty());
    }
}

#[tokio::test]
async fn a_warning_is_passed_on_and_counts_as_stored() {
    let receiver = Archive { commit: Some(Ok(Status(0xB000))), ..Archive::default() }.start().await;
    let mut wire = Wire::associate(receiver.address).await;
    assert_eq!(wire.store(1, "1.2.3.4", &image("1.2.3.4")).await.0, Status(0xB000));
    wire.release().await;
    assert_eq!(receiver.end().await.stored, 1);
}

#[tokio::test]
async fn an_unknown_operation_is_answered_even_with_a_dataset() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    let find = [
        command_element(0x0100, &0x0020u16.to_le_bytes()),
        command_element(0x0110, &5u16.to_le_bytes()),
        command_element(0x0800, &0u16.to_le_bytes()),
    ]
    .concat();
    wire.send(&pdata(&[(ECHO, LAST_COMMAND, &find), (ECHO, LAST_DATA, &[1, 2, 3])])).await;
    let Answer::Command(ECHO, response) = wire.answer().await else { panic!("no response") };
    assert_eq!(response.command_field(), Ok(0x8020));
    assert_eq!(response.message_id_responded_to(), Ok(5));
    assert_eq!(response.status(), Ok(Status::UNRECOGNISED_OPERATION));
    // A cancel has no response: the next answer is the echo's.
    let cancel = [
        command_element(0x0100, &0x0FFFu16.to_le_bytes()),
        command_element(0x0120, &5u16.to_le_bytes()),
        command_element(0x0800, &0x0101u16.to_le_bytes()),
    ]
    .concat();
    wire.send(&pdata(&[(ECHO, LAST_COMMAND, &cancel)])).await;
    wire.echo(6).await;
}

#[tokio::test]
async fn shutdown_ends_idle_associations_and_lets_objects_finish() {
    let receiver = Archive { commit_takes: Duration::from_millis(300), ..Archive::default() }.start().await;
    let mut idle = Wire::associate(receiver.address).await;
    let mut busy = Wire::associate(receiver.address).await;
    let dataset = image("1.2.3.4");
    let (head, tail) = dataset.split_at(100);
    busy.send(&[store_command(1, "1.2.3.4"), pdata(&[(DX, MORE_DATA, head)])].concat()).await;
    // The busy one is in the middle of its object.
    receiver.until(|record| (record.begun == 1).then_some(())).await;
    let address = receiver.address;
    let (archive, task) = receiver.stop();
    assert_eq!(idle.answer().await, Answer::Aborted);
    busy.send(&pdata(&[(DX, LAST_DATA, tail)])).await;
    assert_eq!(busy.store_response(1).await.0, Status::SUCCESS);
    assert_eq!(busy.answer().await, Answer::Aborted);
    drop((idle, busy));
    within(Duration::from_secs(5), task).await.unwrap().unwrap();
    let record = archive.record();
    assert_eq!(record.stored.len(), 1);
    assert!(record.ended.iter().all(|(_, end)| end.reason == EndReason::ShuttingDown), "{:?}", record.ended);
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_abort_by_the_peer_is_recorded_as_such() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    wire.send(&pdu(0x07, &[0; 4])).await;
    assert_eq!(receiver.end().await.reason, EndReason::AbortedByPeer);
}

#[tokio::test]
async fn an_echo_answers_its_own_message_id_each_time() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    for id in [0, 1, 77, u16::MAX] {
        wire.echo(id).await;
    }
    // Sent with a dataset that an echo has not, it is still read to its end.
    let mut command = CommandSet::echo_request(9).encode();
    let end = command.len();
    command[end - 2..].copy_from_slice(&[0, 0]);
    wire.send(&pdata(&[(ECHO, LAST_COMMAND, &command), (ECHO, LAST_DATA, b"data")])).await;
    assert!(matches!(wire.answer().await, Answer::Command(ECHO, _)));
    wire.release().await;
}
