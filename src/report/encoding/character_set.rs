//! Specific Character Set (0008,0005): what its terms mean (PS3.3 C.12.1.1.2).

use dicom_core::VR;
use encoding_rs::{Encoding, GB18030, GBK, UTF_8};

use super::iso_2022::Iso2022;

/// How the texts of an object are encoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CharacterSet {
    /// One encoding that has our texts too, without code extensions: UTF-8, GB18030 or GBK.
    Wide(&'static Encoding),
    /// Single bytes, or what escape sequences say.
    Iso2022(Iso2022),
}

impl CharacterSet {
    /// UTF-8.
    pub const UTF_8_TERM: &str = "ISO_IR 192";

    /// The set that a value of Specific Character Set declares. Of one that is absent, empty or not
    /// known, ASCII is understood and nothing else.
    pub fn declared(value: &[u8]) -> Self {
        let names: Vec<&[u8]> = value.split(|&byte| byte == b'\\').map(trimmed).collect();
        let iso_2022 = match names[..] {
            [b"ISO_IR 192"] => return Self::Wide(UTF_8),
            [b"GB18030"] => return Self::Wide(GB18030),
            [b"GBK"] => return Self::Wide(GBK),
            [b"GB2312"] => Some(Iso2022::gb_2312()),
            [b""] => None,
            [name] => registered(name),
            [first, ref others @ ..] => extended(first, others),
            [] => None,
        };
        Self::Iso2022(iso_2022.unwrap_or(Iso2022::DEFAULT))
    }

    /// The text of a whole value, its delimiters as they are; `None` when it is not in this set.
    pub fn decode(&self, bytes: &[u8], vr: VR) -> Option<String> {
        match self {
            Self::Wide(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
            }
            Self::Iso2022(set) => set.decode(bytes, vr),
        }
    }

    /// A text of ours in this set; `None` when it cannot be said in it, which of ASCII is never so.
    pub fn encode(&self, text: &str) -> Option<Vec<u8>> {
        match self {
            _ if text.is_ascii() => Some(text.as_bytes().to_vec()),
            // The encoder of web pages gives the Euro sign the byte 80, which is not in GBK.
            Self::Wide(encoding) if *encoding == GBK && text.contains('\u{20AC}') => None,
            Self::Wide(encoding) => {
                let (bytes, _, replaced) = encoding.encode(text);
                (!replaced).then(|| bytes.into_owned())
            }
            Self::Iso2022(_) => None,
        }
    }
}

/// Without the padding of PS3.5 6.2.
fn trimmed(name: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let start = name.iter().position(|byte| !is_padding(byte)).unwrap_or(name.len());
    let end = name.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    &name[start..end]
}

/// Value 1 with the code extensions of the other values; none when one of them is no set with extensions.
fn extended(first: &[u8], others: &[&[u8]]) -> Option<Iso2022> {
    let initial = if first.is_empty() { Iso2022::DEFAULT } else { registered(first)? };
    others.iter().all(|name| registered(name).is_some()).then(|| initial.extended())
}

