//! The one scan of a greyscale JPEG stream (ISO 10918-1), with the tables it needs.

use super::codestream::{StreamHeader, frame_header};
use super::entropy::HuffmanTable;
use super::markers::{EOI, SOS, Segment, Segments};

/// How the scan is coded; other processes are refused by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    /// Baseline and extended sequential DCT, Huffman coded.
    Sequential,
    /// Lossless, Huffman coded.
    Lossless,
}

/// A scan and what its header and tables say.
pub(super) struct Scan<'a> {
    /// How it is coded.
    pub process: Process,
    /// Size and precision.
    pub header: StreamHeader,
    /// Table of DC differences, or of lossless ones.
    pub dc: HuffmanTable,
    /// Table of AC coefficients; `None` in lossless scans.
    pub ac: Option<HuffmanTable>,
    /// What DC coefficients were divided by; 0 when no table says so.
    pub dc_quantiser: u16,
    /// Units between two restart markers, 0 without them.
    pub restart_interval: usize,
    /// Selection value of the predictor, when lossless (Table H.1).
    pub predictor: u8,
    /// Bits that were shifted out, when lossless.
    pub point_transform: u8,
    /// The coded data, and whatever follows them.
    pub data: &'a [u8],
}

impl<'a> Scan<'a> {
    /// Reads the stream up to its data.
    ///
    /// # Errors
    /// When it is not JPEG, is cut off, lacks a table, has several components, or is of another process.
    pub fn of(stream: &'a [u8]) -> Result<Self, String> {
        let mut segments = Segments::of(stream)?;
        let mut tables = Tables::default();
        let mut frame = None;
        loop {
            let Segment { marker, body } = segments.next()?;
            match marker {
                0xC0 | 0xC1 => frame = Some((Process::Sequential, frame_header(body)?, body)),
                0xC3 => frame = Some((Process::Lossless, frame_header(body)?, body)),
                0xC2 => return Err("the stream is progressive JPEG, which is not supported".to_owned()),
                0xC5..=0xC7 => return Err("the stream is hierarchical JPEG, which is not supported".to_owned()),
                0xC9..=0xCF => return Err("the stream is arithmetic JPEG, which is not supported".to_owned()),
                0xF7 => return Err("the stream is JPEG-LS, the transfer syntax is not".to_owned()),
                0xC4 => tables.read_huffman(body)?,
                0xDB => tables.read_quantisers(body)?,
                0xDD => {
                    let interval = body.get(..2).ok_or("the stream's restart interval is cut off")?;
                    tables.restart_interval = u16::from_be_bytes([interval[0], interval[1]]);
                }
                SOS => break tables.scan(frame, body, segments.rest()),
                EOI => return Err("the stream has no data before its end".to_owned()),
                _ => {}
            }
        }
    }
}

/// A Huffman table as it lies in the stream (B.2.4.2): how many codes of each length, and their values.
type RawTable<'a> = (&'a [u8; 16], &'a [u8]);

/// The tables read so far.
#[derive(Default)]
struct Tables<'a> {
    /// By class (DC and lossless, AC) and number.
    huffman: [[Option<RawTable<'a>>; 4]; 2],
    /// By number (B.2.4.1): the first, which is that of DC.
    quantisers: [u16; 4],
    restart_interval: u16,
}

impl<'a> Tables<'a> {
    fn read_huffman(&mut self, mut body: &'a [u8]) -> Result<(), String> {
        let broken = || "the stream has a broken Huffman table".to_owned();
        while let Some((&which, rest)) = body.split_first() {
            let (lengths, rest) = rest.split_first_chunk::<16>().ok_or_else(broken)?;
            let count = lengths.iter().map(|&count| usize::from(count)).sum();
            let (values, rest) = rest.split_at_checked(count).ok_or_else(broken)?;
            let class = self.huffman.get_mut(usize::from(which >> 4)).ok_or_else(broken)?;
            *class.get_mut(usize::from(which & 15)).ok_or_else(broken)? = Some((lengths, values));
            body = rest;
        }
        Ok(())
    }

    fn read_quantisers(&mut self, mut body: &[u8]) -> Result<(), String> {
        let broken = || "the stream has a broken quantisation table".to_owned();
        while let Some((&which, rest)) = body.split_first() {
            let bytes = if which >> 4 == 0 { 64 } else { 128 };
            let (table, rest) = rest.split_at_checked(bytes).ok_or_else(broken)?;
            let first = if bytes == 64 { u16::from(table[0]) } else { u16::from_be_bytes([table[0], table[1]]) };
            *self.quantisers.get_mut(usize::from(which & 15)).ok_or_else(broken)? = first;
            body = rest;
        }
        Ok(())
    }

    fn huffman(&self, class: usize, number: u8) -> Result<HuffmanTable, String> {
        let table = self.huffman[class].get(usize::from(number)).copied().flatten();
        let (lengths, values) = table.ok_or_else(|| format!("the stream has no Huffman table {number}"))?;
        HuffmanTable::of(lengths, values)
    }

    /// The scan whose header is `body` (B.2.3).
    fn scan(
        &self,
        frame: Option<(Process, StreamHeader, &[u8])>,
        body: &[u8],
        data: &'a [u8],
    ) -> Result<Scan<'a>, String> {
        let (process, header, frame) = frame.ok_or("the stream has no frame header before its data")?;
        if header.components != 1 {
            return Err(format!("the stream has {} components, the data set says 1", header.components));
        }
        let &[1, _, numbers, first, _, shifts] = body else {
            return Err("the stream has a broken scan header".to_owned());
        };
        let quantiser = frame.get(8).map_or(0, |&number| usize::from(number));
        let lossless = process == Process::Lossless;
        Ok(Scan {
            process,
            header,
            dc: self.huffman(0, numbers >> 4)?,
            ac: if lossless { None } else { Some(self.huffman(1, numbers & 15)?) },
            dc_quantiser: self.quantisers.get(quantiser).copied().unwrap_or(0),
            restart_interval: usize::from(self.restart_interval),
            predictor: first,
            point_transform: shifts & 15,
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_processes_are_refused_by_name() {
        for (marker, name) in [(0xC2, "progressive"), (0xC7, "hierarchical"), (0xC9, "arithmetic"), (0xF7, "JPEG-LS")] {
            let stream = [0xFF, 0xD8, 0xFF, marker, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0];
            let reason = Scan::of(&stream).err().unwrap();
            assert!(reason.contains(name), "{reason}");
        }
    }

    #[test]
    fn what_the_data_need_must_come_before_them() {
        let frame = [0xFF, 0xC3, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0];
        let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0x20, 1, 0, 0];
        for (parts, says) in [
            (&[&scan[..]][..], "no frame header before its data"),
            (&[&frame, &scan], "no Huffman table 2"),
            (&[&frame, &[0xFF, 0xD9]], "no data before its end"),
            (&[&[0xFF, 0xC4, 0, 3, 0]], "broken Huffman table"),
            (&[&[0xFF, 0xDB, 0, 3, 0]], "broken quantisation table"),
        ] {
            let stream = [&[0xFF, 0xD8], &parts.concat()[..]].concat();
            let reason = Scan::of(&stream).err().unwrap();
            assert!(reason.contains(says), "{reason}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_scan_or_a_sentence(
            bytes in prop::collection::vec(prop_oneof![Just(0xFF), Just(0), 0xC0..=0xDFu8, any::<u8>()], 0..80),
        ) {
            let stream = [&[0xFF, 0xD8], bytes.as_slice()].concat();
            prop_assert!(Scan::of(&stream).is_ok() || !Scan::of(&stream).err().unwrap().is_empty());
        }
    }
}
