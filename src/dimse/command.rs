//! Command sets: the group 0000 elements in front of every DIMSE message (PS3.7 section 6.3).
//!
//! Always Implicit VR Little Endian, always small. The parser allocates no more than it is given
//! and accepts nothing but group 0000.

use std::collections::BTreeMap;

use crate::identifiers::Uid;

use super::status::Status;

/// Longest command set that is read. The longest legal C-STORE-RQ is below 500 bytes.
pub const MAX_COMMAND_BYTES: usize = 8 * 1024;

/// C-STORE-RQ, a value of Command Field.
pub const C_STORE_RQ: u16 = 0x0001;
/// C-ECHO-RQ.
pub const C_ECHO_RQ: u16 = 0x0030;
/// C-CANCEL-RQ, which has no response.
pub const C_CANCEL_RQ: u16 = 0x0FFF;
/// Set in the Command Field of every response.
pub const RESPONSE: u16 = 0x8000;

/// Value of Command Data Set Type when no dataset follows.
const NO_DATASET: u16 = 0x0101;
/// A value of Command Data Set Type when one does: anything else.
const DATASET_FOLLOWS: u16 = 0x0000;
/// Medium priority.
const PRIORITY_MEDIUM: u16 = 0x0000;
/// Error Comment is an LO: at most 64 characters.
const MAX_COMMENT: usize = 64;

/// Elements of group 0000 by their element number (PS3.7 Annex E).
mod element {
    pub const GROUP_LENGTH: u16 = 0x0000;
    pub const AFFECTED_SOP_CLASS_UID: u16 = 0x0002;
    pub const COMMAND_FIELD: u16 = 0x0100;
    pub const MESSAGE_ID: u16 = 0x0110;
    pub const MESSAGE_ID_RESPONDED_TO: u16 = 0x0120;
    pub const PRIORITY: u16 = 0x0700;
    pub const COMMAND_DATA_SET_TYPE: u16 = 0x0800;
    pub const STATUS: u16 = 0x0900;
    pub const ERROR_COMMENT: u16 = 0x0902;
    pub const AFFECTED_SOP_INSTANCE_UID: u16 = 0x1000;
}

/// Why bytes are no command set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Longer than [`MAX_COMMAND_BYTES`].
    #[error("the command set is longer than {MAX_COMMAND_BYTES} bytes; no DIMSE command is")]
    TooLong,
    /// The bytes end inside an element.
    #[error("the command set ends inside element (0000,{0:04X})")]
    Truncated(u16),
    /// The bytes end inside an element's header.
    #[error("the command set ends inside the header of an element")]
    TruncatedHeader,
    /// An element that is not of group 0000.
    #[error("element ({0:04X},{1:04X}) stands in a command set, where only group 0000 may")]
    ForeignGroup(u16, u16),
    /// An element that occurs twice.
    #[error("element (0000,{0:04X}) occurs twice in the command set")]
    Repeated(u16),
    /// A required element is absent or has not the size of its type.
    #[error("element (0000,{0:04X}) {1} is missing from the command set, or has a wrong length")]
    Missing(u16, &'static str),
}

/// A command set: values by element number, as encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandSet {
    values: BTreeMap<u16, Vec<u8>>,
}