/// The set of one term: "ISO_IR 100", "ISO 2022 IR 100", and how senders misspell them.
fn registered(name: &[u8]) -> Option<Iso2022> {
    let name = std::str::from_utf8(name).ok()?.replace(['_', '-'], " ");
    let words: Vec<&str> = name.split_whitespace().collect();
    let set = |number: &str| Iso2022::registered(number.parse().ok()?);
    match words[..] {
        ["ISO", "IR", number] => set(number),
        ["ISO", "2022", "IR", number] | ["ISO2022", "IR", number] => set(number).map(Iso2022::extended),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_KR, ISO_2022_JP, ISO_8859_2, SHIFT_JIS, WINDOWS_874, WINDOWS_1252, WINDOWS_1254};
    use proptest::prelude::*;

    use super::*;

    fn name(set: &[u8], bytes: &[u8]) -> Option<String> {
        CharacterSet::declared(set).decode(bytes, VR::PN)
    }

    #[test]
    fn the_standard_s_examples_are_read() {
        // PS3.5 H.3.1, H.3.2, I.2, J.3, K.2.
        let kanji = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        assert_eq!(name(b"\\ISO 2022 IR 87", kanji).unwrap(), "Yamada^Tarou=山田^太郎=やまだ^たろう");
        let katakana = b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J";
        assert_eq!(name(b"ISO 2022 IR 13\\ISO 2022 IR 87 ", katakana).unwrap(), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎");
        let hangul = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        assert_eq!(name(b"\\ISO 2022 IR 149", hangul).unwrap(), "Hong^Gildong=洪^吉洞=홍^길동");
        assert_eq!(name(b"GB18030 ", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab").unwrap(), "Wang^XiaoDong=王^小东");
        let hanzi = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab= ";
        assert_eq!(name(b"\\ISO 2022 IR 58", hanzi).unwrap(), "Zhang^XiaoDong=张^小东= ");
    }

    #[test]
    fn delimiters_within_double_bytes_are_characters() {
        assert_eq!(name(b"\\ISO 2022 IR 87", b"\x1b$B%\\\x1b(B\\\x1b$B%\\\x1b(B").unwrap(), "ボ\\ボ");
        assert_eq!(name(b"GBK", b"\xc0\xee^\xd5\x5c").unwrap(), "李^誠");
        // H.3.2: JIS X 0201 has the yen sign where a delimiter is not meant.
        let yen = |vr| CharacterSet::declared(b"ISO_IR 13").decode(b"\\~", vr).unwrap();
        assert_eq!((yen(VR::LT), yen(VR::LO)), ("\u{A5}\u{203E}".into(), "\\\u{203E}".into()));
    }

    #[test]
    fn value_1_is_in_force_again_after_a_delimiter() {
        let set = b"ISO 2022 IR 100\\ISO 2022 IR 144";
        assert_eq!(name(set, b"\x1b-L\xbb^\xe4\r\n").unwrap(), "Л^ä\r\n");
        assert_eq!(CharacterSet::declared(set).decode(b"\x1b-L\xbb^\xbb\n\xe4", VR::LT).unwrap(), "Л^Л\nä");
        // A sender that leaves out the second escape sequence: value 1 has nothing else to say there.
        assert_eq!(name(b"\\ISO 2022 IR 149", b"\x1b$)C\xc8\xab^\xb1\xe6\xb5\xbf").unwrap(), "홍^길동");
    }

    #[test]
    fn bytes_without_a_meaning_are_no_text() {
        let wrong: [(&[u8], &[u8]); 12] = [
            (b"", b"M\xfcller"),
            (b"ISO_IR 6", b"M\xfcller"),
            (b"FOO", b"M\xfcller"),
            (b"ISO_IR 100\\GB18030", b"M\xfcller"),
            (b"ISO_IR 100", b"\x80"),
            (b"ISO_IR 100", b"\x1b-L\xbb"),
            (b"ISO_IR 166", b"\xdb"),
            (b"ISO_IR 192", b"M\xfcller"),
            (b"GB18030", b"\xd5"),
            (b"\\ISO 2022 IR 87", b"\x1b$B;"),
            (b"\\ISO 2022 IR 87", b"\x1b$Z"),
            (b"\\ISO 2022 IR 149", b"\xc8\xab"),
        ];
        for (set, bytes) in wrong {
            assert_eq!(name(set, bytes), None, "{set:?} {bytes:?}");
            assert_eq!(name(set, b"DOE^JANE").unwrap(), "DOE^JANE");
        }
    }

    #[test]
    fn terms_are_known_as_senders_write_them() {
        let declared = CharacterSet::declared;
        for term in [&b"ISO_IR_148"[..], b"ISO-IR 148", b" ISO_IR 148\0", b"ISO IR 148"] {
            assert_eq!(declared(term), declared(b"ISO_IR 148"), "{term:?}");
        }
        assert_eq!(declared(b"ISO2022 IR 100"), declared(b"ISO 2022 IR 100"));
        assert_ne!(declared(b"ISO 2022 IR 100"), declared(b"ISO_IR 100"), "only one has escape sequences");
    }

    #[test]
    fn our_texts_are_said_where_they_can_be() {
        let said = |set: &[u8], text| CharacterSet::declared(set).encode(text);
        assert_eq!(said(b"ISO_IR 192", "骨折").unwrap(), "骨折".as_bytes());
        assert_eq!(said(b"GBK", "骨折").unwrap(), b"\xb9\xc7\xd5\xdb");
        assert_eq!(said(b"GB18030", "\u{1F9B4}").unwrap(), b"\x95\x30\xdd\x34");
        assert_eq!([said(b"GBK", "\u{1F9B4}"), said(b"GBK", "\u{20AC}"), said(b"ISO_IR 100", "ä")], [None, None, None]);
        assert_eq!(said(b"ISO_IR 13", "fracture").unwrap(), b"fracture");
    }

    /// Texts that `encoding` has, in it and decoded.
    fn texts(
        encoding: &'static Encoding,
        from: std::ops::RangeInclusive<char>,
    ) -> impl Strategy<Value = (Vec<u8>, String)> {
        let character = prop::char::range(*from.start(), *from.end());
        prop::collection::vec(character, 0..20).prop_map(move |characters| {
            let is_said = |c: &char| !encoding.encode(c.encode_utf8(&mut [0; 4])).2;
            let text: String = characters.into_iter().filter(is_said).collect();
            (encoding.encode(&text).0.into_owned(), text)
        })
    }

    proptest! {
            #[test]
            fn valid_texts_survive(
                latin in texts(WINDOWS_1252, '\u{A0}'..='\u{FF}'), polish in texts(ISO_8859_2, '\u{A0}'..='\u{2DD}'),
                turkish in texts(WINDOWS_1254, '\u{A0}'..='\u{15F}').prop_filter("C1", |(bytes, _)| !bytes.iter().any(|b| (0x80..0xA0).contains(b))),
                thai in texts(WINDOWS_874, '\u{E01}'..='\u{E5B}'), katakana in texts(SHIFT_JIS, '\u{FF61}'..='\u{FF9F}'),
                kanji in texts(ISO_2022_JP, '\u{4E00}'..='\u{9FA5}'), hanja in texts(EUC_KR, '\u{4E00}'..='\u{9FA5}'),
                hanzi in texts(GBK, '\u{4E00}'..='\u{9FA5}'), rare in texts(GB18030, '\u{20000}'..='\u{2A6D6}'),
            ) {
                let escaped = |(bytes, text): (Vec<u8>, String)| ([b"\x1b$)C", &bytes[..]].concat(), text);
                for (set, (bytes, text)) in [
                    ("ISO_IR 100", latin), ("ISO_IR 101", polish), ("ISO_IR 148", turkish), ("ISO_IR 166", thai),
                    ("ISO_IR 13", katakana), ("\\ISO 2022 IR 87", kanji), ("\\ISO 2022 IR 149", escaped(hanja)),
                    ("GBK", hanzi), ("GB18030", rare),
                ] {
                    prop_assert_eq!(CharacterSet::declared(set.as_bytes()).decode(&bytes, VR::LO), Some(text), "{}", set);
                }
            }

            #[test]
            fn any_bytes_are_a_text_or_none(set in "[ -~]{0,20}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
                let declared = CharacterSet::declared(b"ISO_IR 192").decode(&bytes, VR::PN);
                prop_assert_eq!(declared.map(String::into_bytes), std::str::from_utf8(&bytes).is_ok().then(|| bytes.clone()));
                for set in [set.as_str(), "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", "\\ISO 2022 IR 149", "GBK"] {
                    let text = CharacterSet::declared(set.as_bytes()).decode(&bytes, VR::PN);
    prop_assert!(text.is_none_or(|text| !text.contains(char::REPLACEMENT_CHARACTER)), "nothing is replaced");
                }
            }
        }
}
