//! Transfer syntaxes (PS3.5 section 10 and Annex A): the one table of what each means for walking a dataset, for decoding
//! its pixels and for the network.

use dicom_dictionary_std::uids;

use super::uids::EXPLICIT_VR_BIG_ENDIAN;

/// How element headers are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Tag and a 32-bit length, little endian.
    Implicit,
    /// Tag, VR and length, little endian.
    ExplicitLittle,
    /// Tag, VR and length, big endian.
    ExplicitBig,
}

/// The families of compressed streams that are decoded here, which differ in where their header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// JPEG (ISO 10918-1): markers, then a frame header.
    Jpeg,
    /// JPEG-LS (ISO 14495-1): as JPEG, with data of another kind.
    JpegLs,
    /// JPEG 2000 (ISO 15444-1): a SIZ segment.
    Jpeg2000,
    /// RLE Lossless (PS3.5 Annex G): a table of segments that does not say the image's size.
    Rle,
}

/// A transfer syntax as those see it who walk a dataset or decode its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferSyntax {
    /// Layout of element headers.
    pub layout: Layout,
    /// The whole dataset is one raw deflate stream (PS3.5 A.5).
    pub deflated: bool,
    /// Pixel data comes in fragments (PS3.5 A.4).
    pub encapsulated: bool,
    /// What the fragments are; `None` where they are none, or cannot be decoded here.
    pub family: Option<Family>,
}

/// What the receiver takes a transfer syntax for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Its pixels can be analysed: taken from every sender.
    ToAnalyse,
    /// They cannot, but passed on: taken only from senders whose images are. A sender that is refused it falls back to
    /// another encoding, one that is accepted would send in vain.
    ToPassOn,
}

use Family::{Jpeg, Jpeg2000, JpegLs, Rle};
use Taken::{ToAnalyse, ToPassOn};

/// A row each; what is not listed is refused in negotiation.
const TABLE: [(&str, TransferSyntax, Taken); 18] = [
    (uids::EXPLICIT_VR_LITTLE_ENDIAN, native(Layout::ExplicitLittle), ToAnalyse),
    (uids::IMPLICIT_VR_LITTLE_ENDIAN, native(Layout::Implicit), ToAnalyse),
    (EXPLICIT_VR_BIG_ENDIAN, native(Layout::ExplicitBig), ToAnalyse),
    (
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        TransferSyntax { deflated: true, ..native(Layout::ExplicitLittle) },
        ToAnalyse,
    ),
    (uids::JPEG_BASELINE8_BIT, fragments(Some(Jpeg)), ToAnalyse),
    // Its 12-bit images cannot be decoded here, its 8-bit ones can where a file has them.
    (uids::JPEG_EXTENDED12_BIT, fragments(Some(Jpeg)), ToPassOn),
    (uids::JPEG_LOSSLESS, fragments(Some(Jpeg)), ToAnalyse),
    (uids::JPEG_LOSSLESS_SV1, fragments(Some(Jpeg)), ToAnalyse),
    (uids::JPEGLS_LOSSLESS, fragments(Some(JpegLs)), ToAnalyse),
    (uids::JPEGLS_NEAR_LOSSLESS, fragments(Some(JpegLs)), ToAnalyse),
    (uids::JPEG2000_LOSSLESS, fragments(Some(Jpeg2000)), ToAnalyse),
    (uids::JPEG2000, fragments(Some(Jpeg2000)), ToAnalyse),
    (uids::JPEG2000MC_LOSSLESS, fragments(None), ToPassOn),
    (uids::JPEG2000MC, fragments(None), ToPassOn),
    (uids::HTJ2K_LOSSLESS, fragments(None), ToPassOn),
    (uids::HTJ2K_LOSSLESS_RPCL, fragments(None), ToPassOn),
    (uids::HTJ2K, fragments(None), ToPassOn),
    (uids::RLE_LOSSLESS, fragments(Some(Rle)), ToAnalyse),
];

const fn native(layout: Layout) -> TransferSyntax {
    TransferSyntax { layout, deflated: false, encapsulated: false, family: None }
}

const fn fragments(family: Option<Family>) -> TransferSyntax {
    TransferSyntax { encapsulated: true, family, ..native(Layout::ExplicitLittle) }
}

/// UIDs of what every sender may send: every encoding whose pixels the analysis can decode.
pub fn received() -> impl Iterator<Item = &'static str> {
    taken(ToAnalyse)
}

/// UIDs of what can only be passed on.
pub fn forwarded() -> impl Iterator<Item = &'static str> {
    taken(ToPassOn)
}

fn taken(purpose: Taken) -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(move |(_, _, taken)| *taken == purpose).map(|(uid, _, _)| *uid)
}

impl TransferSyntax {
    /// The transfer syntax of `uid`; `None` for one that is not known: JPIP and SMPTE, whose pixels
    /// are not in the dataset, and private ones.
    pub fn of(uid: &str) -> Option<Self> {
        let listed = TABLE.iter().find(|(known, _, _)| *known == uid).map(|(_, syntax, _)| *syntax);
        listed.or_else(|| is_in_fragments(uid).then_some(fragments(None)))
    }
}

/// Standard encodings beside the table whose pixels come in fragments: retired JPEG, MPEG, JPEG XL (…2.4.50 to …2.4.203
/// but the JPIP ones), and deflated frames.
fn is_in_fragments(uid: &str) -> bool {
    if let Some(number) = uid.strip_prefix("1.2.840.10008.1.2.4.") {
        return match number.split('.').next().and_then(|first| first.parse::<u16>().ok()) {
            Some(94 | 95 | 204 | 205) => false,
            Some(number) => (50..=203).contains(&number),
            None => false,
        };
    }
    uid == uids::DEFLATED_IMAGE_FRAME_COMPRESSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_analysed_can_be_decoded() {
        for uid in received() {
            let syntax = TransferSyntax::of(uid).unwrap();
            assert_eq!(syntax.encapsulated, syntax.family.is_some(), "{uid}");
        }
        assert_eq!((received().count(), forwarded().count()), (12, 6));
    }

    #[test]
    fn compressed_pixels_mean_fragments() {
        let encapsulated = |uid: &str| TransferSyntax::of(uid).map(|syntax| syntax.encapsulated);
        assert_eq!(encapsulated("1.2.840.10008.1.2.1"), Some(false));
        assert_eq!(encapsulated("1.2.840.10008.1.2.4.70"), Some(true));
        assert_eq!(encapsulated("1.2.840.10008.1.2.4.102"), Some(true));
        assert_eq!(encapsulated("1.2.840.10008.1.2.5"), Some(true));
        for unknown in ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.205", "1.2.840.10008.1.2.4.", "1.2.3", ""] {
            assert_eq!(encapsulated(unknown), None, "{unknown}");
        }
    }
}
