//! Peers that break the protocol, stall, or vanish: each harms only itself.

use std::time::{Duration, Instant};

use spinetriage::dicom::Status;
use spinetriage::dicom::uids::DX_IMAGE_FOR_PRESENTATION;
use spinetriage::dimse::command::CommandSet;
use spinetriage::dimse::{EndReason, RejectionCode};

use crate::dimse::archive::{AE_TITLE, Archive, within};
use crate::dimse::objects::{element, image};
use crate::dimse::wire::{
    Answer, DX, ECHO, LAST_COMMAND, LAST_DATA, MORE_COMMAND, MORE_DATA, Wire, data, pdata, pdu, request, store_command,
    store_command_set,
};

/// Sends `bytes` on an open association, and returns how that ended: always by our abort.
async fn aborted(bytes: &[u8]) -> String {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    wire.send(bytes).await;
    assert_eq!(wire.answer().await, Answer::Aborted);
    drop(wire);
    let end = receiver.end().await;
    Wire::associate(receiver.address).await.echo(1).await;
    match end.reason {
        EndReason::ProtocolError(what) => what,
        other => panic!("{other:?}"),
    }
}

/// Sends `bytes` on a fresh connection, and returns why it was turned away.
async fn no_request(bytes: &[u8]) -> String {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::connect(receiver.address).await;
    wire.send(bytes).await;
    assert_eq!(wire.answer().await, Answer::Aborted);
    drop(wire);
    Wire::associate(receiver.address).await.echo(1).await;
    let rejection = receiver.rejection().await;
    assert_eq!(rejection.code, RejectionCode::NoRequest);
    rejection.reason
}

#[tokio::test]
async fn silent_sockets_hold_up_nobody_and_are_closed() {
    let receiver = Archive::ruled(|rules| {
        rules.association_timeout = Duration::from_millis(600);
        rules.max_associations = 1;
    })
    .start()
    .await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(Wire::connect(receiver.address).await);
    }
    let start = Instant::now();
    let mut wire = Wire::associate(receiver.address).await;
    wire.echo(1).await;
    assert!(start.elapsed() < Duration::from_millis(400), "{:?}", start.elapsed());
    for wire in &mut silent {
        assert_eq!(wire.answer().await, Answer::Aborted);
    }
    drop(silent);
    receiver.until(|record| (record.rejected.len() == 50).then_some(())).await;
    assert_eq!(receiver.rejection().await.reason, "the peer sent nothing within 0.6 s");
}

