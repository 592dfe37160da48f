//! JPEG Lossless (ISO 10918-1 Annex H), decoded here.
//!
//! jpeg-decoder is not asked: it fills up missing data, resets no prediction at restart markers and shifts twice
//! by the point transform.
//!
//! What no reader can find: a byte that is lost, changed or added where the codes fall into step again with the same
//! number of pixels and of padding bits. The pixels behind it are then wrong by one and the same amount; most such
//! streams are found because a pixel leaves the range of the stream's precision, which 16 bits have none of.

use super::entropy::{Bits, Broken, Units};
use super::jpeg::Scan;

/// Decodes the scan: one word a pixel in row-major order. With `signed`, words may be sign extensions of the
/// precision's bits.
///
/// # Errors
/// When the scan does not give exactly its pixels, or one beyond its precision.
pub(super) fn decode(scan: &Scan<'_>, signed: bool) -> Result<Vec<u16>, String> {
    let (rows, columns, interval) = (scan.header.rows, scan.header.columns, scan.restart_interval);
    let total = rows * columns;
    let precision = scan.header.precision;
    let Some(bits) = precision.checked_sub(u32::from(scan.point_transform)).filter(|&bits| bits > 0) else {
        return Err(format!("the stream's point transform is {} of {precision} bits", scan.point_transform));
    };
    if !(1..=7).contains(&scan.predictor) {
        return Err(format!("the stream has predictor {}, 1 to 7 are supported", scan.predictor));
    }
    // H.1.1: an interval is a number of whole rows.
    if interval % columns != 0 {
        return Err(format!("the stream restarts every {interval} pixels, which are no whole rows"));
    }
    // A code has a bit at least: so no more memory is taken than the stream is worth.
    if scan.data.len().saturating_mul(8) < total {
        return Err(format!("the stream ends after less than {} of {total} pixels", scan.data.len() * 8));
    }

    let mut words = vec![0; total];
    let mut data = Bits::of(scan.data, Units { total, restart_interval: interval, name: "pixel", plural: "pixels" });
    for row in 0..rows {
        let start = row * columns;
        data.restart_if_due(start)?;
        let (above, here) = words.split_at_mut(start);
        let here = &mut here[..columns];
        // H.1.2.1: the first row, of the image or behind a restart marker, is predicted from the left.
        let is_first = if interval == 0 { row == 0 } else { start.is_multiple_of(interval) };
        let decoded = if is_first {
            decode_row(&mut data, scan, here, &[], 1 << (bits - 1))
        } else {
            let above = &above[start - columns..];
            decode_row(&mut data, scan, here, above, i32::from(above[0]))
        };
        decoded.map_err(|(why, column)| data.broken(why, start + column))?;
    }
    data.finish()?;
    check_range(&words, bits, signed, columns)?;
    if scan.point_transform > 0 {
        words.iter_mut().for_each(|word| *word <<= scan.point_transform);
    }
    Ok(words)
}

/// Decodes one row; `above` is empty for a first one, `before` is what its first pixel is predicted as.
#[inline]
fn decode_row(
    data: &mut Bits<'_>,
    scan: &Scan<'_>,
    row: &mut [u16],
    above: &[u16],
    before: i32,
) -> Result<(), (Broken, usize)> {
    let mut left = before;
    for column in 0..row.len() {
        let category = data.symbol(&scan.dc).map_err(|why| (why, column))?;
        let difference = data.number(category).map_err(|why| (why, column))?;
        let prediction = if column == 0 || above.is_empty() {
            left
        } else {
            let (over, corner) = (i32::from(above[column]), i32::from(above[column - 1]));
            // Table H.1, with Ra to the left, Rb above and Rc above on the left.
            match scan.predictor {
                1 => left,
                2 => over,
                3 => corner,
                4 => left + over - corner,
                5 => left + ((over - corner) >> 1),
                6 => over + ((left - corner) >> 1),
                _ => (left + over) >> 1,
            }
        };
        // Modulo 2^16.
        row[column] = (prediction + difference) as u16;
        left = i32::from(row[column]);
    }
    Ok(())
}

