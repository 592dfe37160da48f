//! Why an archive does not answer for an object.

use std::fmt;

/// Failure Reason (0008,1197) of storage commitment (PS3.3 C.14.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureReason(pub u16);

impl FailureReason {
    /// The archive failed in a way that it does not explain.
    pub const PROCESSING_FAILURE: Self = Self(0x0110);
    /// It has no such object.
    pub const NO_SUCH_OBJECT: Self = Self(0x0112);
    /// It lacks resources.
    pub const RESOURCE_LIMITATION: Self = Self(0x0213);

    /// Code as it stands on the wire.
    pub fn code(self) -> u16 {
        self.0
    }

    /// Whether it may be over by itself.
    pub fn is_transient(self) -> bool {
        self == Self::PROCESSING_FAILURE || self == Self::RESOURCE_LIMITATION
    }

    /// The code in words.
    pub fn meaning(self) -> &'static str {
        match self.0 {
            0x0110 => "processing failure",
            0x0112 => "no such object instance",
            0x0119 => "class and instance conflict",
            0x0122 => "referenced SOP class not supported",
            0x0131 => "duplicate transaction UID",
            0x0213 => "resource limitation",
            _ => "a reason this software does not know",
        }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X} ({})", self.0, self.meaning())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_the_standard_has_words() {
        for code in [0x0110, 0x0112, 0x0119, 0x0122, 0x0131, 0x0213] {
            assert_ne!(FailureReason(code).meaning(), FailureReason(0xFFFF).meaning(), "{code:04X}");
        }
        assert_eq!(FailureReason(0x0131).to_string(), "0131 (duplicate transaction UID)");
    }
}
