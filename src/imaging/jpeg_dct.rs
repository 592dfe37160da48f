//! Sequential JPEG (ISO 10918-1 Annex F): whether the data are whole, before they are decoded.
//!
//! What no reader can find: damage within a block after which the codes fall into step again before the block ends.
//! The number of blocks is then right, and the picture has a wrong block, with all later ones wrong by one amount.
//! When that is large a block leaves the range that pixels have, which is looked for here.

use super::entropy::{Bits, Broken, HuffmanTable, Units};
use super::jpeg::Scan;

/// Checks that the scan has exactly the blocks of its picture, that none is impossible, and that the end marker
/// follows.
///
/// # Errors
/// When that is not so, or the scan has no table of AC coefficients.
pub(super) fn check(scan: &Scan<'_>) -> Result<(), String> {
    let ac = scan.ac.as_ref().ok_or("the stream has no Huffman table of AC coefficients")?;
    // A scan of one component is not interleaved: blocks up to the picture's edges (A.2.2).
    let total = scan.header.rows.div_ceil(8) * scan.header.columns.div_ceil(8);
    let units = Units {
        total,
        restart_interval: scan.restart_interval,
        name: "block of 8 x 8 pixels",
        plural: "blocks of 8 x 8 pixels",
    };
    let mut data = Bits::of(scan.data, units);
    // F.1.2.1.1: DC is 8 times the mean about 0. A quarter more, and a step, for encoders that round and overshoot.
    let step = i64::from(scan.dc_quantiser);
    let largest = 5 << scan.header.precision.clamp(2, 16);
    let mut dc = 0i64;
    for done in 0..total {
        data.restart_if_due(done)?;
        if scan.restart_interval > 0 && done.is_multiple_of(scan.restart_interval) {
            dc = 0;
        }
        dc += read_block(&mut data, &scan.dc, ac).map_err(|why| data.broken(why, done))?;
        if (dc * step).abs() > largest + step {
            return Err(format!(
                "block {} of {total} is brighter or darker than pixels can be: it is damaged",
                done + 1
            ));
        }
    }
    data.finish()
}

/// Reads a block and gives the difference of its DC coefficient (F.2.2).
#[inline]
fn read_block(data: &mut Bits<'_>, dc: &HuffmanTable, ac: &HuffmanTable) -> Result<i64, Broken> {
    let category = data.symbol(dc)?;
    if category > 15 {
        return Err(Broken::NoCode);
    }
    let difference = data.number(category)?;
    // The next coefficient in zig-zag order.
    let mut next = 1;
    while next < 64 {
        let symbol = data.symbol(ac)?;
        let (zeros, category) = (symbol >> 4, symbol & 15);
        match (zeros, category) {
            (0, 0) => break,
            (15, 0) => next += 16,
            (_, 0) => return Err(Broken::NoCode),
            _ => {
                next += zeros + 1;
                data.number(category)?;
            }
        }
        if next > 64 {
            return Err(Broken::NoCode);
        }
    }
    Ok(i64::from(difference))
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};
    use proptest::prelude::*;

    use super::*;

    fn encoded(pixels: &[u8], columns: usize, quality: u8, restart_interval: u16) -> Vec<u8> {
        let mut stream = Vec::new();
        let mut encoder = Encoder::new(&mut stream, quality);
        encoder.set_restart_interval(restart_interval);
        encoder.encode(pixels, columns as u16, (pixels.len() / columns) as u16, ColorType::Luma).unwrap();
        stream
    }

    fn checked(stream: &[u8]) -> Result<(), String> {
        check(&Scan::of(stream)?)
    }

    fn picture() -> impl Strategy<Value = (Vec<u8>, usize)> {
        (1..30usize, 1..30usize).prop_flat_map(|(rows, columns)| {
            (prop::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], rows * columns), Just(columns))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whole_streams_pass_and_cut_ones_do_not(
            (pixels, columns) in picture(), quality in 1..=100u8, interval in 0..5u16,
        ) {
            let stream = encoded(&pixels, columns, quality, interval);
            prop_assert_eq!(checked(&stream), Ok(()));
            let data = stream.len() - Scan::of(&stream).unwrap().data.len();
            // The last byte may be padding and the end of the last code, which zeros fill up as it was.
            for end in data..stream.len() - 3 {
                let cut = [&stream[..end], &[0xFF, 0xD9]].concat();
                prop_assert!(checked(&cut).is_err(), "{} of {} bytes", end, stream.len());
            }
        }

        #[test]
        fn any_data_are_whole_or_a_sentence(
            data in prop::collection::vec(prop_oneof![Just(0xFF), Just(0), 0xD0..=0xD9u8, any::<u8>()], 0..80),
        ) {
            let whole = encoded(&[7; 256], 16, 90, 0);
            let header = whole.len() - Scan::of(&whole).unwrap().data.len();
            let outcome = checked(&[&whole[..header], &data].concat());
            prop_assert!(outcome.is_ok() || !outcome.unwrap_err().is_empty());
        }
    }

    #[test]
    fn a_picture_far_too_bright_is_damaged() {
        // One white block twelve times, each coded as brighter than the one before.
        let white = encoded(&[255; 64], 8, 90, 0);
        let scan = Scan::of(&white).unwrap();
        let block = &scan.data[..scan.data.len() - 2];
        assert!(check(&scan).is_ok() && block.len() <= 8);
        let taller = encoded(&[255; 64 * 2], 8, 90, 0);
        let header = taller.len() - Scan::of(&taller).unwrap().data.len();
        // Without an end of block between them the bits of two such blocks do not meet, so byte for byte.
        let mut bits: Vec<bool> =
            block.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
        while checked(&[&white[..white.len() - scan.data.len()], &bytes(&bits)].concat()).is_ok() && bits.len() > 1 {
            bits.pop();
        }
        bits.push(block[bits.len() / 8] >> (7 - bits.len() % 8) & 1 == 1);
        let twice = [&taller[..header], &bytes(&[bits.clone(), bits].concat())].concat();
        assert!(checked(&twice).unwrap_err().contains("block 2 of 2 is brighter or darker"), "{:?}", checked(&twice));
    }

    /// Bits, filled up with ones, and an end marker.
    fn bytes(bits: &[bool]) -> Vec<u8> {
        let byte = |bits: &[bool]| (0..8).fold(0, |byte, at| byte << 1 | u8::from(*bits.get(at).unwrap_or(&true)));
        let stuffed = bits.chunks(8).map(byte).flat_map(|byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] });
        stuffed.chain([0xFF, 0xD9]).collect()
    }
}
