//! DICOM identifiers, checked once at the edge: AE titles and UIDs.
//!
//! In: text from a configuration file, a network peer or a file. Out: values that are known to be
//! well formed, so that no other room checks again. Never touches a network or a disk.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Implementation Class UID of this software (PS3.7 D.3.3.2), fixed for all its versions.
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.311446268246093915735236894173204116225";

/// Implementation Version Name (PS3.7 D.3.3.2), at most 16 characters.
pub const IMPLEMENTATION_VERSION_NAME: &str = concat!(
    "SPINETRIAGE_",
    env!("CARGO_PKG_VERSION_MAJOR"),
    env!("CARGO_PKG_VERSION_MINOR"),
    env!("CARGO_PKG_VERSION_PATCH")
);

/// Why a text is no AE title or no UID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Not an AE title of PS3.5 6.2.
    #[error("\"{text}\" is no AE title: {reason}")]
    AeTitle {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not a UID of PS3.5 section 9.
    #[error("\"{text}\" is no UID: {reason}")]
    Uid {
        /// The text as given, shortened to 80 characters.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// An Application Entity title: 1 to 16 characters of the default repertoire without backslash or
/// control characters, leading and trailing spaces not significant (PS3.5 6.2, VR AE).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AeTitle(String);

impl AeTitle {
    /// Checks `text` and strips its insignificant spaces.
    pub fn new(text: &str) -> Result<Self, IdentifierError> {
        let trimmed = text.trim_matches(' ');
        let reason = if trimmed.is_empty() {
            "it is empty"
        } else if trimmed.len() > 16 {
            "it is longer than 16 characters"
        } else if !trimmed.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'\\') {
            "only printable ASCII without backslash is allowed"
        } else {
            return Ok(Self(trimmed.to_owned()));
        };
        Err(IdentifierError::AeTitle { text: text.to_owned(), reason })
    }

    /// The title without padding.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A unique identifier: components of digits without leading zeros, joined by dots, at most 64
/// characters (PS3.5 9.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uid(String);

impl Uid {
    /// Checks `text`; one trailing NUL or space (the padding of VR UI) is not significant.
    pub fn new(text: &str) -> Result<Self, IdentifierError> {
        let trimmed = text.strip_suffix(['\0', ' ']).unwrap_or(text);
        let component =
            |c: &str| !c.is_empty() && c.bytes().all(|b| b.is_ascii_digit()) && (c == "0" || !c.starts_with('0'));
        let reason = if trimmed.is_empty() {
            "it is empty"
        } else if trimmed.len() > 64 {
            "it is longer than 64 characters"
        } else if !trimmed.split('.').all(component) {
            "its components must be digits without leading zeros, joined by dots"
        } else {
            return Ok(Self(trimmed.to_owned()));
        };
        Err(IdentifierError::Uid { text: text.chars().take(80).collect(), reason })
    }

    /// A fresh UID of ours: `2.25.` and a random UUID as an integer (PS3.5 B.2).
    pub fn generate() -> Self {
        Self(format!("2.25.{}", uuid::Uuid::new_v4().as_u128()))
    }

    /// The UID that always belongs to the same `parts`: `2.25.` and a name-based UUID (RFC 9562
    /// version 8) from their SHA-256. A report written twice from one request is the same to the bit.
    pub fn derived(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(format!("2.25.{}", u128::from_be_bytes(bytes)))
    }

    /// The UID without padding.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_conversions {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $type {
            type Error = IdentifierError;
            fn try_from(text: String) -> Result<Self, IdentifierError> {
                Self::new(&text)
            }
        }
        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.0
            }
        }
    };
}
text_conversions!(AeTitle);
text_conversions!(Uid);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ae_titles_are_trimmed_and_bounded() {
        assert_eq!(AeTitle::new(" DX_ROOM1  ").unwrap().as_str(), "DX_ROOM1");
        for bad in ["", "   ", "A\\B", "SEVENTEEN_LETTERS", "T\u{e4}ST", "A\nB"] {
            assert!(AeTitle::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn uids_follow_ps3_5_section_9() {
        assert_eq!(Uid::new("1.2.840.10008.1.1\0").unwrap().as_str(), "1.2.840.10008.1.1");
        for bad in ["", "1..2", "1.02", "1.2.", "../etc", "1.2.a", &"1.".repeat(40)] {
            assert!(Uid::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn our_uids_are_valid_and_derived_ones_repeat() {
        assert!(Uid::new(Uid::generate().as_str()).is_ok());
        let a = Uid::derived(&["report", "1"]);
        assert_eq!(a, Uid::derived(&["report", "1"]));
        assert_ne!(a, Uid::derived(&["report1", ""]));
        assert!(Uid::new(a.as_str()).is_ok());
        assert!(Uid::new(IMPLEMENTATION_CLASS_UID).is_ok());
        assert!(IMPLEMENTATION_VERSION_NAME.len() <= 16);
    }
}