/// Checks that no pixel needs more than `bits`: damage that shifts all later pixels shows there.
fn check_range(words: &[u16], bits: u32, signed: bool, columns: usize) -> Result<(), String> {
    let end = 1u32 << bits;
    // From -2^(bits - 1) on in two's complement.
    let negative = if signed { (1 << 16) - end / 2 } else { 1 << 16 };
    match words.iter().position(|&word| (end..negative).contains(&u32::from(word))) {
        None => Ok(()),
        Some(at) => Err(format!(
            "the pixel in row {} and column {} needs more than the stream's {bits} bits: it is damaged",
            at / columns + 1,
            at % columns + 1
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A picture and how it is coded.
    #[derive(Debug, Clone)]
    struct Picture {
        words: Vec<u16>,
        rows: usize,
        columns: usize,
        precision: u8,
        predictor: u8,
        rows_between_restarts: usize,
    }

    impl Picture {
        fn expected_at(&self, at: usize) -> i32 {
            let (row, column) = (at / self.columns, at % self.columns);
            let is_first = match self.rows_between_restarts {
                0 => row == 0,
                rows => row % rows == 0,
            };
            let word = |back: usize| i32::from(self.words[at - back]);
            match (is_first, column) {
                (true, 0) => 1 << (self.precision - 1),
                (true, _) => word(1),
                (false, 0) => word(self.columns),
                _ => {
                    let (a, b, c) = (word(1), word(self.columns), word(self.columns + 1));
                    [a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1]
                        [usize::from(self.predictor) - 1]
                }
            }
        }

        /// The stream, with codes of five bits that are the categories themselves.
        fn encoded(&self) -> Vec<u8> {
            let size = |number: usize| (number as u16).to_be_bytes();
            let ([r0, r1], [c0, c1]) = (size(self.rows), size(self.columns));
            let mut stream = vec![0xFF, 0xD8, 0xFF, 0xC3, 0, 11, self.precision, r0, r1, c0, c1, 1, 1, 0x11, 0];
            stream.extend([0xFF, 0xC4, 0, 19 + 17, 0]);
            stream.extend((1..=16).map(|length| if length == 5 { 17 } else { 0 }));
            stream.extend(0..=16);
            let [i0, i1] = size(self.rows_between_restarts * self.columns);
            stream.extend([0xFF, 0xDD, 0, 4, i0, i1]);
            stream.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, self.predictor, 0, 0]);
            let interval = self.rows_between_restarts * self.columns;
            let (mut held, mut count) = (0u64, 0);
            for at in 0..self.words.len() {
                if interval > 0 && at > 0 && at % interval == 0 {
                    flush(&mut stream, &mut held, &mut count);
                    stream.extend([0xFF, 0xD0 + (at / interval - 1) as u8 % 8]);
                }
                let difference = i32::from(self.words[at]).wrapping_sub(self.expected_at(at)) as i16;
                let category = 16 - difference.unsigned_abs().leading_zeros();
                let extra = if category == 16 { 0 } else { category };
                let bits = i32::from(difference) - i32::from(difference < 0);
                held = held << (5 + extra) | u64::from(category) << extra | bits as u64 & ((1 << extra) - 1);
                count += 5 + extra;
                while count >= 8 {
                    push(&mut stream, (held >> (count - 8)) as u8);
                    count -= 8;
                }
            }
            flush(&mut stream, &mut held, &mut count);
            stream.extend([0xFF, 0xD9]);
            stream
        }
    }

    fn push(stream: &mut Vec<u8>, byte: u8) {
        stream.push(byte);
        if byte == 0xFF {
            stream.push(0);
        }
    }

    fn flush(stream: &mut Vec<u8>, held: &mut u64, count: &mut u32) {
        if *count > 0 {
            push(stream, ((*held << (8 - *count)) | (0xFF >> *count)) as u8);
        }
        (*held, *count) = (0, 0);
    }

    fn picture() -> impl Strategy<Value = Picture> {
        let shape = (1..9usize, 1..9usize, 2..=16u8, 1..=7u8, 0..4usize);
        shape.prop_flat_map(|(rows, columns, precision, predictor, rows_between_restarts)| {
            let words = prop::collection::vec(0..=u16::MAX >> (16 - precision), rows * columns);
            words.prop_map(move |words| Picture { words, rows, columns, precision, predictor, rows_between_restarts })
        })
    }

    fn decoded(stream: &[u8]) -> Result<Vec<u16>, String> {
        decode(&Scan::of(stream)?, false)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whole_streams_give_their_pixels_and_cut_ones_a_sentence(picture in picture()) {
            let stream = picture.encoded();
            prop_assert_eq!(decoded(&stream), Ok(picture.words.clone()));
            let data = stream.len() - Scan::of(&stream).unwrap().data.len();
            for end in data..stream.len() - 2 {
                let cut = [&stream[..end], &[0xFF, 0xD9]].concat();
                prop_assert!(decoded(&cut).is_err(), "{} of {} bytes", end, stream.len());
            }
        }

        #[test]
        fn any_data_are_a_picture_or_a_sentence(
            picture in picture(),
            data in prop::collection::vec(prop_oneof![Just(0xFF), Just(0), 0xD0..=0xD9u8, any::<u8>()], 0..80),
        ) {
            let whole = picture.encoded();
            let header = whole.len() - Scan::of(&whole).unwrap().data.len();
            let stream = [&whole[..header], &data].concat();
            prop_assert!(decoded(&stream).is_ok_and(|words| words.len() == picture.words.len()) || decoded(&stream).is_err());
            prop_assert!(decoded(&data).is_err());
        }
    }

    #[test]
    fn a_lossless_stream_with_restart_markers_is_predicted_anew_behind_each() {
        let words = (0..40).map(|at| at * 100).collect();
        let picture = Picture { words, rows: 10, columns: 4, precision: 12, predictor: 1, rows_between_restarts: 1 };
        assert_eq!(decoded(&picture.encoded()).unwrap(), picture.words);
    }

    #[test]
    fn pixels_beyond_the_precision_are_damage_but_for_signs() {
        assert_eq!(check_range(&[0, 4095], 12, false, 2), Ok(()));
        assert_eq!(check_range(&[4095, 63_488, 65_535], 12, true, 3), Ok(()));
        let says = check_range(&[0, 0, 0, 4096], 12, true, 2).unwrap_err();
        assert!(says.contains("row 2 and column 2 needs more than the stream's 12 bits"), "{says}");
        assert!(check_range(&[65_535], 12, false, 1).is_err());
        assert_eq!(check_range(&[65_535], 16, false, 1), Ok(()));
    }
}