impl CommandSet {
    /// Reads a whole command set. Group length is not trusted and not kept.
    pub fn parse(mut bytes: &[u8]) -> Result<Self, CommandError> {
        if bytes.len() > MAX_COMMAND_BYTES {
            return Err(CommandError::TooLong);
        }
        let mut values = BTreeMap::new();
        while !bytes.is_empty() {
            let (header, rest) = bytes.split_first_chunk::<8>().ok_or(CommandError::TruncatedHeader)?;
            let [g0, g1, e0, e1, l0, l1, l2, l3] = *header;
            let (group, number) = (u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
            if group != 0 {
                return Err(CommandError::ForeignGroup(group, number));
            }
            let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
            let (value, rest) = rest.split_at_checked(length).ok_or(CommandError::Truncated(number))?;
            if values.insert(number, value.to_vec()).is_some() {
                return Err(CommandError::Repeated(number));
            }
            bytes = rest;
        }
        values.remove(&element::GROUP_LENGTH);
        Ok(Self { values })
    }

    /// The command set on the wire, group length first, elements in order.
    pub fn encode(&self) -> Vec<u8> {
        let body: usize = self.values.values().map(|value| 8 + value.len()).sum();
        let mut bytes = Vec::with_capacity(12 + body);
        let mut append = |number: u16, value: &[u8]| {
            bytes.extend_from_slice(&[0, 0]);
            bytes.extend_from_slice(&number.to_le_bytes());
            bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
            bytes.extend_from_slice(value);
        };
        append(element::GROUP_LENGTH, &(body as u32).to_le_bytes());
        for (&number, value) in &self.values {
            append(number, value);
        }
        bytes
    }

    /// C-ECHO-RQ (PS3.7 9.3.5.1).
    pub fn echo_request(message_id: u16) -> Self {
        Self::default()
            .text(element::AFFECTED_SOP_CLASS_UID, super::uids::VERIFICATION, b'\0')
            .number(element::COMMAND_FIELD, C_ECHO_RQ)
            .number(element::MESSAGE_ID, message_id)
            .number(element::COMMAND_DATA_SET_TYPE, NO_DATASET)
    }

    /// C-STORE-RQ (PS3.7 9.3.1.1), medium priority.
    pub fn store_request(message_id: u16, sop_class: &Uid, sop_instance: &Uid) -> Self {
        Self::default()
            .text(element::AFFECTED_SOP_CLASS_UID, sop_class.as_str(), b'\0')
            .number(element::COMMAND_FIELD, C_STORE_RQ)
            .number(element::MESSAGE_ID, message_id)
            .number(element::PRIORITY, PRIORITY_MEDIUM)
            .number(element::COMMAND_DATA_SET_TYPE, DATASET_FOLLOWS)
            .text(element::AFFECTED_SOP_INSTANCE_UID, sop_instance.as_str(), b'\0')
    }

    /// The response to this request: its UIDs and message ID, a status, and an Error Comment when
    /// `comment` is not empty (shortened to 64 ASCII characters). Carries no dataset.
    pub fn response(&self, status: Status, comment: &str) -> Result<Self, CommandError> {
        let mut response = Self::default()
            .number(element::COMMAND_FIELD, self.command_field()? | RESPONSE)
            .number(element::MESSAGE_ID_RESPONDED_TO, self.message_id()?)
            .number(element::COMMAND_DATA_SET_TYPE, NO_DATASET)
            .number(element::STATUS, status.code());
        for copied in [element::AFFECTED_SOP_CLASS_UID, element::AFFECTED_SOP_INSTANCE_UID] {
            if let Some(value) = self.values.get(&copied) {
                response.values.insert(copied, value.clone());
            }
        }
        if !comment.is_empty() {
            // Error Comment is text of the default repertoire: no backslash, which separates values.
            let fitting: String = comment
                .chars()
                .map(|c| if matches!(c, ' '..='~') && c != '\\' { c } else { '?' })
                .take(MAX_COMMENT)
                .collect();
            response = response.text(element::ERROR_COMMENT, &fitting, b' ');
        }
        Ok(response)
    }

    /// Command Field (0000,0100).
    pub fn command_field(&self) -> Result<u16, CommandError> {
        self.required(element::COMMAND_FIELD, "Command Field")
    }

    /// Message ID (0000,0110).
    pub fn message_id(&self) -> Result<u16, CommandError> {
        self.required(element::MESSAGE_ID, "Message ID")
    }

    /// Message ID Being Responded To (0000,0120).
    pub fn message_id_responded_to(&self) -> Result<u16, CommandError> {
        self.required(element::MESSAGE_ID_RESPONDED_TO, "Message ID Being Responded To")
    }

    /// Status (0000,0900).
    pub fn status(&self) -> Result<Status, CommandError> {
        self.required(element::STATUS, "Status").map(Status)
    }

    /// Whether a dataset follows, from Command Data Set Type (0000,0800).
    pub fn has_dataset(&self) -> Result<bool, CommandError> {
        Ok(self.required(element::COMMAND_DATA_SET_TYPE, "Command Data Set Type")? != NO_DATASET)
    }

    /// Affected SOP Class UID (0000,0002) without padding; empty when absent.
    pub fn affected_sop_class_uid(&self) -> String {
        self.string(element::AFFECTED_SOP_CLASS_UID)
    }

    /// Affected SOP Instance UID (0000,1000) without padding; empty when absent.
    pub fn affected_sop_instance_uid(&self) -> String {
        self.string(element::AFFECTED_SOP_INSTANCE_UID)
    }

    /// Error Comment (0000,0902) without padding; empty when absent.
    pub fn error_comment(&self) -> String {
        self.string(element::ERROR_COMMENT)
    }

    fn required(&self, number: u16, name: &'static str) -> Result<u16, CommandError> {
        let value = self.values.get(&number).and_then(|value| <[u8; 2]>::try_from(value.as_slice()).ok());
        value.map(u16::from_le_bytes).ok_or(CommandError::Missing(number, name))
    }

    fn string(&self, number: u16) -> String {
        let value = self.values.get(&number).map_or(&[][..], Vec::as_slice);
        String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned()
    }

    fn number(mut self, number: u16, value: u16) -> Self {
        self.values.insert(number, value.to_le_bytes().to_vec());
        self
    }

    fn text(mut self, number: u16, value: &str, padding: u8) -> Self {
        let mut bytes = value.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(padding);
        }
        self.values.insert(number, bytes);
        self
    }
}

#[cfg(test)]
mod tests {
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
}
