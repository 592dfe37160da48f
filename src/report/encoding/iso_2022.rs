//! Single-byte character sets and their ISO 2022 code extensions (PS3.5 6.1.2.4, 6.1.2.5).

use dicom_core::VR;
use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_2_INIT, ISO_8859_3_INIT, ISO_8859_4_INIT, ISO_8859_5_INIT, ISO_8859_6_INIT,
    ISO_8859_7_INIT, ISO_8859_8_INIT, ISO_8859_15_INIT, WINDOWS_874_INIT, WINDOWS_1252_INIT, WINDOWS_1254_INIT,
};

const ESCAPE: u8 = 0x1B;

/// Sets of 96 characters in G1: ISO registration, final byte of the escape sequence (PS3.3 tables C.12-2
/// and C.12-3), and an encoding that agrees from A0 to FF: ISO 8859-1, -9 and -11 are the Windows ones there.
static SINGLE_BYTE: [(u16, u8, &Encoding); 11] = [
    (100, b'A', &WINDOWS_1252_INIT),
    (101, b'B', &ISO_8859_2_INIT),
    (109, b'C', &ISO_8859_3_INIT),
    (110, b'D', &ISO_8859_4_INIT),
    (126, b'F', &ISO_8859_7_INIT),
    (127, b'G', &ISO_8859_6_INIT),
    (138, b'H', &ISO_8859_8_INIT),
    (144, b'L', &ISO_8859_5_INIT),
    (148, b'M', &WINDOWS_1254_INIT),
    (166, b'T', &WINDOWS_874_INIT),
    (203, b'b', &ISO_8859_15_INIT),
];

/// What bytes 21 to 7E mean.
#[derive(Debug, Clone, Copy, PartialEq)]
enum G0 {
    /// ISO-IR 6.
    Ascii,
    /// ISO-IR 14, JIS X 0201: ASCII but for the yen sign and the overline.
    Romaji,
    /// ISO-IR 87, JIS X 0208: pairs.
    Kanji,
    /// ISO-IR 159, JIS X 0212: pairs.
    SupplementaryKanji,
}

/// What bytes A0 to FF mean.
#[derive(Debug, Clone, Copy, PartialEq)]
enum G1 {
    Single(&'static Encoding),
    /// ISO-IR 13, JIS X 0201.
    Katakana,
    /// Pairs: ISO-IR 149, KS X 1001, or ISO-IR 58, GB 2312.
    Double(&'static Encoding),
}

enum Designation {
    G0(G0),
    G1(G1),
}

/// The sets in force at the beginning of a value, and whether escape sequences may change them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iso2022 {
    g0: G0,
    g1: Option<G1>,
    extended: bool,
}

impl Iso2022 {
    /// ASCII alone: the default character repertoire.
    pub const DEFAULT: Self = Self { g0: G0::Ascii, g1: None, extended: false };

    /// GB 2312 without escape sequences, as some senders have it.
    pub fn gb_2312() -> Self {
        Self { g1: Some(G1::Double(GBK)), ..Self::DEFAULT }
    }

    /// The set that an ISO registration number of PS3.3 C.12.1.1.2 puts in force as value 1.
    pub fn registered(number: u16) -> Option<Self> {
        let (g0, g1) = match number {
            6 => (G0::Ascii, None),
            13 => (G0::Romaji, Some(G1::Katakana)),
            // Not allowed as value 1, and met there. Those of G0 always need an escape sequence.
            87 | 159 => (G0::Ascii, None),
            58 => (G0::Ascii, Some(G1::Double(GBK))),
            149 => (G0::Ascii, Some(G1::Double(EUC_KR))),
            _ => (G0::Ascii, Some(G1::Single(SINGLE_BYTE.iter().find(|set| set.0 == number)?.2))),
        };
        Some(Self { g0, g1, extended: matches!(number, 58 | 87 | 149 | 159) })
    }

    /// The same with code extensions.
    pub fn extended(self) -> Self {
        Self { extended: true, ..self }
    }

