//! The parts of a JPEG 2000 stream (ISO 15444-1 Annex A): whether all are there, and where it ends.
//!
//! OpenJPEG's decoder fills up what is missing. Each part says how long it is, so a byte that is lost or added shows
//! in where the next one begins. What no reader can find: a changed byte within the coded data, which decode to other
//! coefficients (there is no checksum, and the symbols that could tell are optional and rare).

const SOC: [u8; 2] = [0xFF, 0x4F];
const SOT: [u8; 2] = [0xFF, 0x90];
const SOD: [u8; 2] = [0xFF, 0x93];
const EOC: [u8; 2] = [0xFF, 0xD9];

/// Tile-parts of one tile.
#[derive(Clone, Copy, Default)]
struct Tile {
    seen: u16,
    /// How many there are; 0 when none of them says.
    announced: u8,
}

/// The stream up to its end marker: whatever follows is no part of it.
///
/// # Errors
/// When a tile-part is cut off or longer than it says, one is missing, or there is no end marker.
pub(super) fn up_to_end(stream: &[u8]) -> Result<&[u8], String> {
    if !stream.starts_with(&SOC) {
        return Err("the stream does not begin as JPEG 2000 does".to_owned());
    }
    let mut tiles = vec![Tile::default(); number_of_tiles(stream)?];
    let mut at = 2;
    let end = loop {
        match stream.get(at..at + 2) {
            Some(marker) if marker == SOT => at = tile_part(stream, at, &mut tiles)?,
            Some(marker) if marker == EOC => break at + 2,
            Some(&[0xFF, _]) if tiles.iter().all(|tile| tile.seen == 0) => {
                at += 2 + usize::from(number::<2>(stream, at + 2)? as u16).max(2);
            }
            Some(_) => return Err(format!("byte {at} of the stream should begin a tile-part: it is damaged")),
            None => return Err(format!("the stream of {} bytes has no end marker, it was cut off", stream.len())),
        }
    };
    let is_whole = |tile: &&Tile| tile.seen > 0 && (tile.announced == 0 || tile.seen == u16::from(tile.announced));
    match tiles.iter().filter(is_whole).count() {
        count if count == tiles.len() => Ok(&stream[..end]),
        count => Err(format!("the stream ends after {count} of {} tiles", tiles.len())),
    }
}

/// Notes the tile-part at `at` and gives where it ends (A.4.2).
fn tile_part(stream: &[u8], at: usize, tiles: &mut [Tile]) -> Result<usize, String> {
    let index = number::<2>(stream, at + 4)?;
    let length = number::<4>(stream, at + 6)? as usize;
    let (part, parts) = (number::<1>(stream, at + 10)?, number::<1>(stream, at + 11)?);
    let tile = tiles.get_mut(index as usize).ok_or_else(|| format!("the stream has no tile {index}"))?;
    if part != u32::from(tile.seen) {
        return Err(format!("the stream has part {part} of tile {index} where part {} should be", tile.seen));
    }
    tile.seen += 1;
    tile.announced = tile.announced.max(parts as u8);
    if length == 0 {
        // The last one may leave its length open (A.4.2). Coded data have no FF before a byte above 8F.
        let body = &stream[at..];
        let data = body.windows(2).position(|pair| pair == SOD).ok_or("the stream ends within its header")?;
        let end = body[data..].windows(2).position(|pair| pair == EOC);
        return end.map(|end| at + data + end).ok_or_else(|| "the stream has no end marker, it was cut off".to_owned());
    }
    // 12 is an empty one without its data's marker, which Kakadu's readers take too.
    if length < 12 {
        return Err(format!("the tile-part at byte {at} of the stream has length {length}"));
    }
    if length > stream.len() - at {
        return Err(format!("the stream ends after {} of the {length} bytes of a tile-part", stream.len() - at));
    }
    Ok(at + length)
}

