//! The marker segments before the data of a JPEG or JPEG-LS stream (ISO 10918-1 B.1.1, ISO 14495-1 C.1).

/// Start of image.
const SOI: u8 = 0xD8;
/// End of image.
pub(super) const EOI: u8 = 0xD9;
/// Start of scan: the data follow its segment.
pub(super) const SOS: u8 = 0xDA;
/// Temporary use in arithmetic coding, without a segment.
const TEM: u8 = 0x01;

/// One marker with what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    /// The byte behind FF.
    pub marker: u8,
    /// What follows the length; empty for markers that stand alone.
    pub body: &'a [u8],
}

/// The segments of a stream one after the other.
#[derive(Debug)]
pub(super) struct Segments<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    /// The segments behind the start marker.
    ///
    /// # Errors
    /// When the stream does not begin with it.
    pub fn of(stream: &'a [u8]) -> Result<Self, String> {
        if stream.starts_with(&[0xFF, SOI]) {
            Ok(Self { stream, at: 2 })
        } else {
            Err("the stream does not begin as JPEG does".to_owned())
        }
    }

    /// The next segment. Fill bytes before a marker are skipped.
    ///
    /// # Errors
    /// When there is none whole, or something else.
    pub fn next(&mut self) -> Result<Segment<'a>, String> {
        let cut_off = || "the stream ends within its header".to_owned();
        loop {
            if *self.stream.get(self.at).ok_or_else(cut_off)? != 0xFF {
                return Err(format!("byte {} of the stream should begin a marker", self.at));
            }
            let marker = *self.stream.get(self.at + 1).ok_or_else(cut_off)?;
            match marker {
                0xFF => self.at += 1,
                TEM | 0xD0..=0xD7 | EOI => {
                    self.at += 2;
                    return Ok(Segment { marker, body: &[] });
                }
                _ => {
                    let length = self.stream.get(self.at + 2..self.at + 4).ok_or_else(cut_off)?;
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                    if length < 2 {
                        return Err(format!("the segment at byte {} of the stream has length {length}", self.at));
                    }
                    let end = self.at + 2 + length;
                    let body = self.stream.get(self.at + 4..end).ok_or_else(cut_off)?;
                    self.at = end;
                    return Ok(Segment { marker, body });
                }
            }
        }
    }

    /// What lies behind the last segment that was given: the data, when that was a scan's header.
    pub fn rest(&self) -> &'a [u8] {
        &self.stream[self.at..]
    }
}
