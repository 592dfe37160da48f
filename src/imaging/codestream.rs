//! What a compressed stream says about itself, read before any decoder allocates for it.

use super::markers::{EOI, SOS, Segment, Segments};

/// Size and sample format in the header of a compressed image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamHeader {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Bits of a sample.
    pub precision: u32,
    /// Samples of a pixel.
    pub components: usize,
}

/// The header of a JPEG or JPEG-LS stream: its first SOF marker segment.
pub(super) fn jpeg_header(stream: &[u8]) -> Result<StreamHeader, String> {
    let mut segments = Segments::of(stream)?;
    loop {
        let Segment { marker, body } = segments.next()?;
        match marker {
            // SOF0 to SOF15 without DHT, JPG and DAC; SOF55 is JPEG-LS.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7 => return frame_header(body),
            EOI | SOS => return Err("the stream has no frame header before its data".to_owned()),
            _ => {}
        }
    }
}

/// What the body of an SOF marker segment says (ISO 10918-1 B.2.2).
pub(super) fn frame_header(body: &[u8]) -> Result<StreamHeader, String> {
    let frame = body.first_chunk::<6>().ok_or("the stream's frame header is cut off")?;
    Ok(StreamHeader {
        precision: u32::from(frame[0]),
        rows: usize::from(u16::from_be_bytes([frame[1], frame[2]])),
        columns: usize::from(u16::from_be_bytes([frame[3], frame[4]])),
        components: usize::from(frame[5]),
    })
}

/// The SIZ segment of a JPEG 2000 stream (ISO 15444-1 A.5.1), which follows SOC at once.
pub(super) fn jpeg2000_header(stream: &[u8]) -> Result<StreamHeader, String> {
    if !stream.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]) {
        return Err("the stream does not begin as JPEG 2000 does".to_owned());
    }
    let siz = stream.get(4..45).ok_or("the stream ends within its header")?;
    let number = |at: usize| u32::from_be_bytes([siz[at], siz[at + 1], siz[at + 2], siz[at + 3]]);
    let (right, bottom, left, top) = (number(4), number(8), number(12), number(16));
    let subsampling = (siz[39], siz[40]);
    if subsampling != (1, 1) {
        return Err(format!("the stream is subsampled by {subsampling:?}"));
    }
    Ok(StreamHeader {
        rows: bottom.saturating_sub(top) as usize,
        columns: right.saturating_sub(left) as usize,
        // Bit 7 is the sign, the rest the precision less one.
        precision: u32::from(siz[38] & 0x7F) + 1,
        components: usize::from(u16::from_be_bytes([siz[36], siz[37]])),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SOI, a comment, fill bytes and a 12 bit lossless frame header of 300 rows and 400 columns.
    const JPEG: [u8; 24] =
        [0xFF, 0xD8, 0xFF, 0xFE, 0, 5, b'a', b'b', b'c', 0xFF, 0xFF, 0xFF, 0xC3, 0, 11, 12, 1, 44, 1, 144, 1, 1, 17, 0];

    #[test]
    fn the_frame_header_is_found_behind_other_segments() {
        let header = StreamHeader { rows: 300, columns: 400, precision: 12, components: 1 };
        assert_eq!(jpeg_header(&JPEG), Ok(header));
        for length in 0..24 {
            assert!(jpeg_header(&JPEG[..length]).is_err(), "{length} bytes");
        }
        assert!(jpeg_header(&[0xFF, 0xD8, 0xFF, 0xDA, 0, 2]).unwrap_err().contains("no frame header"));
        assert!(jpeg_header(&[0xFF, 0xD8, 0x00]).unwrap_err().contains("byte 2"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_a_sentence(
            bytes in prop::collection::vec(prop_oneof![Just(0xFF), 0xC0..=0xDFu8, any::<u8>()], 0..80),
        ) {
            let jpeg = [&[0xFF, 0xD8], bytes.as_slice()].concat();
            let jpeg2000 = [&[0xFF, 0x4F, 0xFF, 0x51], bytes.as_slice()].concat();
            for outcome in [jpeg_header(&jpeg), jpeg2000_header(&jpeg2000), jpeg_header(&bytes)] {
                prop_assert!(outcome.is_ok() || !outcome.unwrap_err().is_empty());
            }
        }
    }
}
