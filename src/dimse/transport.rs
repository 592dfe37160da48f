//! PDUs over a byte stream, with a size limit that holds before a byte is buffered and a time limit
//! on every PDU.
//!
//! The PDU codec is dicom-ul's. Its associations are not used: they announce dicom-rs as the
//! implementation, can reject with user reasons only (never "local limit exceeded"), and buffer an
//! A-ASSOCIATE-RQ up to the P-DATA limit of the other direction.

use std::io;
use std::time::Duration;

use crate::causes::causes;
use dicom_ul::pdu::{AbortRQServiceProviderReason, AbortRQSource, MAXIMUM_PDU_SIZE, PDataValue, PDataValueType, Pdu};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// Largest P-DATA-TF that is accepted, and announced as Maximum Length (PS3.8 D.1). Bounds the
/// memory of one association.
pub(super) const MAX_PDATA_BYTES: u32 = 128 * 1024;

/// Largest A-ASSOCIATE PDU: 128 presentation contexts with thirty transfer syntaxes each fit in.
const MAX_ASSOCIATE_BYTES: u32 = 256 * 1024;

/// Bytes of a PDU's type and length, and of a PDV's length, context and flags.
const HEADER: usize = 6;

/// First size of the read buffer; it grows only for a PDU that is within its limit.
const FIRST_READ: usize = 8 * 1024;

/// How long, and for how many bytes, a peer may go on after we have said goodbye.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1 << 20;

/// Why no PDU came or went.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    #[error("the peer closed the connection")]
    Closed,
    #[error("the peer closed the connection in the middle of a PDU")]
    ClosedInsidePdu,
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    #[error("nothing moved for {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    #[error("a PDU of type {kind:02X}H claims {length} bytes where {limit} are allowed")]
    TooLong { kind: u8, length: u32, limit: u32 },
    #[error("the peer speaks TLS, and this port does not")]
    Tls,
    #[error("a PDU of type {kind:02X}H cannot be read: {why}")]
    Malformed { kind: u8, why: String },
    #[error("a PDU cannot be written: {0}")]
    Unwritable(String),
}

