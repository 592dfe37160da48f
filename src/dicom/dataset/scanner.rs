//! The push parser for objects: a walk that keeps a summary, behind an inflater where one is needed.

use super::error::ScanError;
use super::inflate::Inflater;
use super::summary::{Collector, DatasetSummary};
use super::walk::Walk;
use crate::dicom::transfer_syntax::TransferSyntax;

/// Walks a dataset while it arrives, in chunks of any size.
///
/// Checks: every header is legal where it stands, every length fits into what is around it, nesting
/// stays within 64 sequences, and the dataset ends where an element ends. Values are not looked at,
/// but for the few that [`DatasetSummary`] holds. Memory is constant, about 16 KB more when deflated.
#[derive(Debug)]
pub struct Scanner {
    walk: Walk<Collector>,
    inflater: Option<Inflater>,
    received: u64,
}

impl Scanner {
    /// A scanner for a dataset in `transfer_syntax` of at most `max_bytes`, received and inflated.
    ///
    /// # Errors
    /// [`ScanError::UnknownTransferSyntax`].
    pub fn new(transfer_syntax: &str, max_bytes: u64) -> Result<Self, ScanError> {
        let syntax = TransferSyntax::of(transfer_syntax)
            .ok_or_else(|| ScanError::UnknownTransferSyntax(transfer_syntax.chars().take(64).collect()))?;
        let walk = Walk::new(syntax, max_bytes, Collector::new(syntax.layout));
        Ok(Self { walk, inflater: syntax.deflated.then(Inflater::new), received: 0 })
    }

    /// Takes the next bytes. After an error the scanner is of no more use than for
    /// [`summary_so_far`](Self::summary_so_far).
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ScanError> {
        self.received += bytes.len() as u64;
        if self.received > self.walk.limit() {
            return Err(self.walk.too_large());
        }
        let Some(inflater) = &mut self.inflater else { return self.walk.push(bytes) };
        let walk = &mut self.walk;
        let inflated = inflater.push(bytes, |piece| walk.push(piece).map_err(InflateFault::Walk), InflateFault::Stream);
        inflated.map_err(|fault| match fault {
            InflateFault::Walk(error) => error,
            InflateFault::Stream(what) => ScanError::Deflate { element: self.walk.last(), what },
        })
    }

    /// The dataset is over.
    ///
    /// # Errors
    /// [`ScanError::Truncated`] when it ends inside something.
    pub fn finish(self) -> Result<DatasetSummary, ScanError> {
        self.walk.check_end()?;
        if self.inflater.as_ref().is_some_and(|inflater| !inflater.is_complete()) {
            let element = self.walk.last();
            return Err(ScanError::Deflate { element, what: "the stream ends too early" });
        }
        Ok(self.summary_so_far())
    }

    /// What was read until now; values may be cut.
    pub fn summary_so_far(&self) -> DatasetSummary {
        self.walk.collector().summary(self.received)
    }
}

/// Why inflating stopped.
enum InflateFault {
    Walk(ScanError),
    Stream(&'static str),
}
