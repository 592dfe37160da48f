//! Command sets, built and bent here.

use proptest::prelude::*;

use super::*;

fn store_request() -> CommandSet {
    CommandSet::store_request(7, &Uid::new("1.2.3").unwrap(), &Uid::new("1.2.3.44").unwrap())
}

#[test]
fn a_request_survives_the_wire() {
    let read = CommandSet::parse(&store_request().encode()).unwrap();
    assert_eq!(read, store_request());
    assert_eq!(read.command_field(), Ok(C_STORE_RQ));
    assert_eq!(read.message_id(), Ok(7));
    assert_eq!(read.affected_sop_class_uid(), "1.2.3");
    assert_eq!(read.affected_sop_instance_uid(), "1.2.3.44");
    assert_eq!(read.has_dataset(), Ok(true));
    assert_eq!(CommandSet::echo_request(1).has_dataset(), Ok(false));
}

#[test]
fn group_length_counts_what_follows_it() {
    let bytes = CommandSet::echo_request(1).encode();
    assert_eq!(&bytes[..8], [0, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize, bytes.len() - 12);
}

#[test]
fn a_response_answers_its_own_request() {
    let response = store_request().response(Status::OUT_OF_RESOURCES, "disk full").unwrap();
    let read = CommandSet::parse(&response.encode()).unwrap();
    assert_eq!(read.command_field(), Ok(C_STORE_RQ | RESPONSE));
    assert_eq!(read.message_id_responded_to(), Ok(7));
    assert_eq!(read.status(), Ok(Status::OUT_OF_RESOURCES));
    assert_eq!(read.error_comment(), "disk full");
    assert_eq!(read.affected_sop_instance_uid(), "1.2.3.44");
    assert_eq!(read.has_dataset(), Ok(false));
}

#[test]
fn an_event_report_is_answered_with_its_event_type() {
    let request = CommandSet::event_report_request(3, "1.2.3", "1.2.3.4", 2);
    let read = CommandSet::parse(&request.encode()).unwrap();
    assert_eq!((read.command_field(), read.event_type_id(), read.has_dataset()), (Ok(0x0100), Ok(2), Ok(true)));
    let response = read.response(Status::SUCCESS, "").unwrap();
    assert_eq!(response.command_field(), Ok(0x8100));
    assert_eq!(response.event_type_id(), Ok(2));
    assert_eq!(response.affected_sop_instance_uid(), "1.2.3.4");
}

#[test]
fn an_action_names_what_it_is_asked_of() {
    // PS3.7 table 10.3-9: (0000,0003), (0000,1001) and (0000,1008), not the affected UIDs.
    let encoded = CommandSet::action_request(3, "1.2.3", "1.2.3.4", 1).encode();
    let holds = |bytes: &[u8]| encoded.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(&[&[0, 0, 0x03, 0x00, 6, 0, 0, 0], &b"1.2.3\0"[..]].concat()));
    assert!(holds(&[&[0, 0, 0x01, 0x10, 8, 0, 0, 0], &b"1.2.3.4\0"[..]].concat()));
    assert!(holds(&[0, 0, 0x08, 0x10, 2, 0, 0, 0, 1, 0]));
    let read = CommandSet::parse(&encoded).unwrap();
    assert_eq!((read.command_field(), read.affected_sop_class_uid()), (Ok(0x0130), String::new()));
}

#[test]
fn an_error_comment_fits_its_element() {
    let long = format!("caf\u{e9} \\ {}", "x".repeat(100));
    let comment = store_request().response(Status::CANNOT_UNDERSTAND, &long).unwrap().error_comment();
    assert_eq!(comment.len(), 64);
    assert!(comment.starts_with("caf? ? xx"), "{comment}");
}

#[test]
fn broken_command_sets_are_named() {
    let parse = |bytes: &[u8]| CommandSet::parse(bytes).unwrap_err();
    assert_eq!(parse(&[0, 0, 0]), CommandError::TruncatedHeader);
    assert_eq!(parse(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), CommandError::Truncated(0x100));
    assert_eq!(parse(&[8, 0, 5, 0, 0, 0, 0, 0]), CommandError::ForeignGroup(8, 5));
    let twice = [0, 0, 0, 1, 0, 0, 0, 0].repeat(2);
    assert_eq!(parse(&twice), CommandError::Repeated(0x100));
    assert_eq!(parse(&vec![0; MAX_COMMAND_BYTES + 1]), CommandError::TooLong);
    let empty = CommandSet::parse(&[]).unwrap();
    assert_eq!(empty.message_id(), Err(CommandError::Missing(0x110, "Message ID")));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_within_their_size(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(command) = CommandSet::parse(&bytes) {
            let kept: usize = command.values.values().map(Vec::len).sum();
            prop_assert!(kept <= bytes.len());
            prop_assert_eq!(CommandSet::parse(&command.encode()).unwrap(), command);
        }
    }

    #[test]
    fn a_bent_length_or_tag_never_panics(at in 0usize..80, byte in any::<u8>(), cut in 0usize..120) {
        let mut bytes = store_request().encode();
        let last = bytes.len() - 1;
        bytes[at.min(last)] = byte;
        bytes.truncate(cut);
        let _ = CommandSet::parse(&bytes).map(|command| command.response(Status::SUCCESS, ""));
    }
}
