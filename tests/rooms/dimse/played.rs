//! A peer that is played step by step, for our sender to meet.

use std::time::Duration;

use spinetriage::dicom::uids::EXPLICIT_VR_LITTLE_ENDIAN;
use spinetriage::dimse::command::CommandSet;
use spinetriage::dimse::{Peer, Timeouts};
use spinetriage::identifiers::AeTitle;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::dimse::wire::{Wire, acceptance};

/// Short time limits, so that a peer that never answers fails a test and not its patience.
pub fn impatient() -> Timeouts {
    let limit = Duration::from_millis(400);
    Timeouts { connect: limit, association: limit, write: limit, response: limit }
}

pub fn title(text: &str) -> AeTitle {
    AeTitle::new(text).unwrap()
}

/// A peer on a free port that accepts one connection and lets `play` answer on it.
pub async fn played<F>(play: impl FnOnce(Wire) -> F + Send + 'static) -> (Peer, JoinHandle<F::Output>)
where
    F: Future<Output: Send> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        play(Wire { stream }).await
    });
    (Peer { ae_title: title("PACS"), address }, task)
}

/// Accepts the association and reads one request: its command, its dataset, its largest PDU.
pub async fn receive_request(wire: &mut Wire, max_pdu: u32) -> (CommandSet, Vec<u8>, usize) {
    receive_after(wire, &acceptance(EXPLICIT_VR_LITTLE_ENDIAN, max_pdu)).await
}

/// The same with any answer to the association request.
pub async fn receive_after(wire: &mut Wire, acceptance: &[u8]) -> (CommandSet, Vec<u8>, usize) {
    assert_eq!(wire.raw_pdu().await.unwrap().0, 0x01);
    wire.send(acceptance).await;
    let (mut command, mut dataset, mut largest) = (Vec::new(), Vec::new(), 0);
    loop {
        let (kind, body) = wire.raw_pdu().await.unwrap();
        assert_eq!(kind, 0x04);
        largest = largest.max(body.len());
        let (control, bytes) = (body[5], &body[6..]);
        if control & 1 == 1 {
            command.extend(bytes)
        } else {
            dataset.extend(bytes)
        }
        if control == 2 {
            return (CommandSet::parse(&command).unwrap(), dataset, largest);
        }
    }
}
