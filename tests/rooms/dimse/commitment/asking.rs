//! Our N-ACTION, and the archive's answer and report on the same association.

use std::time::{Duration, Instant};

use spinetriage::dicom::Status;
use spinetriage::dicom::uids::{
    DX_IMAGE_FOR_PRESENTATION, IMPLICIT_VR_LITTLE_ENDIAN, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE,
};
use spinetriage::dimse::command::CommandSet;
use spinetriage::dimse::{
    CommitmentAnswer, CommitmentObject, CommitmentRequest, Peer, ScuError, Timeouts, request_commitment,
};

use super::{COMMITTED, CONTEXT, FAILURES_EXIST, TRANSACTION, event, report, tell, uid};
use crate::dimse::archive::{AE_TITLE, ASKED, Archive, within};
use crate::dimse::objects::{commitment_report, element, item};
use crate::dimse::played::{impatient, played, receive_after, receive_request, title};
use crate::dimse::wire::{Answer, LAST_COMMAND, LAST_DATA, Wire, acceptance_of, pdata, pdu};

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(200);

fn request(count: usize) -> CommitmentRequest {
    let object = |n| CommitmentObject {
        sop_class_uid: uid(DX_IMAGE_FOR_PRESENTATION),
        sop_instance_uid: uid(&format!("1.2.3.{n}")),
    };
    CommitmentRequest { transaction_uid: uid(TRANSACTION), objects: (1..=count).map(object).collect() }
}

async fn ask(peer: &Peer, timeouts: Timeouts, linger: Duration) -> Result<CommitmentAnswer, ScuError> {
    within(Duration::from_secs(20), request_commitment(peer, &title("US"), &request(2), timeouts, linger)).await
}

/// Answers the N-ACTION.
async fn respond(wire: &mut Wire, command: &CommandSet, status: Status, comment: &str) {
    let response = command.response(status, comment).unwrap().encode();
    wire.send(&pdata(&[(CONTEXT, LAST_COMMAND, &response)])).await;
}

/// Takes the request with success.
async fn accept(wire: &mut Wire) {
    let (command, ..) = receive_request(wire, 16_384).await;
    respond(wire, &command, Status::SUCCESS, "").await;
}

/// Expects our release, and answers it.
async fn be_released(wire: &mut Wire) {
    assert_eq!(wire.answer().await, Answer::ReleaseRequest);
    wire.send(&pdu(0x06, &[0; 4])).await;
}

fn fine() -> Vec<u8> {
    commitment_report(TRANSACTION, &["1.2.3.1", "1.2.3.2"], &[])
}

#[tokio::test]
async fn an_archive_that_reports_at_once_is_heard_and_answered() {
    let (peer, task) = played(|mut wire| async move {
        let (command, dataset, _) = receive_request(&mut wire, 16_384).await;
        respond(&mut wire, &command, Status::SUCCESS, "").await;
        let some = commitment_report(TRANSACTION, &["1.2.3.1"], &[("1.2.3.2", 0x0112)]);
        assert_eq!(tell(&mut wire, 9, &event(9, FAILURES_EXIST), &some).await.0, Status::SUCCESS);
        be_released(&mut wire).await;
        (command, dataset)
    })
    .await;
    let answer = ask(&peer, Timeouts::default(), LONG).await.unwrap();
    assert_eq!((answer.status, answer.comment.as_str()), (Status::SUCCESS, ""));
    assert_eq!(answer.report, Some(report(TRANSACTION, &["1.2.3.1"], &[("1.2.3.2", 0x0112)])));
    let (command, dataset) = task.await.unwrap();
    let expected = CommandSet::action_request(1, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, 1);
    assert_eq!(command, expected);
    let object = |instance: &[u8]| {
        let class = element(0x0008_1150, "UI", DX_IMAGE_FOR_PRESENTATION.as_bytes());
        item(&[class, element(0x0008_1155, "UI", instance)].concat())
    };
    let objects = [object(b"1.2.3.1"), object(b"1.2.3.2")].concat();
    let transaction = element(0x0008_1195, "UI", TRANSACTION.as_bytes());
    assert_eq!(dataset, [transaction, element(0x0008_1199, "SQ", &objects)].concat());
}

