//! Command sets from the network: read or refused, never a panic, and what is read survives
//! encoding.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spinetriage::dicom::Status;
use spinetriage::dimse::command::CommandSet;

fuzz_target!(|bytes: &[u8]| {
    let Ok(command) = CommandSet::parse(bytes) else { return };
    assert_eq!(CommandSet::parse(&command.encode()).as_ref(), Ok(&command));
    if let Ok(response) = command.response(Status::CANNOT_UNDERSTAND, &command.error_comment()) {
        assert_eq!(response.message_id_responded_to(), command.message_id());
        assert!(response.error_comment().len() <= 64);
    }
});
