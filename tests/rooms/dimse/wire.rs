//! A peer that speaks DICOM byte by byte, and can therefore speak it wrongly.

use std::net::SocketAddr;
use std::time::Duration;

use spinetriage::dicom::Status;
use spinetriage::dicom::uids::{
    APPLICATION_CONTEXT, DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION,
};
use spinetriage::dimse::command::CommandSet;
use spinetriage::identifiers::Uid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::dimse::archive::{AE_TITLE, within};

/// Context 1 of [`Wire::associate`]: DX images, explicit VR little endian.
pub const DX: u8 = 1;
/// Context 3: C-ECHO.
pub const ECHO: u8 = 3;

/// Message control header (PS3.8 Annex E): command, last fragment.
pub const LAST_COMMAND: u8 = 3;
/// Command, more to come.
pub const MORE_COMMAND: u8 = 1;
/// Dataset, last fragment.
pub const LAST_DATA: u8 = 2;
/// Dataset, more to come.
pub const MORE_DATA: u8 = 0;

/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came from the other side.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// A-ASSOCIATE-AC: identifier and result of each context.
    Accepted(Vec<(u8, u8)>),
    /// A-ASSOCIATE-RJ: result, source, reason.
    Rejected(u8, u8, u8),
    /// A command set on a context.
    Command(u8, CommandSet),
    /// A-RELEASE-RQ.
    ReleaseRequest,
    /// A-RELEASE-RP.
    Released,
    /// A-ABORT.
    Aborted,
    /// Something else, by its PDU type.
    Other(u8),
    /// The connection is closed.
    Closed,
}

/// One end of a connection.
pub struct Wire {
    pub stream: TcpStream,
}

impl Wire {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }

    /// Opens an association with contexts [`DX`] and [`ECHO`].
    pub async fn associate(address: SocketAddr) -> Self {
        let mut wire = Self::connect(address).await;
        wire.send(&request("WIRE", AE_TITLE)).await;
        assert_eq!(wire.answer().await, Answer::Accepted(vec![(DX, 0), (ECHO, 0)]));
        wire
    }

    /// Sends bytes; a peer that has closed already is no failure here, its answer is what counts.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = within(PATIENCE, self.stream.write_all(bytes)).await;
    }

    /// Sends a C-STORE of `dataset` and returns the status and comment of its response.
    pub async fn store(&mut self, message_id: u16, sop_instance: &str, dataset: &[u8]) -> (Status, String) {
        self.send(&store_command(message_id, sop_instance)).await;
        self.send(&data(DX, dataset)).await;
        self.store_response(message_id).await
    }

    /// The response to C-STORE `message_id`.
    pub async fn store_response(&mut self, message_id: u16) -> (Status, String) {
        match self.answer().await {
            Answer::Command(DX, response) => {
                assert_eq!(response.command_field(), Ok(0x8001));
                assert_eq!(response.message_id_responded_to(), Ok(message_id));
                (response.status().unwrap(), response.error_comment())
            }
            other => panic!("expected a C-STORE response, got {other:?}"),
        }
    }

    /// Asks for a C-ECHO: proof that the association lives.
    pub async fn echo(&mut self, message_id: u16) {
        self.send(&pdata(&[(ECHO, LAST_COMMAND, &CommandSet::echo_request(message_id).encode())])).await;
        match self.answer().await {
            Answer::Command(ECHO, response) => {
                assert_eq!(response.message_id_responded_to(), Ok(message_id));
                assert_eq!(response.status(), Ok(Status::SUCCESS));
            }
            other => panic!("expected a C-ECHO response, got {other:?}"),
        }
    }

    pub async fn release(&mut self) {
        self.send(&pdu(0x05, &[0; 4])).await;
        assert_eq!(self.answer().await, Answer::Released);
    }

    /// The next PDU.
    pub async fn answer(&mut self) -> Answer {
        within(PATIENCE, self.read_pdu()).await
    }

    /// Type and body of the next PDU; nothing when the connection ends first.
    pub async fn raw_pdu(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut header = [0; 6];
        self.stream.read_exact(&mut header).await.ok()?;
        let mut body = vec![0; u32::from_be_bytes(header[2..].try_into().unwrap()) as usize];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((header[0], body))
    }

    async fn read_pdu(&mut self) -> Answer {
        let Some((kind, body)) = self.raw_pdu().await else { return Answer::Closed };
        match kind {
            0x02 => Answer::Accepted(context_results(&body)),
            0x03 => Answer::Rejected(body[1], body[2], body[3]),
            0x04 => {
                assert_eq!(body[5], LAST_COMMAND, "a response is one command fragment");
                Answer::Command(body[4], CommandSet::parse(&body[6..]).unwrap())
            }
            0x05 => Answer::ReleaseRequest,
            0x06 => Answer::Released,
            0x07 => Answer::Aborted,
            other => Answer::Other(other),
        }
    }
}