#[tokio::test]
async fn an_archive_may_report_before_it_answers_and_in_implicit_vr() {
    let (peer, task) = played(|mut wire| async move {
        // Our second context is the implicit one.
        let (command, ..) = receive_after(&mut wire, &acceptance_of(3, IMPLICIT_VR_LITTLE_ENDIAN, 16_384)).await;
        let tag = |group: u16, number: u16| [group.to_le_bytes(), number.to_le_bytes()].concat();
        let implicit = |tag: Vec<u8>, value: &[u8]| [&tag[..], &(value.len() as u32).to_le_bytes(), value].concat();
        let items = item(&implicit(tag(0x0008, 0x1155), b"1.2.3.1\0"));
        let dataset = [implicit(tag(0x0008, 0x1195), b"2.25.77\0"), implicit(tag(0x0008, 0x1199), &items)].concat();
        wire.send(&pdata(&[(3, LAST_COMMAND, &event(1, COMMITTED)), (3, LAST_DATA, &dataset)])).await;
        let Answer::Command(3, told) = wire.answer().await else { panic!("no answer to the report") };
        assert_eq!((told.command_field(), told.status()), (Ok(0x8100), Ok(Status::SUCCESS)));
        let response = command.response(Status::SUCCESS, "").unwrap().encode();
        wire.send(&pdata(&[(3, LAST_COMMAND, &response)])).await;
        be_released(&mut wire).await;
    })
    .await;
    let answer = ask(&peer, Timeouts::default(), LONG).await.unwrap();
    assert_eq!(answer.report, Some(report(TRANSACTION, &["1.2.3.1"], &[])));
    task.await.unwrap();
}

#[tokio::test]
async fn an_archive_that_reports_later_is_waited_for_no_longer_than_said() {
    let (peer, task) = played(|mut wire| async move {
        accept(&mut wire).await;
        let waited = Instant::now();
        be_released(&mut wire).await;
        waited.elapsed()
    })
    .await;
    let answer = ask(&peer, Timeouts::default(), SHORT).await.unwrap();
    assert_eq!(answer, CommitmentAnswer { status: Status::SUCCESS, comment: String::new(), report: None });
    let waited = task.await.unwrap();
    assert!(waited > SHORT / 2 && waited < LONG / 2, "{waited:?}");
}

#[tokio::test]
async fn a_refusal_comes_back_with_its_comment_and_without_a_wait() {
    let (peer, task) = played(|mut wire| async move {
        let (command, ..) = receive_request(&mut wire, 16_384).await;
        respond(&mut wire, &command, Status::RESOURCE_LIMITATION, "ask tomorrow").await;
        be_released(&mut wire).await;
    })
    .await;
    let start = Instant::now();
    let answer = ask(&peer, Timeouts::default(), Duration::from_secs(15)).await.unwrap();
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
    let comment = "ask tomorrow".to_owned();
    assert_eq!(answer, CommitmentAnswer { status: Status(0x0213), comment, report: None });
    task.await.unwrap();
}

#[tokio::test]
async fn reports_that_are_not_the_one_are_refused_and_the_right_one_is_awaited() {
    let (peer, task) = played(|mut wire| async move {
        accept(&mut wire).await;
        let other = commitment_report("2.25.99", &["1.2.3.1"], &[]);
        let (status, comment) = tell(&mut wire, 1, &event(1, COMMITTED), &other).await;
        assert_eq!((status.code(), comment.as_str()), (0x0115, "this association is for another transaction"));
        assert_eq!(tell(&mut wire, 2, &event(2, COMMITTED), b"garbage").await.0, Status(0x0115));
        assert_eq!(tell(&mut wire, 3, &event(3, 7), &fine()).await.0, Status(0x0113));
        let huge = vec![0; 5_000_000];
        let huge = [
            element(0x0008_1195, "UI", b"2.25.77"),
            crate::dimse::objects::headed(0x0008_1199, "SQ", 5_000_000, &huge),
        ];
        assert_eq!(tell(&mut wire, 4, &event(4, COMMITTED), &huge.concat()).await.0, Status(0x0213));
        assert_eq!(tell(&mut wire, 5, &event(5, COMMITTED), &fine()).await.0, Status::SUCCESS);
        be_released(&mut wire).await;
    })
    .await;
    let answer = ask(&peer, Timeouts::default(), LONG).await.unwrap();
    assert_eq!(answer.report, Some(report(TRANSACTION, &["1.2.3.1", "1.2.3.2"], &[])));
    task.await.unwrap();
}