/// Columns of tiles times rows of tiles (B.3), at most 65535 (A.5.1).
fn number_of_tiles(stream: &[u8]) -> Result<usize, String> {
    // SIZ follows SOC at once: marker, length, capabilities, then four pairs of numbers.
    let pair = |at: usize| Ok::<_, String>([number::<4>(stream, at)?, number::<4>(stream, at + 4)?]);
    let (sizes, tile_sizes, tile_offsets) = (pair(8)?, pair(24)?, pair(32)?);
    let mut count = 1u64;
    for axis in 0..2 {
        if tile_sizes[axis] == 0 {
            return Err("the stream has tiles of size 0".to_owned());
        }
        count *= u64::from(sizes[axis].saturating_sub(tile_offsets[axis]).div_ceil(tile_sizes[axis]));
    }
    if (1..=65535).contains(&count) { Ok(count as usize) } else { Err(format!("the stream has {count} tiles")) }
}

/// The number of `BYTES` bytes at `at`.
fn number<const BYTES: usize>(stream: &[u8], at: usize) -> Result<u32, String> {
    let bytes = stream.get(at..at + BYTES).ok_or("the stream ends within its header")?;
    Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A stream of two tiles side by side, each of the given parts of data.
    fn stream(parts: &[(u16, u8, u8, &[u8])]) -> Vec<u8> {
        let mut stream = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
        for number in [200u32, 100, 0, 0, 100, 100, 0, 0] {
            stream.extend(number.to_be_bytes());
        }
        stream.extend([0, 1, 7, 1, 1]);
        stream.extend([0xFF, 0x64, 0, 4, 0, 1]);
        for &(tile, part, parts, data) in parts {
            stream.extend([0xFF, 0x90, 0, 10]);
            stream.extend(tile.to_be_bytes());
            stream.extend((14 + data.len() as u32).to_be_bytes());
            stream.extend([part, parts, 0xFF, 0x93]);
            stream.extend(data);
        }
        stream.extend(EOC);
        stream
    }

    #[test]
    fn tile_parts_lead_from_one_to_the_next_and_to_the_end() {
        let whole = stream(&[(0, 0, 2, &[1, 2, 3]), (1, 0, 1, &[4; 9]), (0, 1, 0, &[5])]);
        assert_eq!(up_to_end(&whole), Ok(&whole[..]));
        for behind in [&[0; 5000][..], &[0xFF; 70], &[1, 2, 3]] {
            assert_eq!(up_to_end(&[&whole, behind].concat()), Ok(&whole[..]));
        }
        let first = whole.windows(2).position(|pair| pair == SOT).unwrap();
        for at in first + 14..whole.len() - 2 {
            let cut = [&whole[..at], &EOC].concat();
            assert!(up_to_end(&cut).is_err(), "cut at {at}");
            let longer = [&whole[..at], &[0], &whole[at..]].concat();
            assert!(up_to_end(&longer).is_err(), "longer at {at}");
        }
    }

    #[test]
    fn an_open_length_reaches_to_the_end_marker() {
        let mut whole = stream(&[(0, 0, 1, &[1, 2, 3]), (1, 0, 1, &[4; 9])]);
        let last = whole.windows(2).rposition(|pair| pair == SOT).unwrap();
        whole[last + 6..last + 10].fill(0);
        assert_eq!(up_to_end(&[&whole[..], &[0; 100]].concat()), Ok(&whole[..]));
        assert!(up_to_end(&whole[..whole.len() - 1]).unwrap_err().contains("cut off"));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (parts, says) in [
            (&[(0, 0, 1, &[1][..])][..], "ends after 1 of 2 tiles"),
            (&[(0, 0, 2, &[1]), (1, 0, 1, &[2])], "ends after 1 of 2 tiles"),
            (&[(0, 1, 2, &[1])], "part 1 of tile 0 where part 0 should be"),
            (&[(2, 0, 1, &[1])], "has no tile 2"),
        ] {
            let reason = up_to_end(&stream(parts)).unwrap_err();
            assert!(reason.contains(says), "{reason}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_end_or_a_sentence(
            changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0xFF), Just(0), any::<u8>()]), 0..6),
            length in 0..120usize,
        ) {
            let mut bytes = stream(&[(0, 0, 1, &[1; 20]), (1, 0, 1, &[4; 9])]);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(length);
            prop_assert!(up_to_end(&bytes).map_or(true, |whole| whole.ends_with(&EOC)));
        }
    }
}
