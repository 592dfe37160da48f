//! Where a JPEG-LS stream ends (ISO 14495-1).
//!
//! Whether the data are whole CharLS finds out: it reads beyond no marker, and refuses data that are left over.

use super::markers::{EOI, SOS, Segments};

/// The stream up to its end marker: whatever follows is no part of it.
///
/// A marker is FF and a byte of 80 or more, which data cannot contain (A.1). CharLS is not asked, because without an
/// end marker version 2.4 counts through 2^31 missing bits (6 s) before it gives up.
///
/// # Errors
/// When there is no end marker, or another before it.
pub(super) fn up_to_end(stream: &[u8]) -> Result<&[u8], String> {
    let mut segments = Segments::of(stream)?;
    loop {
        match segments.next()?.marker {
            SOS => break,
            EOI => return Err("the stream has no data before its end".to_owned()),
            _ => {}
        }
    }
    let start = stream.len() - segments.rest().len();
    let pairs = (start..).zip(stream[start..].windows(2));
    let mut markers = pairs.filter(|(_, pair)| pair[0] == 0xFF && (0x80..0xFF).contains(&pair[1]));
    // Restart markers are CharLS's to look at.
    match markers.find(|(_, pair)| !matches!(pair[1], 0xD0..=0xD7)) {
        Some((at, &[_, EOI])) => Ok(&stream[..at + 2]),
        Some((at, pair)) => Err(format!("the stream has the marker FF{:02X} among its data at byte {at}", pair[1])),
        None => Err(format!("the stream of {} bytes has no end marker, it was cut off", stream.len())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header without its frame, and data with a stuffed bit after FF.
    const STREAM: [u8; 13] = [0xFF, 0xD8, 0xFF, 0xDA, 0, 3, 1, 0xFF, 0x7F, 0xFF, 0xD0, 0xFF, 0xD9];

    #[test]
    fn the_stream_ends_at_its_marker_whatever_follows() {
        assert_eq!(up_to_end(&STREAM), Ok(&STREAM[..]));
        for behind in [&[0; 5000][..], &[0xFF; 70], &[1, 2, 3]] {
            assert_eq!(up_to_end(&[&STREAM, behind].concat()), Ok(&STREAM[..]));
        }
        assert!(up_to_end(&STREAM[..11]).unwrap_err().contains("no end marker, it was cut off"));
        let second = [&STREAM[..11], &[0xFF, 0xDA, 0, 2]].concat();
        assert!(up_to_end(&second).unwrap_err().contains("the marker FFDA among its data at byte 11"));
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_end_or_a_sentence(
            bytes in prop::collection::vec(prop_oneof![Just(0xFF), 0xC0..=0xDFu8, any::<u8>()], 0..80),
        ) {
            let stream = [&STREAM[..7], &bytes].concat();
            for outcome in [up_to_end(&stream), up_to_end(&bytes)] {
                prop_assert!(outcome.map_or(true, |whole| whole.ends_with(&[0xFF, EOI])));
            }
        }
    }
}