#[tokio::test]
async fn an_association_that_ends_after_the_answer_takes_nothing_back() {
    // Release, abort, a message that makes no sense, and a closed connection.
    let endings = [
        Some((pdu(0x05, &[0; 4]), Answer::Released)),
        Some((pdu(0x07, &[0; 4]), Answer::Closed)),
        Some((pdata(&[(CONTEXT, LAST_DATA, b"data")]), Answer::Closed)),
        None,
    ];
    for ending in endings {
        let (peer, task) = played(move |mut wire| async move {
            accept(&mut wire).await;
            if let Some((bytes, answer)) = ending {
                wire.send(&bytes).await;
                assert_eq!(wire.answer().await, answer);
            }
        })
        .await;
        let answer = ask(&peer, Timeouts::default(), LONG).await.unwrap();
        assert_eq!((answer.status, answer.report), (Status::SUCCESS, None));
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_report_in_hand_outlives_the_answer_that_never_came() {
    let (peer, task) = played(|mut wire| async move {
        receive_request(&mut wire, 16_384).await;
        assert_eq!(tell(&mut wire, 1, &event(1, COMMITTED), &fine()).await.0, Status::SUCCESS);
    })
    .await;
    let answer = ask(&peer, Timeouts::default(), LONG).await.unwrap();
    assert_eq!(answer.status, Status::SUCCESS);
    assert_eq!(answer.report, Some(report(TRANSACTION, &["1.2.3.1", "1.2.3.2"], &[])));
    task.await.unwrap();
}

#[tokio::test]
async fn an_archive_that_never_answers_costs_no_more_than_the_time_limit() {
    let (silent, silence) = played(|mut wire| async move {
        receive_request(&mut wire, 16_384).await;
        wire.answer().await
    })
    .await;
    // One that talks all the time, but not of what was asked.
    let (talkative, talk) = played(|mut wire| async move {
        receive_request(&mut wire, 16_384).await;
        loop {
            wire.send(&pdata(&[(CONTEXT, LAST_COMMAND, &event(1, COMMITTED)), (CONTEXT, LAST_DATA, b"garbage")])).await;
            if wire.answer().await == Answer::Closed {
                return;
            }
        }
    })
    .await;
    for peer in [silent, talkative] {
        let error = ask(&peer, impatient(), SHORT).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        let expected = "the connection failed while waiting for the answer to an N-ACTION: no answer within 0.4 s";
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(silence.await.unwrap(), Answer::Closed);
    talk.await.unwrap();
}

#[tokio::test]
async fn an_answer_to_another_question_is_a_protocol_error() {
    let success = |request: CommandSet| request.response(Status::SUCCESS, "").unwrap().encode();
    let action = |id| CommandSet::action_request(id, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, 1);
    let wrong = [
        (success(action(2)), "answered 8130H to message 2 when message 1 was asked"),
        (success(CommandSet::echo_request(1)), "answered 8030H to message 1 when message 1 was asked"),
        (CommandSet::echo_request(1).encode(), "it asked for operation 0030H"),
        (b"no command set".to_vec(), "command set"),
    ];
    for (answer, expected) in wrong {
        let (peer, task) = played(move |mut wire| async move {
            receive_request(&mut wire, 16_384).await;
            wire.send(&pdata(&[(CONTEXT, LAST_COMMAND, &answer)])).await;
        })
        .await;
        let error = ask(&peer, Timeouts::default(), SHORT).await.unwrap_err();
        assert!(matches!(error, ScuError::Protocol { .. }) && error.to_string().contains(expected), "{error}");
        task.await.unwrap();
    }
}

#[tokio::test]
async fn one_to_a_thousand_objects_are_asked_for_at_once() {
    let nowhere = Peer { ae_title: title("PACS"), address: "127.0.0.1:1".to_owned() };
    for count in [0, 1001] {
        let asked = request_commitment(&nowhere, &title("US"), &request(count), impatient(), SHORT).await;
        assert!(matches!(asked, Err(ScuError::ObjectCount(named)) if named == count), "{asked:?}");
    }
    let (peer, task) = played(|mut wire| async move {
        let (command, dataset, largest) = receive_request(&mut wire, 4096).await;
        respond(&mut wire, &command, Status::SUCCESS, "").await;
        be_released(&mut wire).await;
        (dataset.len(), largest)
    })
    .await;
    let (us, many) = (title("US"), request(1000));
    let asked = request_commitment(&peer, &us, &many, Timeouts::default(), SHORT);
    assert_eq!(within(LONG, asked).await.unwrap().status, Status::SUCCESS);
    let (length, largest) = task.await.unwrap();
    assert!(length > 50_000 && largest == 4096, "{length} bytes in PDUs of at most {largest}");
}

#[tokio::test]
async fn our_own_receiver_commits_to_nothing() {
    let receiver = Archive::default().start().await;
    let peer = Peer { ae_title: title(AE_TITLE), address: receiver.address.to_string() };
    let error = ask(&peer, Timeouts::default(), SHORT).await.unwrap_err();
    assert!(matches!(error, ScuError::NotAccepted { .. }) && !error.is_transient(), "{error}");
    // One who may report, and asks instead.
    let asked = request_commitment(&peer, &title(ASKED), &request(1), Timeouts::default(), SHORT).await.unwrap();
    assert_eq!((asked.status, asked.report), (Status::UNRECOGNISED_OPERATION, None));
}
