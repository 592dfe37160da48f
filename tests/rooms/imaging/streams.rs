//! Compressed streams that are damaged and do not say so, and whole ones that look odd.

use std::ops::Range;
use std::path::PathBuf;

use spinetriage::imaging::ImagingError;
use spinetriage::imaging::decode::read;

use super::dicom;

const END_MARKER: [u8; 2] = [0xFF, 0xD9];
/// Every kind of stream, each with a marker behind which its data begin; RLE has none.
const KINDS: [(&str, Option<u8>); 9] = [
    ("jpeg_baseline_50", Some(0xDA)),
    ("jpeg_lossless_57", Some(0xDA)),
    ("jpeg_lossless_70", Some(0xDA)),
    ("jpeg_8_bits_in_16", Some(0xDA)),
    ("jpegls_80", Some(0xDA)),
    ("jpegls_81", Some(0xDA)),
    ("jpeg2000_90", Some(0x93)),
    ("jpeg2000_91", Some(0x93)),
    ("rle", None),
];

/// A golden file that can be read again with another stream in it.
struct Film {
    name: &'static str,
    /// The file up to the items of Pixel Data.
    head: Vec<u8>,
    /// The stream without padding.
    stream: Vec<u8>,
    /// Where its coded data are.
    data: Range<usize>,
    pixels: Vec<f32>,
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Film {
    fn open((name, marker): (&'static str, Option<u8>)) -> Self {
        let file = std::fs::read(dicom(name)).unwrap();
        let value = super::stream_of(&file);
        // Pixel Data, OB, of undefined length.
        let header = [0xE0, 0x7F, 0x10, 0x00, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
        let head = file.windows(header.len()).position(|bytes| bytes == header).unwrap() + header.len();
        let head = file[..head].to_vec();
        let mut stream = file[value].to_vec();
        while stream.last() == Some(&0) {
            stream.pop();
        }
        let data = match marker {
            Some(marker) => {
                let at = stream.windows(2).position(|pair| pair == [0xFF, marker]).unwrap();
                // The headers of scans are of 8 bytes.
                at + if marker == 0xDA { 10 } else { 2 }..stream.len() - 2
            }
            None => 64..stream.len() - 1,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.dcm");
        let pixels = read(&dicom(name)).unwrap().0.pixels;
        Self { name, head, stream, data, pixels, _folder: folder, path }
    }

    fn end(&self) -> &'static [u8] {
        if self.name == "rle" { &[] } else { &END_MARKER }
    }

    /// The first bytes of the stream, closed as if that were all.
    fn cut(&self, length: usize) -> Vec<u8> {
        [&self.stream[..length], self.end()].concat()
    }

    fn with_inserted(&self, at: usize, bytes: &[u8]) -> Vec<u8> {
        [&self.stream[..at], bytes, &self.stream[at..]].concat()
    }

    /// Reads the film with these fragments, each made even as PS3.5 A.4 has it.
    fn read(&self, fragments: &[&[u8]]) -> Result<Vec<f32>, String> {
        let mut file = self.head.clone();
        for fragment in std::iter::once(&[][..]).chain(fragments.iter().copied()) {
            file.extend([0xFE, 0xFF, 0x00, 0xE0]);
            file.extend((fragment.len().next_multiple_of(2) as u32).to_le_bytes());
            file.extend(fragment);
            file.resize(file.len().next_multiple_of(2), 0);
        }
        file.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        std::fs::write(&self.path, file).unwrap();
        match read(&self.path) {
            Ok((radiograph, _)) => Ok(radiograph.pixels),
            Err(error @ ImagingError::Codec { .. }) => Err(error.to_string()),
            Err(error) => panic!("{}: {error}", self.name),
        }
    }

    /// How many of `streams` are read as another picture.
    fn misread(&self, streams: impl Iterator<Item = Vec<u8>>) -> usize {
        streams.filter(|stream| self.read(&[stream]).is_ok_and(|pixels| pixels != self.pixels)).count()
    }

    /// Offsets in the coded data, every `step`th.
    fn places(&self, step: usize) -> impl Iterator<Item = usize> + use<> {
        self.data.clone().step_by(step)
    }
}

#[test]
fn a_stream_cut_short_and_closed_with_an_end_marker_is_no_picture() {
    for kind in KINDS {
        let film = Film::open(kind);
        let step = if kind.0.starts_with("jpeg2000") { 29 } else { 7 };
        assert_eq!(film.misread(film.places(step).map(|length| film.cut(length))), 0, "{}", film.name);
        for percent in [1, 50, 99] {
            let length = film.data.start + film.data.len() * percent / 100;
            assert!(film.read(&[&film.cut(length)]).is_err(), "{} at {percent} %", film.name);
        }
    }
    let says = |kind, percent| {
        let film = Film::open(kind);
        film.read(&[&film.cut(film.data.start + film.data.len() * percent / 100)]).unwrap_err()
    };
    let lossless = says(KINDS[2], 50);
    assert!(lossless.contains("JPEG Lossless") && lossless.contains(" of 3072 pixels"), "{lossless}");
    let baseline = says(KINDS[0], 1);
    assert!(baseline.contains("the stream ends after 0 of 48 blocks of 8 x 8 pixels"), "{baseline}");
}

/// Where codes fall into step again behind a byte too many and the number of pixels is right, no reader can tell:
/// rarely so in JPEG Lossless and RLE, never in JPEG 2000, near the end in JPEG-LS, and often in blocks, of which
/// only the count and the range are known.
#[test]
fn a_byte_too_many_in_mid_stream_is_mostly_found() {
    for (kind, at_most) in KINDS.into_iter().zip([0.75, 0.15, 0.15, 0.05, 0.03, 0.03, 0.0, 0.0, 0.05]) {
        let film = Film::open(kind);
        let step = if kind.0.starts_with("jpeg2000") { 29 } else { 7 };
        for byte in [0, 0x55] {
            let misread = film.misread(film.places(step).map(|at| film.with_inserted(at, &[byte])));
            let tried = film.places(step).count();
            assert!(misread as f64 <= at_most * tried as f64, "{}: {misread} of {tried}", film.name);
        }
    }
}

#[test]
fn bytes_behind_the_last_pixel_are_counted() {
    for (kind, says) in [
        (KINDS[0], "12 bytes are left in the stream after its last block of 8 x 8 pixels: it is damaged"),
        (KINDS[2], "12 bytes are left in the stream after its last pixel: it is damaged"),
    ] {
        let film = Film::open(kind);
        let longer = film.with_inserted(film.data.end, &[7; 12]);
        assert!(film.read(&[&longer]).unwrap_err().contains(says), "{:?}", film.read(&[&longer]));
    }
    for kind in KINDS {
        let film = Film::open(kind);
        let longer = film.with_inserted(film.data.end, &[7; 12]);
        assert!(film.read(&[&longer]).is_err(), "{}", film.name);
    }
}

/// A byte that made an odd fragment even is data in mid-stream; with and without it the stream may be whole.
#[test]
fn an_odd_fragment_made_even_in_mid_stream_is_no_picture() {
    for kind in KINDS {
        let film = Film::open(kind);
        let step = if kind.0.starts_with("jpeg2000") { 58 } else { 14 };
        let odd = film.places(step).map(|at| at | 1).filter(|&at| at < film.data.end);
        for at in odd {
            let (first, second) = film.stream.split_at(at);
            let read = film.read(&[first, second]);
            // FF and a zero are a stuffed byte.
            assert!(read.is_err() || first.ends_with(&[0xFF]), "{} at {at}", film.name);
        }
    }
}

#[test]
fn fragments_of_even_length_are_one_stream() {
    for kind in KINDS {
        let film = Film::open(kind);
        let step = if kind.0.starts_with("jpeg2000") { 58 } else { 14 };
        for at in film.places(step).map(|at| at & !1) {
            let (first, second) = film.stream.split_at(at);
            let read = film.read(&[first, second]);
            assert!(read == Ok(film.pixels.clone()) || first.ends_with(&[0]), "{} at {at}: {read:?}", film.name);
        }
    }
}

#[test]
fn padding_behind_the_end_marker_may_be_long() {
    for kind in KINDS {
        let film = Film::open(kind);
        for (byte, count) in [(0, 2), (0, 70), (0, 5000), (0xFF, 1), (0xFF, 5000), (0x20, 70)] {
            if byte == 0 || kind.0 != "rle" {
                let padded = [&film.stream[..], &vec![byte; count]].concat();
                assert_eq!(film.read(&[&padded]), Ok(film.pixels.clone()), "{}: {count} of {byte}", film.name);
            }
        }
    }
}

#[test]
fn a_deflated_data_set_that_ends_early_is_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.dcm");
    let whole = std::fs::read(dicom("deflated")).unwrap();
    let pixels = read(&dicom("deflated")).unwrap().0.pixels;
    let mut refused = 0;
    for length in (whole.len() / 4..whole.len()).step_by(13) {
        std::fs::write(&path, &whole[..length]).unwrap();
        match read(&path) {
            Ok((radiograph, _)) => assert_eq!(radiograph.pixels, pixels, "{length} of {} bytes", whole.len()),
            Err(error) => {
                assert!(error.is_permanent(), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}
