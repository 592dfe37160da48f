//! Datasets from the network: the outcome is the same however the bytes are cut into chunks.
//!
//! The first byte of the input chooses the transfer syntax, the second the size of the chunks; the
//! rest is the dataset.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spinetriage::dicom::DatasetSummary;
use spinetriage::dicom::dataset::{ScanError, Scanner};
use spinetriage::dicom::transfer_syntax::received;
use spinetriage::dicom::uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN;

/// Small enough that the fuzzer meets the limit too.
const LIMIT: u64 = 4096;

fn scan<'a>(syntax: &str, chunks: impl Iterator<Item = &'a [u8]>) -> Result<DatasetSummary, ScanError> {
    let mut scanner = Scanner::new(syntax, LIMIT)?;
    for chunk in chunks {
        scanner.push(chunk)?;
    }
    scanner.finish()
}

fuzz_target!(|input: &[u8]| {
    let [syntax, size, dataset @ ..] = input else { return };
    // Beyond the limit the element named by the error depends on the chunk it was found in.
    if dataset.len() as u64 > LIMIT {
        return;
    }
    let syntaxes: Vec<&str> = received().collect();
    let syntax = syntaxes[usize::from(*syntax) % syntaxes.len()];
    let whole = scan(syntax, std::iter::once(dataset));
    let pieces = scan(syntax, dataset.chunks(usize::from(*size).max(1)));
    if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN {
        // A broken stream may give up before or after a broken element in front of the break.
        assert_eq!(whole.ok(), pieces.ok());
    } else {
        assert_eq!(whole, pieces);
    }
});