#[tokio::test]
async fn a_request_that_drips_is_cut_off_in_time() {
    let receiver = Archive::ruled(|rules| rules.association_timeout = Duration::from_millis(500)).start().await;
    let mut wire = Wire::connect(receiver.address).await;
    let start = Instant::now();
    for byte in request("WIRE", AE_TITLE) {
        wire.send(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !receiver.archive.record().rejected.is_empty() {
            break;
        }
    }
    assert_eq!(receiver.rejection().await.reason, "the peer sent a part of its request within 0.5 s");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_aborted_even_inside_an_object() {
    let receiver = Archive::ruled(|rules| rules.idle_timeout = Duration::from_millis(300)).start().await;
    let mut wire = Wire::associate(receiver.address).await;
    wire.send(&[store_command(1, "1.2.3.4"), pdata(&[(DX, MORE_DATA, &image("1.2.3.4")[..500])])].concat()).await;
    assert_eq!(wire.answer().await, Answer::Aborted);
    drop(wire);
    let end = receiver.end().await;
    assert_eq!((end.reason, end.refused), (EndReason::Silent, 1));
    let record = receiver.archive.record();
    let (refusal, so_far) = &record.discarded[0];
    assert!(refusal.comment.contains("silent"), "{refusal}");
    assert_eq!(so_far.sop_instance_uid.as_deref(), Some("1.2.3.4"));
}

#[tokio::test]
async fn an_object_that_drips_is_too_slow_though_never_silent() {
    let receiver = Archive::ruled(|rules| rules.idle_timeout = Duration::from_millis(400)).start().await;
    let mut wire = Wire::associate(receiver.address).await;
    wire.send(&store_command(1, "1.2.3.4")).await;
    let dataset = image("1.2.3.4");
    for byte in &dataset[..200] {
        wire.send(&pdata(&[(DX, MORE_DATA, &[*byte])])).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !receiver.archive.record().discarded.is_empty() {
            break;
        }
    }
    drop(wire);
    assert_eq!(receiver.end().await.reason, EndReason::TooSlow);
}

/// Once the pace of a finished object was held against the wait for the next message.
#[tokio::test]
async fn a_slow_object_that_came_through_is_forgiven() {
    let receiver = Archive::ruled(|rules| rules.idle_timeout = Duration::from_millis(500)).start().await;
    let mut wire = Wire::associate(receiver.address).await;
    let dataset =
        [element(0x0008_0016, "UI", DX_IMAGE_FOR_PRESENTATION.as_bytes()), element(0x0008_0018, "UI", b"1.2.3.4")]
            .concat();
    let (head, tail) = dataset.split_at(20);
    wire.send(&store_command(1, "1.2.3.4")).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    wire.send(&pdata(&[(DX, MORE_DATA, head)])).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    wire.send(&pdata(&[(DX, LAST_DATA, tail)])).await;
    assert_eq!(wire.store_response(1).await.0, Status::SUCCESS);
    wire.echo(2).await;
}

#[tokio::test]
async fn a_peer_that_vanishes_leaves_a_refused_object() {
    let receiver = Archive::default().start().await;
    let mut wire = Wire::associate(receiver.address).await;
    wire.send(&[store_command(1, "1.2.3.4"), pdata(&[(DX, MORE_DATA, &image("1.2.3.4")[..500])])].concat()).await;
    drop(wire);
    let end = receiver.end().await;
    assert!(matches!(end.reason, EndReason::ConnectionLost(_)), "{end:?}");
    let record = receiver.archive.record();
    assert!(record.discarded[0].0.comment.starts_with("the association ended before the dataset did"));
    assert!(record.stored.is_empty());
}

#[tokio::test]
async fn declared_lengths_of_gigabytes_are_refused_at_the_header() {
    let huge = |kind| [kind, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    let reason = no_request(&huge(0x01)).await;
    assert_eq!(reason, "a PDU of type 01H claims 4294967295 bytes where 262144 are allowed");
    let reason = aborted(&huge(0x04)).await;
    assert_eq!(reason, "a PDU of type 04H claims 4294967295 bytes where 131072 are allowed");
    // A PDU that is whole, but larger than we said we take.
    let reason = aborted(&pdata(&[(DX, MORE_COMMAND, &vec![0; 1 << 18])])).await;
    assert!(reason.contains("where 131072 are allowed"), "{reason}");
}

#[tokio::test]
async fn what_is_no_dicom_is_named_and_closed() {
    let reason = no_request(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(reason.starts_with("a PDU of type 47H claims"), "{reason}");
    let hello = [0x16, 0x03, 0x01, 0x00, 0xFA, 0x01, 0x00, 0x00, 0xF6];
    assert_eq!(no_request(&hello).await, "the peer speaks TLS, and this port does not");
    let echo = CommandSet::echo_request(1).encode();
    let reason = no_request(&pdata(&[(ECHO, LAST_COMMAND, &echo)])).await;
    assert_eq!(reason, "the peer sent P-DATA-TF before any association");
    // A request whose first item claims more than there is.
    let mut bent = request("WIRE", AE_TITLE);
    bent[74 + 2..74 + 4].copy_from_slice(&[0xFF, 0xFF]);
    let reason = no_request(&bent).await;
    assert!(reason.starts_with("a PDU of type 01H cannot be read"), "{reason}");
}

#[tokio::test]
async fn a_port_check_is_no_rejection() {
    let receiver = Archive::default().start().await;
    drop(Wire::connect(receiver.address).await);
    Wire::associate(receiver.address).await.release().await;
    receiver.end().await;
    assert!(receiver.archive.record().rejected.is_empty());
}

#[tokio::test]
async fn messages_out_of_turn_end_the_association_with_a_reason() {
    let command = store_command_set(1, "1.2.3.4");
    let (head, tail) = command.split_at(50);
    let out_of_turn: [(Vec<u8>, &str); 10] = [
        (data(DX, b"data"), "a dataset without a command"),
        (pdata(&[(99, LAST_COMMAND, &command)]), "presentation context 99, which was not accepted"),
        (pdata(&[(DX, MORE_COMMAND, head), (ECHO, LAST_COMMAND, tail)]), "context 3 in the middle of a message on"),
        (pdata(&[(DX, LAST_COMMAND, &command), (ECHO, LAST_DATA, b"data")]), "context 3 in the middle of a message on"),
        (pdata(&[(DX, LAST_COMMAND, &command), (DX, LAST_COMMAND, &command)]), "a command where the dataset"),
        (pdata(&[(DX, LAST_COMMAND, b"\xFFgarbage garbage")]), "in a command set, where only group 0000 may"),
        (pdata(&[(DX, MORE_COMMAND, &[0; 8000]), (DX, MORE_COMMAND, &[0; 8000])]), "longer than 8192 bytes"),
        (request("WIRE", AE_TITLE), "A-ASSOCIATE-RQ on an open association"),
        (pdu(0x42, b"abcd"), "a PDU of an unknown type"),
        ([store_command(1, "1.2.3.4"), pdu(0x05, &[0; 4])].concat(), "released the association in the middle"),
    ];
    for (bytes, expected) in out_of_turn {
        let reason = aborted(&bytes).await;
        assert!(reason.contains(expected), "{reason} is not about {expected}");
    }
}

#[tokio::test]
async fn broken_pdvs_and_responses_are_protocol_errors() {
    let pdv_beyond_pdu = pdu(0x04, &[&5000u32.to_be_bytes()[..], &[DX, LAST_COMMAND], &[0; 14]].concat());
    let reason = aborted(&pdv_beyond_pdu).await;
    assert!(reason.starts_with("a PDU of type 04H cannot be read"), "{reason}");
    let reason = aborted(&pdu(0x04, &[0; 4])).await;
    assert!(reason.starts_with("a PDU of type 04H cannot be read"), "{reason}");
    let response = CommandSet::echo_request(1).response(Status::SUCCESS, "").unwrap().encode();
    let reason = aborted(&pdata(&[(ECHO, LAST_COMMAND, &response)])).await;
    assert!(reason.contains("though nothing was asked"), "{reason}");
}

#[tokio::test]
async fn hostile_peers_do_not_disturb_the_good_ones() {
    let receiver = Archive::default().start().await;
    let mut hostile = Vec::new();
    for index in 0..20 {
        let mut wire = Wire::connect(receiver.address).await;
        match index % 4 {
            0 => {}
            1 => wire.send(&request("WIRE", AE_TITLE)[..40]).await,
            2 => wire.send(&[&request("WIRE", AE_TITLE)[..], &store_command(1, "1.2.3.4")].concat()).await,
            _ => wire.send(&[&request("WIRE", AE_TITLE)[..], &[4, 0, 0xFF, 0xFF, 0xFF, 0xFF]].concat()).await,
        }
        hostile.push(wire);
    }
    let good = (0..8).map(|index| {
        let address = receiver.address;
        tokio::spawn(async move {
            let mut wire = Wire::associate(address).await;
            for id in 1..=5u16 {
                let uid = format!("1.2.3.{index}.{id}");
                assert_eq!(wire.store(id, &uid, &image(&uid)).await.0, Status::SUCCESS);
            }
            wire.release().await;
        })
    });
    within(Duration::from_secs(20), async {
        for task in good.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    })
    .await;
    assert_eq!(receiver.archive.record().stored.len(), 40);
}