    /// The text of a whole value; `None` when a byte has no meaning.
    pub fn decode(&self, bytes: &[u8], vr: VR) -> Option<String> {
        let mut text = String::with_capacity(bytes.len());
        let (mut g0, mut g1) = (self.g0, self.g1);
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            let width = match byte {
                ESCAPE if self.extended => {
                    let (length, designated) = designation(after)?;
                    match designated {
                        Designation::G0(set) => g0 = set,
                        Designation::G1(set) => g1 = Some(set),
                    }
                    1 + length
                }
                ESCAPE | 0x80..=0x9F => return None,
                b' ' => put(&mut text, ' '),
                // PS3.5 6.1.2.5.3: value 1 is in force again after these. A double-byte G1 that value 1 does
                // not replace stays: senders leave out its second escape sequence.
                _ if byte < b' ' || byte == 0x7F || (g0.is_single() && is_delimiter(byte, vr)) => {
                    (g0, g1) = (self.g0, self.g1.or(g1));
                    put(&mut text, char::from(byte))
                }
                0x21..=0x7E => g0.decode(rest, &mut text)?,
                _ => g1?.decode(rest, &mut text)?,
            };
            rest = rest.get(width..)?;
        }
        Some(text)
    }
}

impl G0 {
    fn is_single(self) -> bool {
        matches!(self, Self::Ascii | Self::Romaji)
    }

    /// Decodes the first character of `bytes`, none of which is empty, and tells its length.
    fn decode(self, bytes: &[u8], text: &mut String) -> Option<usize> {
        match (self, bytes) {
            (Self::Romaji, [b'\\', ..]) => Some(put(text, '\u{A5}')),
            (Self::Romaji, [b'~', ..]) => Some(put(text, '\u{203E}')),
            (Self::Ascii | Self::Romaji, [byte, ..]) => Some(put(text, char::from(*byte))),
            (Self::Kanji, [a, b @ 0x21..=0x7E, ..]) => whole(EUC_JP, &[a | 0x80, b | 0x80], text, 2),
            (Self::SupplementaryKanji, [a, b @ 0x21..=0x7E, ..]) => whole(EUC_JP, &[0x8F, a | 0x80, b | 0x80], text, 2),
            _ => None,
        }
    }
}

impl G1 {
    /// As [`G0::decode`].
    fn decode(self, bytes: &[u8], text: &mut String) -> Option<usize> {
        match (self, bytes) {
            (Self::Single(encoding), [byte, ..]) => whole(encoding, &[*byte], text, 1),
            // Half-width forms begin at U+FF61 in the same order.
            (Self::Katakana, [byte @ 0xA1..=0xDF, ..]) => {
                Some(put(text, char::from_u32(0xFF61 + u32::from(byte - 0xA1))?))
            }
            (Self::Double(encoding), [a @ 0xA1..=0xFE, b @ 0xA1..=0xFE, ..]) => whole(encoding, &[*a, *b], text, 2),
            _ => None,
        }
    }
}

/// Appends one character of one byte.
fn put(text: &mut String, character: char) -> usize {
    text.push(character);
    1
}

/// Appends what `bytes` are in `encoding`; the character took `length` bytes of the value.
fn whole(encoding: &'static Encoding, bytes: &[u8], text: &mut String, length: usize) -> Option<usize> {
    text.push_str(&encoding.decode_without_bom_handling_and_without_replacement(bytes)?);
    Some(length)
}

/// Bytes between values, and between the parts of a name (PS3.5 6.2).
fn is_delimiter(byte: u8, vr: VR) -> bool {
    match vr {
        VR::PN => matches!(byte, b'\\' | b'^' | b'='),
        VR::LO | VR::SH | VR::UC => byte == b'\\',
        _ => false,
    }
}

/// The escape sequence whose bytes after ESC begin here, with its length (PS3.3 tables C.12-3 and C.12-4).
/// A sequence is understood whether its set is declared or not: it says itself what it means.
fn designation(bytes: &[u8]) -> Option<(usize, Designation)> {
    let (length, designated) = match bytes {
        [b'(', b'B', ..] => (2, Designation::G0(G0::Ascii)),
        [b'(', b'J', ..] => (2, Designation::G0(G0::Romaji)),
        [b'$', b'B', ..] => (2, Designation::G0(G0::Kanji)),
        [b'$', b'(', b'D', ..] => (3, Designation::G0(G0::SupplementaryKanji)),
        [b')', b'I', ..] => (2, Designation::G1(G1::Katakana)),
        [b'$', b')', b'C', ..] => (3, Designation::G1(G1::Double(EUC_KR))),
        [b'$', b')', b'A', ..] => (3, Designation::G1(G1::Double(GBK))),
        [b'-', last, ..] => {
            (2, Designation::G1(G1::Single(SINGLE_BYTE.iter().find(|(_, last_of, _)| last_of == last)?.2)))
        }
        _ => return None,
    };
    Some((length, designated))
}