/// One end of a connection that carries PDUs.
#[derive(Debug)]
pub(super) struct Transport<S> {
    stream: S,
    /// Bytes received and not yet consumed: `buffer[..filled]`.
    buffer: Vec<u8>,
    filled: usize,
    /// Kept between sends, so that a stream of PDUs allocates once.
    outgoing: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Transport<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new(), filled: 0, outgoing: Vec::new() }
    }

    /// Whether anything was received that no PDU has used up.
    pub fn has_partial_pdu(&self) -> bool {
        self.filled > 0
    }

    /// The next PDU, which must be complete `within` this time. Safe to cancel: what was read stays
    /// in the buffer.
    pub async fn receive(&mut self, within: Duration) -> Result<Pdu, TransportError> {
        let deadline = Instant::now() + within;
        loop {
            let wanted = match self.declared_size()? {
                Some(size) if self.filled >= size => return self.take(size),
                Some(size) => size,
                None => HEADER,
            };
            if self.buffer.len() < wanted.max(FIRST_READ) {
                self.buffer.resize(wanted.max(FIRST_READ), 0);
            }
            let read = timeout_at(deadline, self.stream.read(&mut self.buffer[self.filled..])).await;
            match read.map_err(|_| TransportError::TimedOut(within))?? {
                0 if self.filled == 0 => return Err(TransportError::Closed),
                0 => return Err(TransportError::ClosedInsidePdu),
                count => self.filled += count,
            }
        }
    }

    /// Sends one PDU `within` this time.
    pub async fn send(&mut self, pdu: &Pdu, within: Duration) -> Result<(), TransportError> {
        self.outgoing.clear();
        dicom_ul::write_pdu(&mut self.outgoing, pdu).map_err(|e| TransportError::Unwritable(with_causes(&e)))?;
        let write = async {
            self.stream.write_all(&self.outgoing).await?;
            self.stream.flush().await
        };
        Ok(tokio::time::timeout(within, write).await.map_err(|_| TransportError::TimedOut(within))??)
    }

    /// Sends a message part in as many P-DATA PDUs as `max_pdu` asks for.
    pub async fn send_fragments(
        &mut self,
        context: u8,
        kind: PDataValueType,
        bytes: &[u8],
        max_pdu: u32,
        within: Duration,
    ) -> Result<(), TransportError> {
        let mut fragments = bytes.chunks(fragment_size(max_pdu)).peekable();
        while let Some(fragment) = fragments.next() {
            let value = PDataValue {
                presentation_context_id: context,
                value_type: kind.clone(),
                is_last: fragments.peek().is_none(),
                data: fragment.to_vec(),
            };
            self.send(&Pdu::PData { data: vec![value] }, within).await?;
        }
        Ok(())
    }

    /// Tells the peer that the association is over, as the service provider. [`close`](Self::close)
    /// comes next.
    pub async fn abort(&mut self, reason: AbortRQServiceProviderReason) {
        let pdu = Pdu::AbortRQ { source: AbortRQSource::ServiceProvider(reason) };
        // The association is over either way: a peer that cannot be told has gone already.
        let _ = self.send(&pdu, LINGER).await;
    }

    /// Ends the connection so that the peer can still read our last PDU: closing a socket with
    /// unread bytes would reset it and drop what we sent.
    pub async fn close(mut self) {
        let farewell = async {
            self.stream.shutdown().await?;
            let mut rest = LINGER_BYTES;
            let mut scrap = [0; 4096];
            while rest > 0 {
                match self.stream.read(&mut scrap).await? {
                    0 => break,
                    count => rest = rest.saturating_sub(count),
                }
            }
            io::Result::Ok(())
        };
        // Only a courtesy: the socket is closed in any case.
        let _ = tokio::time::timeout(LINGER, farewell).await;
    }

    /// Size of the PDU at the start of the buffer with its header, once its header is there.
    fn declared_size(&self) -> Result<Option<usize>, TransportError> {
        if self.filled >= 2 && self.buffer[..2] == [0x16, 0x03] {
            return Err(TransportError::Tls);
        }
        let Some(&[kind, _, a, b, c, d]) = self.buffer[..self.filled].first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]);
        let limit = match kind {
            0x01 | 0x02 => MAX_ASSOCIATE_BYTES,
            0x04 => MAX_PDATA_BYTES,
            // Rejection, release and abort are four bytes long; anything else is not DICOM.
            _ => 1024,
        };
        if length > limit {
            return Err(TransportError::TooLong { kind, length, limit });
        }
        Ok(Some(HEADER + length as usize))
    }

    /// Decodes the first `size` bytes of the buffer and moves the rest to its start.
    fn take(&mut self, size: usize) -> Result<Pdu, TransportError> {
        let kind = self.buffer[0];
        let decoded = dicom_ul::read_pdu(&self.buffer[..size], MAXIMUM_PDU_SIZE, true);
        self.buffer.copy_within(size..self.filled, 0);
        self.filled -= size;
        match decoded {
            Ok(Some(pdu)) => Ok(pdu),
            Ok(None) => Err(TransportError::Malformed { kind, why: "it is shorter than it says".to_owned() }),
            Err(error) => Err(TransportError::Malformed { kind, why: with_causes(&error) }),
        }
    }
}

/// Bytes of message per PDV for a peer that takes PDUs of `max_pdu` (0: it does not care). Even, as
/// PS3.8 Annex E wants fragments to be, and bounded by what we would accept ourselves.
pub(super) fn fragment_size(max_pdu: u32) -> usize {
    let limit = if max_pdu == 0 { MAX_PDATA_BYTES } else { max_pdu.min(MAX_PDATA_BYTES) };
    ((limit as usize).saturating_sub(HEADER) & !1).max(2)
}

/// What a peer sent, in a word.
pub(super) fn pdu_name(pdu: &Pdu) -> &'static str {
    match pdu {
        Pdu::AssociationRQ(_) => "A-ASSOCIATE-RQ",
        Pdu::AssociationAC(_) => "A-ASSOCIATE-AC",
        Pdu::AssociationRJ(_) => "A-ASSOCIATE-RJ",
        Pdu::PData { .. } => "P-DATA-TF",
        Pdu::ReleaseRQ => "A-RELEASE-RQ",
        Pdu::ReleaseRP => "A-RELEASE-RP",
        Pdu::AbortRQ { .. } => "A-ABORT",
        Pdu::Unknown { .. } => "a PDU of an unknown type",
    }
}

/// An error and its sources in one line.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
