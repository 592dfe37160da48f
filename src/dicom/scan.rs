//! A look at a file with the bounded scanner before anything parses it: a damaged length could make
//! a parser take all memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::dicom::Scanner;
use crate::dicom::part10::FileHeader;

/// Largest data set, as for the network.
const MOST_BYTES: u64 = 1 << 30;

/// Walks the file's data set; the error says what is wrong with it.
pub fn check(path: &Path) -> Result<(), String> {
    let io = |e: std::io::Error| format!("{} cannot be read: {e}", path.display());
    let mut file = File::open(path).map_err(io)?;
    let header = FileHeader::read(&mut file).map_err(|e| format!("{}: {e}", path.display()))?;
    file.seek(SeekFrom::Start(header.dataset_offset)).map_err(io)?;
    let broken = |e: crate::dicom::ScanError| format!("{}: {e}", path.display());
    let mut scanner = Scanner::new(&header.transfer_syntax, MOST_BYTES).map_err(broken)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(io)?;
        if count == 0 {
            break;
        }
        scanner.push(&buffer[..count]).map_err(broken)?;
    }
    scanner.finish().map(|_| ()).map_err(broken)
}
