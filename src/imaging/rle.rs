//! RLE Lossless (PS3.5 Annex G), decoded here.
//!
//! The registry's decoder passes over what is left in a segment. What no reader can find: a changed byte of a pixel,
//! and one lost or added where the runs fall into step again with the same number of pixels.

/// Decodes a frame of `pixels` samples: one segment of runs for each byte of a sample, the highest byte first.
///
/// # Errors
/// When a segment does not give exactly `pixels` bytes.
pub(super) fn decode(stream: &[u8], pixels: usize, bytes_per_sample: usize) -> Result<Vec<u16>, String> {
    let header = stream.first_chunk::<64>().ok_or("the stream ends within its header")?;
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
    if number(0) != bytes_per_sample {
        return Err(format!("the stream has {} segments, samples of {bytes_per_sample} bytes have as many", number(0)));
    }
    // A run of 128 takes two bytes: so no more memory is taken than the stream is worth.
    if stream.len().saturating_mul(64) < pixels {
        return Err(format!("the stream ends after less than {} of {pixels} pixels", stream.len() * 64));
    }
    let mut words = vec![0; pixels];
    for segment in 0..bytes_per_sample {
        let start = number(4 + 4 * segment);
        let end = if segment + 1 < bytes_per_sample { number(8 + 4 * segment) } else { stream.len() };
        let runs = Some(start..end).filter(|_| start >= 64).and_then(|range| stream.get(range));
        let runs =
            runs.ok_or_else(|| format!("segment {} of the stream is from byte {start} to {end}", segment + 1))?;
        let shift = 8 * (bytes_per_sample - 1 - segment);
        decode_segment(runs, &mut words, shift).map_err(|(says, of)| format!("{says} segment {} {of}", segment + 1))?;
    }
    Ok(words)
}

/// Sets the byte at bit `shift` of each word (G.3.2). An error is what comes before and behind the segment's number.
fn decode_segment(runs: &[u8], words: &mut [u16], shift: usize) -> Result<(), (String, String)> {
    let total = words.len();
    let (mut at, mut done) = (0, 0);
    while done < total {
        let ended = || ("the stream's".to_owned(), format!("ends after {done} of {total} pixels"));
        let code = *runs.get(at).ok_or_else(ended)?;
        at += 1;
        if code == 128 {
            continue;
        }
        let (count, taken) =
            if code < 128 { (usize::from(code) + 1, usize::from(code) + 1) } else { (257 - usize::from(code), 1) };
        let values = runs.get(at..at + taken).ok_or_else(ended)?;
        at += taken;
        let places = words.get_mut(done..done + count);
        let places =
            places.ok_or_else(|| ("a run in".to_owned(), "goes beyond the last pixel: it is damaged".to_owned()))?;
        for (place, &value) in places.iter_mut().zip(values.iter().cycle()) {
            *place |= u16::from(value) << shift;
        }
        done += count;
    }
    // G.3.1: a zero byte makes the length even; a fragment may be filled up. 128 does nothing.
    match runs[at..].iter().filter(|&&byte| byte != 0 && byte != 128).count() {
        0 => Ok(()),
        _ => Err((format!("{} bytes are left in", runs.len() - at), "after its last pixel: it is damaged".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A stream of `segments`, each made even with a zero byte.
    fn stream(segments: &[Vec<u8>]) -> Vec<u8> {
        let mut stream = vec![0; 64];
        stream[..4].copy_from_slice(&(segments.len() as u32).to_le_bytes());
        for (index, segment) in segments.iter().enumerate() {
            let start = stream.len() as u32;
            stream[4 + 4 * index..8 + 4 * index].copy_from_slice(&start.to_le_bytes());
            stream.extend(segment);
            stream.resize(stream.len().next_multiple_of(2), 0);
        }
        stream
    }

    /// Runs for the bytes at bit `shift`: literals and repetitions of the lengths that `words` suggest.
    fn runs(words: &[u16], shift: u16) -> Vec<u8> {
        let mut runs = Vec::new();
        for chunk in words.chunk_by(|a, b| a == b) {
            for part in chunk.chunks(128) {
                let byte = (part[0] >> shift) as u8;
                if part.len() > 1 { runs.extend([(257 - part.len()) as u8, byte]) } else { runs.extend([0, byte]) }
            }
        }
        runs
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whole_streams_give_their_pixels_and_cut_ones_a_sentence(
            words in prop::collection::vec(prop_oneof![Just(0), Just(0xFFFF), any::<u16>()], 1..400),
        ) {
            let whole = stream(&[runs(&words, 8), runs(&words, 0)]);
            prop_assert_eq!(decode(&whole, words.len(), 2), Ok(words.clone()));
            prop_assert_eq!(decode(&[&whole[..], &[0; 300]].concat(), words.len(), 2), Ok(words.clone()));
            for end in 0..whole.len() - 2 {
                prop_assert!(decode(&whole[..end], words.len(), 2).is_err(), "{} of {}", end, whole.len());
            }
        }

        #[test]
        fn any_bytes_are_pixels_or_a_sentence(
            bytes in prop::collection::vec(any::<u8>(), 0..200), pixels in 1..200usize,
        ) {
            let mut framed = stream(&[bytes.clone(), bytes.clone()]);
            prop_assert!(decode(&framed, pixels, 2).map_or(true, |words| words.len() == pixels));
            framed[4..12].copy_from_slice(&[&bytes[..], &[0; 8]].concat()[..8]);
            prop_assert!(decode(&framed, pixels, 2).map_or(true, |words| words.len() == pixels));
            prop_assert!(decode(&bytes, pixels, 1).map_or(true, |words| words.len() == pixels));
        }
    }

    #[test]
    fn a_segment_gives_exactly_its_pixels() {
        let decode = |segment: &[u8]| decode(&stream(&[segment.to_vec()]), 4, 1);
        assert_eq!(decode(&[1, 5, 6, 255, 7]), Ok(vec![5, 6, 7, 7]));
        assert_eq!(decode(&[128, 253, 9]), Ok(vec![9; 4]));
        for (segment, says) in [
            (&[1, 5, 6][..], "the stream's segment 1 ends after 2 of 4 pixels"),
            (&[252, 9], "a run in segment 1 goes beyond the last pixel"),
            (&[253, 9, 0, 7], "2 bytes are left in segment 1 after its last pixel"),
        ] {
            assert!(decode(segment).unwrap_err().contains(says), "{:?}", decode(segment));
        }
    }

    #[test]
    fn a_table_has_a_segment_for_each_byte_in_order() {
        let whole = stream(&[vec![253, 1], vec![253, 2]]);
        assert_eq!(decode(&whole, 4, 2), Ok(vec![0x102; 4]));
        assert!(decode(&whole, 4, 1).unwrap_err().contains("has 2 segments, samples of 1 bytes"));
        assert!(decode(&whole[..63], 4, 2).unwrap_err().contains("within its header"));
        let mut turned = whole.clone();
        turned[4..12].rotate_left(4);
        assert!(decode(&turned, 4, 2).unwrap_err().contains("segment 1 of the stream is from byte 66 to 64"));
    }
}
