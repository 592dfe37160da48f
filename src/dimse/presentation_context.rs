//! Presentation contexts: what both sides of an association agreed to speak (PS3.8 7.1.1.13).

/// Most contexts of an association: their identifiers are the odd numbers up to 255 (PS3.8 9.3.2.2).
pub(super) const MAX_CONTEXTS: usize = 128;

/// A presentation context both sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Context {
    pub id: u8,
    pub abstract_syntax: String,
    pub transfer_syntax: String,
}

/// A UID of a request, without the padding that some peers leave around it.
pub(super) fn trimmed(uid: &str) -> &str {
    uid.trim_matches([' ', '\0'])
}
