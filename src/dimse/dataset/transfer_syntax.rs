//! What a transfer syntax means for walking a dataset (PS3.5 section 10 and Annex A).

use crate::dimse::uids;

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

/// A transfer syntax as the scanner sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferSyntax {
    /// Layout of element headers.
    pub layout: Layout,
    /// The whole dataset is one raw deflate stream (PS3.5 A.5).
    pub deflated: bool,
    /// Pixel data comes in fragments (PS3.5 A.4).
    pub encapsulated: bool,
}

impl TransferSyntax {
    /// The transfer syntax of `uid`; `None` for one that is not known: JPIP and SMPTE, whose pixels
    /// are not in the dataset, and private ones.
    pub fn of(uid: &str) -> Option<Self> {
        let native = |layout| Self { layout, deflated: false, encapsulated: false };
        match uid {
            uids::IMPLICIT_VR_LITTLE_ENDIAN => Some(native(Layout::Implicit)),
            uids::EXPLICIT_VR_LITTLE_ENDIAN => Some(native(Layout::ExplicitLittle)),
            uids::EXPLICIT_VR_BIG_ENDIAN => Some(native(Layout::ExplicitBig)),
            uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => Some(Self { deflated: true, ..native(Layout::ExplicitLittle) }),
            _ if is_encapsulated(uid) => Some(Self { encapsulated: true, ..native(Layout::ExplicitLittle) }),
            _ => None,
        }
    }
}

/// JPEG, JPEG-LS, JPEG 2000, MPEG, HTJ2K and JPEG XL (…2.4.50 to …2.4.205 but the JPIP ones), RLE,
/// and deflated frames.
fn is_encapsulated(uid: &str) -> bool {
    if let Some(number) = uid.strip_prefix("1.2.840.10008.1.2.4.") {
        return match number.split('.').next().and_then(|first| first.parse::<u16>().ok()) {
            Some(94 | 95 | 204 | 205) => false,
            Some(number) => (50..=203).contains(&number),
            None => false,
        };
    }
    matches!(uid, "1.2.840.10008.1.2.5" | "1.2.840.10008.1.2.8.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_transfer_syntax_is_known() {
        for uid in uids::RECEIVED_TRANSFER_SYNTAXES {
            assert!(TransferSyntax::of(uid).is_some(), "{uid}");
        }
    }

    #[test]
    fn compressed_pixels_mean_fragments() {
        let encapsulated = |uid: &str| TransferSyntax::of(uid).map(|syntax| syntax.encapsulated);
        assert_eq!(encapsulated("1.2.840.10008.1.2.1"), Some(false));
        assert_eq!(encapsulated("1.2.840.10008.1.2.4.70"), Some(true));
        assert_eq!(encapsulated("1.2.840.10008.1.2.5"), Some(true));
        for unknown in ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.205", "1.2.840.10008.1.2.4.", "1.2.3", ""] {
            assert_eq!(encapsulated(unknown), None, "{unknown}");
        }
    }
}
