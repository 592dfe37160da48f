//! Huffman-coded data of JPEG (ISO 10918-1 F.2.2 and H.2): bits, codes, restart markers, and the end.
//!
//! jpeg-decoder, as most, fills up what is missing with zero bits and passes over what is left. So the
//! data are read here: to the last pixel, with less than a byte left, and the end marker at once.

use super::markers::{EOI, SOS};

/// The codes of one Huffman table, looked up by the next 16 bits.
pub(super) struct HuffmanTable {
    /// Length of the code and its value; length 0 where the bits begin no code.
    codes: Box<[(u8, u8); 1 << 16]>,
}

impl HuffmanTable {
    /// The table of which `lengths` says how many codes of 1 to 16 bits there are, and `values` what they mean
    /// (ISO 10918-1 C.2).
    ///
    /// # Errors
    /// When there are more codes of a length than fit.
    pub fn of(lengths: &[u8; 16], values: &[u8]) -> Result<Self, String> {
        let mut codes = Box::new([(0, 0); 1 << 16]);
        let (mut next, mut values) = (0, values.iter());
        for (length, &count) in (1..=16u8).zip(lengths) {
            let width = 1 << (16 - length);
            for &value in values.by_ref().take(usize::from(count)) {
                let places = codes.get_mut(next..next + width);
                places.ok_or("the Huffman table has more codes than fit")?.fill((length, value));
                next += width;
            }
        }
        Ok(Self { codes })
    }
}

/// Why there is no further code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// A marker, or the end of the stream, comes before the code is complete.
    Ended,
    /// The bits are no code, or one that is impossible here.
    NoCode,
}

/// What the data of a scan are made of: pixels when lossless, else blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units {
    /// How many there are.
    pub total: usize,
    /// How many are between two restart markers; 0 without them.
    pub restart_interval: usize,
    /// What one is called.
    pub name: &'static str,
    /// What several are called.
    pub plural: &'static str,
}

/// Reads the data of a scan.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next byte to load; a marker's first when one is reached.
    at: usize,
    /// Loaded bits, the next one highest. Below `count` bits there may be some of the next byte already.
    held: u64,
    count: u32,
    units: Units,
}

impl<'a> Bits<'a> {
    /// Reads from the first byte behind the scan's header.
    pub fn of(data: &'a [u8], units: Units) -> Self {
        Self { data, at: 0, held: 0, count: 0, units }
    }

    /// Loads whole bytes, up to 64 bits, but not past a marker. FF 00 is the byte FF (B.1.1.5).
    #[inline]
    fn load(&mut self) {
        if self.count > 56 {
            return;
        }
        if let Some(Ok(eight)) = self.data.get(self.at..self.at + 8).map(<[u8; 8]>::try_from) {
            let word = u64::from_be_bytes(eight);
            // A byte is FF when its complement is 0: the usual test for a zero byte.
            let zeros = !word;
            if zeros.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
                self.held |= word >> self.count;
                let bytes = (63 - self.count) / 8;
                self.at += bytes as usize;
                self.count += bytes * 8;
                return;
            }
        }
        while self.count <= 56 {
            let Some(&byte) = self.data.get(self.at) else { return };
            if byte != 0xFF {
                self.at += 1;
            } else if self.data.get(self.at + 1) == Some(&0) {
                self.at += 2;
            } else {
                return;
            }
            // What the fast way has left there is the same byte.
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline]
    fn drop(&mut self, bits: u32) {
        self.held <<= bits;
        self.count -= bits;
    }

    /// The value of the next code.
    #[inline]
    pub fn symbol(&mut self, table: &HuffmanTable) -> Result<u8, Broken> {
        // A code and the bits behind it are 32 at most.
        if self.count < 32 {
            self.load();
        }
        let (length, value) = table.codes[usize::from((self.held >> 48) as u16)];
        match u32::from(length) {
            0 if self.count >= 16 => Err(Broken::NoCode),
            bits if bits == 0 || bits > self.count => Err(Broken::Ended),
            bits => {
                self.drop(bits);
                Ok(value)
            }
        }
    }

