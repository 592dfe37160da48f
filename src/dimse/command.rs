//! Command sets: the group 0000 elements in front of every DIMSE message (PS3.7 section 6.3).
//!
//! Always Implicit VR Little Endian, always small. The parser allocates no more than it is given
//! and accepts nothing but group 0000.

use std::collections::BTreeMap;

use crate::identifiers::Uid;

use crate::dicom::{Status, uids};

/// Longest command set that is read. The longest legal C-STORE-RQ is below 500 bytes.
pub const MAX_COMMAND_BYTES: usize = 8 * 1024;

/// C-STORE-RQ, a value of Command Field.
pub const C_STORE_RQ: u16 = 0x0001;
/// C-ECHO-RQ.
pub const C_ECHO_RQ: u16 = 0x0030;
/// N-EVENT-REPORT-RQ.
pub const N_EVENT_REPORT_RQ: u16 = 0x0100;
/// N-ACTION-RQ.
pub const N_ACTION_RQ: u16 = 0x0130;
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
    pub const REQUESTED_SOP_CLASS_UID: u16 = 0x0003;
    pub const COMMAND_FIELD: u16 = 0x0100;
    pub const MESSAGE_ID: u16 = 0x0110;
    pub const MESSAGE_ID_RESPONDED_TO: u16 = 0x0120;
    pub const PRIORITY: u16 = 0x0700;
    pub const COMMAND_DATA_SET_TYPE: u16 = 0x0800;
    pub const STATUS: u16 = 0x0900;
    pub const ERROR_COMMENT: u16 = 0x0902;
    pub const AFFECTED_SOP_INSTANCE_UID: u16 = 0x1000;
    pub const REQUESTED_SOP_INSTANCE_UID: u16 = 0x1001;
    pub const EVENT_TYPE_ID: u16 = 0x1002;
    pub const ACTION_TYPE_ID: u16 = 0x1008;
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
            .text(element::AFFECTED_SOP_CLASS_UID, uids::VERIFICATION, b'\0')
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

    /// N-ACTION-RQ (PS3.7 10.3.4.1) on an instance, with a dataset that says what is wanted.
    pub fn action_request(message_id: u16, sop_class: &str, sop_instance: &str, action_type: u16) -> Self {
        Self::default()
            .text(element::REQUESTED_SOP_CLASS_UID, sop_class, b'\0')
            .number(element::COMMAND_FIELD, N_ACTION_RQ)
            .number(element::MESSAGE_ID, message_id)
            .number(element::COMMAND_DATA_SET_TYPE, DATASET_FOLLOWS)
            .text(element::REQUESTED_SOP_INSTANCE_UID, sop_instance, b'\0')
            .number(element::ACTION_TYPE_ID, action_type)
    }

    /// N-EVENT-REPORT-RQ (PS3.7 10.3.1.1) of an instance, with a dataset that says what happened.
    pub fn event_report_request(message_id: u16, sop_class: &str, sop_instance: &str, event_type: u16) -> Self {
        Self::default()
            .text(element::AFFECTED_SOP_CLASS_UID, sop_class, b'\0')
            .number(element::COMMAND_FIELD, N_EVENT_REPORT_RQ)
            .number(element::MESSAGE_ID, message_id)
            .number(element::COMMAND_DATA_SET_TYPE, DATASET_FOLLOWS)
            .text(element::AFFECTED_SOP_INSTANCE_UID, sop_instance, b'\0')
            .number(element::EVENT_TYPE_ID, event_type)
    }

    /// The response to this request: its UIDs, event type and message ID, a status, and an Error Comment when
    /// `comment` is not empty (shortened to 64 ASCII characters). Carries no dataset.
    pub fn response(&self, status: Status, comment: &str) -> Result<Self, CommandError> {
        let mut response = Self::default()
            .number(element::COMMAND_FIELD, self.command_field()? | RESPONSE)
            .number(element::MESSAGE_ID_RESPONDED_TO, self.message_id()?)
            .number(element::COMMAND_DATA_SET_TYPE, NO_DATASET)
            .number(element::STATUS, status.code());
        for copied in [element::AFFECTED_SOP_CLASS_UID, element::AFFECTED_SOP_INSTANCE_UID, element::EVENT_TYPE_ID] {
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

    /// Event Type ID (0000,1002).
    pub fn event_type_id(&self) -> Result<u16, CommandError> {
        self.required(element::EVENT_TYPE_ID, "Event Type ID")
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
mod tests;
