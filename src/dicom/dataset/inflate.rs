//! Inflates a deflated dataset as it comes (PS3.5 A.5), in pieces of constant size.

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes inflated at a time.
const PIECE: usize = 16 * 1024;

/// A raw deflate stream (RFC 1951) on its way.
#[derive(Debug)]
pub(super) struct Inflater {
    stream: Decompress,
    piece: Vec<u8>,
    ended: bool,
    /// Bytes after the end of the stream: one NUL of padding is legal.
    trailing: usize,
}

impl Inflater {
    pub fn new() -> Self {
        Self { stream: Decompress::new(false), piece: vec![0; PIECE], ended: false, trailing: 0 }
    }

    /// Whether the stream has come to its end.
    pub fn is_complete(&self) -> bool {
        self.ended
    }

    /// Inflates `input`, passing on each piece. Bounded by what `take` bears: its error ends it.
    /// `fault` makes the error for a broken stream.
    pub fn push<E>(
        &mut self,
        mut input: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
        fault: impl FnOnce(&'static str) -> E,
    ) -> Result<(), E> {
        while !self.ended {
            let (consumed, produced) = (self.stream.total_in(), self.stream.total_out());
            let Ok(status) = self.stream.decompress(input, &mut self.piece, FlushDecompress::None) else {
                return Err(fault("it is no deflate stream"));
            };
            let consumed = (self.stream.total_in() - consumed) as usize;
            let produced = (self.stream.total_out() - produced) as usize;
            input = &input[consumed..];
            self.ended = status == Status::StreamEnd;
            if produced > 0 {
                take(&self.piece[..produced])?;
            } else if consumed == 0 && !self.ended {
                // Neither ate nor gave: it waits for more input.
                break;
            }
        }
        if self.ended {
            self.trailing += input.len();
            if self.trailing > 1 {
                return Err(fault("bytes follow the end of the stream"));
            }
        }
        Ok(())
    }
}
