//! Storage commitment reports from the network: the outcome is the same however the bytes are cut
//! into chunks, and what is read is within its limits.
//!
//! The first byte of the input chooses the transfer syntax, the second the size of the chunks; the
//! rest is the dataset.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spinetriage::dimse::commitment::{CommitmentReport, MAX_REPORTED_OBJECTS, ReportError, ReportReader};
use spinetriage::dicom::uids::COMMITMENT_TRANSFER_SYNTAXES;

fn read<'a>(syntax: &str, chunks: impl Iterator<Item = &'a [u8]>) -> Result<CommitmentReport, ReportError> {
    let mut reader = ReportReader::new(syntax)?;
    for chunk in chunks {
        reader.push(chunk)?;
    }
    reader.finish()
}

fuzz_target!(|input: &[u8]| {
    let [syntax, size, dataset @ ..] = input else { return };
    let syntax = COMMITMENT_TRANSFER_SYNTAXES[usize::from(*syntax) % COMMITMENT_TRANSFER_SYNTAXES.len()];
    let whole = read(syntax, std::iter::once(dataset));
    assert_eq!(whole, read(syntax, dataset.chunks(usize::from(*size).max(1))));
    if let Ok(report) = whole {
        let objects = report.committed.len() + report.failed.len();
        assert!((1..=MAX_REPORTED_OBJECTS).contains(&objects));
        assert!(report.failed.iter().all(|failure| !report.committed.contains(&failure.sop_instance_uid)));
    }
});