    /// The signed number of `category` bits behind a code (F.2.2.1); of 16, for which there are none (H.1.2.2).
    #[inline]
    pub fn number(&mut self, category: u8) -> Result<i32, Broken> {
        let bits = u32::from(category);
        match bits {
            0 => return Ok(0),
            16 => return Ok(32768),
            17.. => return Err(Broken::NoCode),
            _ if bits > self.count => {
                self.load();
                if bits > self.count {
                    return Err(Broken::Ended);
                }
            }
            _ => {}
        }
        let value = (self.held >> (64 - bits)) as i32;
        self.drop(bits);
        Ok(if value < 1 << (bits - 1) { value - (1 << bits) + 1 } else { value })
    }

    /// The sentence for what went wrong when `done` units were complete.
    pub fn broken(&self, why: Broken, done: usize) -> String {
        let Units { total, plural, .. } = self.units;
        match why {
            Broken::Ended => format!("the stream ends after {done} of {total} {plural}"),
            Broken::NoCode => format!("the stream is damaged after {done} of {total} {plural}: its bits are no code"),
        }
    }

    /// Goes past the restart marker that must come before unit `done`, when one must.
    ///
    /// # Errors
    /// When bytes are left before the marker, or it is another one: data are lost or doubled.
    #[inline]
    pub fn restart_if_due(&mut self, done: usize) -> Result<(), String> {
        let interval = self.units.restart_interval;
        if interval == 0 || done == 0 || !done.is_multiple_of(interval) { Ok(()) } else { self.restart(done, interval) }
    }

    fn restart(&mut self, done: usize, interval: usize) -> Result<(), String> {
        let Units { total, plural, .. } = self.units;
        let expected = 0xD0 + (done / interval - 1) as u8 % 8;
        match self.marker() {
            Ok(marker) if marker == expected => Ok(()),
            Ok(EOI) | Err(Left::Nothing) => Err(self.broken(Broken::Ended, done)),
            Ok(marker) => Err(format!(
                "the stream has the marker FF{marker:02X} after {done} of {total} {plural}, where FF{expected:02X} \
                 should be"
            )),
            Err(left) => Err(format!("{} before the restart marker after {done} of {total} {plural}", left.words())),
        }
    }

    /// Checks that all ends here: padding to the byte, and the end marker. What follows it is no part of the stream.
    ///
    /// # Errors
    /// When anything else is there.
    pub fn finish(mut self) -> Result<(), String> {
        let Units { total, restart_interval, name, plural } = self.units;
        let mut marker = self.marker();
        // Some encoders close the last interval too.
        if restart_interval > 0 && total.is_multiple_of(restart_interval) && matches!(marker, Ok(0xD0..=0xD7)) {
            marker = self.marker();
        }
        match marker {
            Ok(EOI) => Ok(()),
            Ok(SOS) => Err("the stream has a second scan, one is supported".to_owned()),
            Ok(marker) => Err(format!("the stream has the marker FF{marker:02X} after its {total} {plural}")),
            Err(Left::Nothing) => Err("the stream has no end marker, it was cut off".to_owned()),
            Err(left) => Err(format!("{} after its last {name}: it is damaged", left.words())),
        }
    }

    /// The next marker, and on to what is behind it. Padding before it is of ones (F.1.2.3); some encoders write
    /// zeros.
    fn marker(&mut self) -> Result<u8, Left> {
        self.load();
        let mut left = self.count as usize;
        let padding = if left == 0 { 0 } else { self.held >> (64 - left) };
        let mut at = self.at;
        // Bytes that are left, stuffed ones as one, up to a marker or the end.
        while let Some(&byte) = self.data.get(at) {
            if byte == 0xFF && self.data.get(at + 1) != Some(&0) {
                break;
            }
            at += if byte == 0xFF { 2 } else { 1 };
            left += 8;
        }
        if left >= 8 {
            return Err(Left::Bytes(left / 8));
        }
        if padding != 0 && padding != (1 << left) - 1 {
            return Err(Left::Bits);
        }
        while self.data.get(at) == Some(&0xFF) {
            at += 1;
        }
        let marker = *self.data.get(at).ok_or(Left::Nothing)?;
        (self.at, self.held, self.count) = (at + 1, 0, 0);
        Ok(marker)
    }
}

/// What is there instead of a marker.
enum Left {
    /// Whole bytes of data.
    Bytes(usize),
    /// Less than a byte, but no padding.
    Bits,
    /// The stream's end.
    Nothing,
}