/// Identifier and result of each context in an A-ASSOCIATE-AC.
fn context_results(body: &[u8]) -> Vec<(u8, u8)> {
    let mut results = Vec::new();
    let mut items = &body[68..];
    while let [kind, _, a, b, rest @ ..] = items {
        let (value, after) = rest.split_at(u16::from_be_bytes([*a, *b]) as usize);
        if *kind == 0x21 {
            results.push((value[0], value[2]));
        }
        items = after;
    }
    results
}

/// A PDU of any type.
pub fn pdu(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &(body.len() as u32).to_be_bytes(), body].concat()
}

/// A P-DATA-TF of any PDVs: context, control header, bytes.
pub fn pdata(values: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let body: Vec<u8> = values
        .iter()
        .flat_map(|(context, control, bytes)| {
            [&(bytes.len() as u32 + 2).to_be_bytes()[..], &[*context, *control], bytes].concat()
        })
        .collect();
    pdu(0x04, &body)
}

/// A dataset in fragments of 16 KB.
pub fn data(context: u8, dataset: &[u8]) -> Vec<u8> {
    let count = dataset.chunks(16_000).count();
    let fragment = |(index, bytes)| {
        let control = if index + 1 == count { LAST_DATA } else { MORE_DATA };
        pdata(&[(context, control, bytes)])
    };
    dataset.chunks(16_000).enumerate().flat_map(fragment).collect()
}

/// The command set of a C-STORE of a DX image.
pub fn store_command_set(message_id: u16, sop_instance: &str) -> Vec<u8> {
    let uid = |text: &str| Uid::new(text).unwrap();
    CommandSet::store_request(message_id, &uid(DX_IMAGE_FOR_PRESENTATION), &uid(sop_instance)).encode()
}

/// The same as a PDU on context [`DX`].
pub fn store_command(message_id: u16, sop_instance: &str) -> Vec<u8> {
    pdata(&[(DX, LAST_COMMAND, &store_command_set(message_id, sop_instance))])
}

/// One element of a command set.
pub fn command_element(number: u16, value: &[u8]) -> Vec<u8> {
    [&[0, 0][..], &number.to_le_bytes(), &(value.len() as u32).to_le_bytes(), value].concat()
}

/// An A-ASSOCIATE-RQ for contexts [`DX`] and [`ECHO`].
pub fn request(calling: &str, called: &str) -> Vec<u8> {
    let contexts =
        [(DX, DX_IMAGE_FOR_PRESENTATION, EXPLICIT_VR_LITTLE_ENDIAN), (ECHO, VERIFICATION, IMPLICIT_VR_LITTLE_ENDIAN)];
    request_for(calling, called, &contexts)
}

/// An A-ASSOCIATE-RQ for any contexts: identifier, SOP class, transfer syntax.
pub fn request_for(calling: &str, called: &str, contexts: &[(u8, &str, &str)]) -> Vec<u8> {
    request_with(calling, called, contexts, &[])
}

/// The same with more items of user information.
pub fn request_with(calling: &str, called: &str, contexts: &[(u8, &str, &str)], more: &[u8]) -> Vec<u8> {
    let mut body = [0, 1, 0, 0].to_vec();
    body.extend(format!("{called:<16}{calling:<16}").bytes());
    body.extend([0; 32]);
    body.extend(item(0x10, APPLICATION_CONTEXT.as_bytes()));
    for (id, abstract_syntax, transfer_syntax) in contexts {
        let syntaxes = [item(0x30, abstract_syntax.as_bytes()), item(0x40, transfer_syntax.as_bytes())].concat();
        body.extend(item(0x20, &[&[*id, 0, 0, 0], &syntaxes[..]].concat()));
    }
    let user =
        [&item(0x51, &16_384u32.to_be_bytes())[..], &item(0x52, b"1.2.3.9"), &item(0x55, b"WIRE"), more].concat();
    body.extend(item(0x50, &user));
    pdu(0x01, &body)
}

/// An A-ASSOCIATE-AC that accepts context 1 in `transfer_syntax` and takes PDUs of `max_pdu`.
pub fn acceptance(transfer_syntax: &str, max_pdu: u32) -> Vec<u8> {
    acceptance_of(1, transfer_syntax, max_pdu)
}

/// The same for any context.
pub fn acceptance_of(context: u8, transfer_syntax: &str, max_pdu: u32) -> Vec<u8> {
    let mut body = [0, 1, 0, 0].to_vec();
    body.extend([b' '; 32]);
    body.extend([0; 32]);
    body.extend(item(0x10, APPLICATION_CONTEXT.as_bytes()));
    body.extend(item(0x21, &[&[context, 0, 0, 0], &item(0x40, transfer_syntax.as_bytes())[..]].concat()));
    body.extend(item(0x50, &item(0x51, &max_pdu.to_be_bytes())));
    pdu(0x02, &body)
}

/// An SCP/SCU role selection item (PS3.7 D.3.3.4).
pub fn role_item(sop_class: &str, scu: u8, scp: u8) -> Vec<u8> {
    let uid = sop_class.as_bytes();
    item(0x54, &[&(uid.len() as u16).to_be_bytes(), uid, &[scu, scp]].concat())
}

fn item(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &(value.len() as u16).to_be_bytes(), value].concat()
}
