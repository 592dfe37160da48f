//! What a compressed stream says about itself, read before any decoder allocates for it.

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

/// The families of compressed streams, which differ in where their header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// JPEG (ISO 10918-1) and JPEG-LS (ISO 14495-1): markers, then a frame header.
    Jpeg,
    /// JPEG 2000 (ISO 15444-1): a SIZ segment.
    Jpeg2000,
    /// RLE Lossless (PS3.5 Annex G): a table of segments that does not say the image's size.
    Rle,
}

impl Family {
    /// The family of a transfer syntax, `None` when this crate decodes no such stream.
    pub fn of(transfer_syntax: &str) -> Option<Self> {
        match transfer_syntax {
            "1.2.840.10008.1.2.4.50"
            | "1.2.840.10008.1.2.4.51"
            | "1.2.840.10008.1.2.4.57"
            | "1.2.840.10008.1.2.4.70"
            | "1.2.840.10008.1.2.4.80"
            | "1.2.840.10008.1.2.4.81" => Some(Self::Jpeg),
            "1.2.840.10008.1.2.4.90" | "1.2.840.10008.1.2.4.91" => Some(Self::Jpeg2000),
            "1.2.840.10008.1.2.5" => Some(Self::Rle),
            _ => None,
        }
    }
}

/// The frame header of a JPEG or JPEG-LS stream: the first SOF marker segment.
pub(super) fn jpeg_header(stream: &[u8]) -> Result<StreamHeader, String> {
    if !stream.starts_with(&[0xFF, 0xD8]) {
        return Err("the stream does not begin as JPEG does".to_owned());
    }
    let cut_off = || "the stream ends within its header".to_owned();
    let mut at = 2;
    loop {
        if *stream.get(at).ok_or_else(cut_off)? != 0xFF {
            return Err(format!("byte {at} of the stream should begin a marker"));
        }
        let marker = *stream.get(at + 1).ok_or_else(cut_off)?;
        match marker {
            // A fill byte before a marker; TEM and restart markers have no length.
            0xFF => at += 1,
            0x01 | 0xD0..=0xD7 => at += 2,
            // SOF0 to SOF15 without DHT, JPG and DAC; SOF55 is JPEG-LS. Layout: ISO 10918-1 B.2.2.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7 => {
                let frame = stream.get(at + 4..at + 10).ok_or_else(cut_off)?;
                return Ok(StreamHeader {
                    precision: u32::from(frame[0]),
                    rows: usize::from(u16::from_be_bytes([frame[1], frame[2]])),
                    columns: usize::from(u16::from_be_bytes([frame[3], frame[4]])),
                    components: usize::from(frame[5]),
                });
            }
            0xD9 | 0xDA => return Err("the stream has no frame header before its data".to_owned()),
            _ => {
                let length = stream.get(at + 2..at + 4).ok_or_else(cut_off)?;
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            }
        }
    }
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

/// Checks that a JPEG, JPEG-LS or JPEG 2000 stream has its end marker, which all three write FF D9
/// and cannot contain elsewhere in compressed data; some bytes of padding may follow.
///
/// Without it the stream was cut off. The decoders are not to be asked: some fill up the picture,
/// and CharLS 2.4 counts through 2^31 missing bits (6 s) before it gives up.
pub(super) fn check_end(stream: &[u8]) -> Result<(), String> {
    const MOST_PADDING: usize = 64;
    if stream.windows(2).rev().take(MOST_PADDING).any(|pair| pair == [0xFF, 0xD9]) {
        Ok(())
    } else {
        Err(format!("the stream of {} bytes has no end marker, it was cut off", stream.len()))
    }
}

/// Checks the segment table of an RLE frame: 64 bytes, one segment for each byte of a sample.
pub(super) fn check_rle(stream: &[u8], bytes_per_sample: usize) -> Result<(), String> {
    let header = stream.get(..64).ok_or("the stream ends within its header")?;
    let segments = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
    if segments as usize == bytes_per_sample {
        Ok(())
    } else {
        Err(format!("the stream has {segments} segments, samples of {bytes_per_sample} bytes have as many"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SOI, a comment, fill bytes and a 12 bit lossless frame header of 300 rows and 400 columns.
    const JPEG: [u8; 23] =
        [0xFF, 0xD8, 0xFF, 0xFE, 0, 5, b'a', b'b', b'c', 0xFF, 0xFF, 0xFF, 0xC3, 0, 11, 12, 1, 44, 1, 144, 1, 0, 0];

    #[test]
    fn the_frame_header_is_found_behind_other_segments() {
        let header = StreamHeader { rows: 300, columns: 400, precision: 12, components: 1 };
        assert_eq!(jpeg_header(&JPEG), Ok(header));
        for length in 0..21 {
            assert!(jpeg_header(&JPEG[..length]).is_err(), "{length} bytes");
        }
        assert!(jpeg_header(&[0xFF, 0xD8, 0xFF, 0xDA, 0, 2]).unwrap_err().contains("no frame header"));
        assert!(jpeg_header(&[0xFF, 0xD8, 0x00]).unwrap_err().contains("byte 2"));
    }

    #[test]
    fn the_end_marker_may_be_padded() {
        assert_eq!(check_end(&[0xFF, 0xD8, 1, 2, 0xFF, 0xD9]), Ok(()));
        assert_eq!(check_end(&[0xFF, 0xD8, 1, 2, 0xFF, 0xD9, 0, 0]), Ok(()));
        assert!(check_end(&JPEG).is_err());
        let mut thumbnail_at_the_start = vec![0xFF, 0xD9];
        thumbnail_at_the_start.resize(1000, 7);
        assert!(check_end(&thumbnail_at_the_start).is_err());
    }

    #[test]
    fn an_rle_table_has_a_segment_for_each_byte() {
        let mut table = [0; 64];
        table[0] = 2;
        assert_eq!(check_rle(&table, 2), Ok(()));
        assert!(check_rle(&table, 1).is_err());
        assert!(check_rle(&table[..63], 2).is_err());
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