impl Left {
    fn words(&self) -> String {
        match self {
            Self::Bytes(1) => "1 byte is left in the stream".to_owned(),
            Self::Bytes(count) => format!("{count} bytes are left in the stream"),
            Self::Bits => "bits that are no padding are left in the stream".to_owned(),
            Self::Nothing => "nothing is left in the stream".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes 0 and 10 for the values 3 and 8, and no other.
    fn table() -> HuffmanTable {
        let mut lengths = [0; 16];
        (lengths[0], lengths[1]) = (1, 1);
        HuffmanTable::of(&lengths, &[3, 8]).unwrap()
    }

    fn bits(data: &[u8], restart_interval: usize) -> Bits<'_> {
        Bits::of(data, Units { total: 4, restart_interval, name: "pixel", plural: "pixels" })
    }

    #[test]
    fn codes_and_numbers_are_read_over_stuffed_bytes() {
        // 10 01000000, 0 111, 10 11111111, 0 100, and padding.
        let mut data = bits(&[0x90, 0x1E, 0xFF, 0x00, 0x4F, 0xFF, 0xD9], 0);
        let mut next = || {
            let category = data.symbol(&table()).unwrap();
            data.number(category).unwrap()
        };
        assert_eq!([next(), next(), next(), next()], [-191, 7, 255, 4]);
        assert_eq!(data.finish(), Ok(()));
        assert_eq!(bits(&[0xFF, 0x00, 0xFF, 0xD9], 0).symbol(&table()), Err(Broken::Ended), "16 bits are not there");
        assert_eq!(bits(&[0xFF, 0x00, 0xFF, 0x00, 0x00], 0).symbol(&table()), Err(Broken::NoCode));
        assert_eq!((bits(&[], 0).number(16), bits(&[], 0).number(17)), (Ok(32768), Err(Broken::NoCode)));
    }

    #[test]
    fn a_table_of_too_many_codes_is_refused() {
        let mut lengths = [0; 16];
        lengths[0] = 3;
        assert!(HuffmanTable::of(&lengths, &[1, 2, 3]).is_err());
    }

    #[test]
    fn the_end_is_padding_and_a_marker_at_once() {
        for whole in [&[0xFF, 0xD9][..], &[0xFF, 0xFF, 0xFF, 0xD9], &[0xFF, 0xD9, 1, 2, 3]] {
            assert_eq!(bits(whole, 0).finish(), Ok(()), "{whole:?}");
        }
        for (broken, says) in [
            (&[1, 0xFF, 0xD9][..], "1 byte is left in the stream after its last pixel"),
            (&[0xFF, 0x00, 7, 0xFF, 0xD9], "2 bytes are left"),
            (&[0; 12], "12 bytes are left"),
            (&[], "no end marker"),
            (&[0xFF], "no end marker"),
            (&[0xFF, 0xDA, 0, 8], "a second scan"),
            (&[0xFF, 0xD0, 0xFF, 0xD9], "the marker FFD0 after its 4 pixels"),
        ] {
            let reason = bits(broken, 0).finish().unwrap_err();
            assert!(reason.contains(says), "{broken:?}: {reason}");
        }
        let mut mixed = bits(&[0b0001_0110, 0xFF, 0xD9], 0);
        mixed.symbol(&table()).unwrap();
        mixed.number(3).unwrap();
        assert!(mixed.finish().unwrap_err().contains("no padding"));
    }

    #[test]
    fn restart_markers_come_in_order() {
        let mut data = bits(&[0xFF, 0xD0, 0xFF, 0xD1, 0xFF, 0xD9], 2);
        assert_eq!([0, 1, 2, 3, 4].map(|done| data.restart_if_due(done)), [Ok(()), Ok(()), Ok(()), Ok(()), Ok(())]);
        assert_eq!(data.finish(), Ok(()));
        let reason = bits(&[0xFF, 0xD1], 2).restart_if_due(2).unwrap_err();
        assert!(reason.contains("the marker FFD1 after 2 of 4 pixels, where FFD0 should be"), "{reason}");
        assert!(bits(&[9, 0xFF, 0xD0], 2).restart_if_due(2).unwrap_err().contains("1 byte is left"));
        assert!(bits(&[0xFF, 0xD9], 2).restart_if_due(2).unwrap_err().contains("ends after 2 of 4"));
        // An encoder may close its last interval, too.
        assert_eq!(bits(&[0xFF, 0xD1, 0xFF, 0xD9], 2).finish(), Ok(()));
    }
}
