//! DIMSE status codes and what they say.

use std::fmt;

/// The status of a DIMSE response, element (0000,0900).
///
/// Codes: PS3.7 Annex C (all services) and PS3.4 B.2.3 (storage).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

impl Status {
    /// The operation is complete; for storage: the object is kept.
    pub const SUCCESS: Self = Self(0x0000);
    /// Processing failure.
    pub const PROCESSING_FAILURE: Self = Self(0x0110);
    /// The peer holds an instance of this UID already.
    pub const DUPLICATE_SOP_INSTANCE: Self = Self(0x0111);
    /// The SOP Instance UID is of no instance that is known.
    pub const NO_SUCH_SOP_INSTANCE: Self = Self(0x0112);
    /// The event type is not one of the SOP class.
    pub const NO_SUCH_EVENT_TYPE: Self = Self(0x0113);
    /// What was said of an event or action cannot be: a value is wrong, or of nothing that is known.
    pub const INVALID_ARGUMENT_VALUE: Self = Self(0x0115);
    /// The SOP Instance UID is no valid UID.
    pub const INVALID_SOP_INSTANCE: Self = Self(0x0117);
    /// The SOP Class UID is of no class that is known.
    pub const NO_SUCH_SOP_CLASS: Self = Self(0x0118);
    /// The SOP class is not supported.
    pub const SOP_CLASS_NOT_SUPPORTED: Self = Self(0x0122);
    /// The peer may not do this.
    pub const NOT_AUTHORISED: Self = Self(0x0124);
    /// The command is not one we know.
    pub const UNRECOGNISED_OPERATION: Self = Self(0x0211);
    /// More was asked than there is room for.
    pub const RESOURCE_LIMITATION: Self = Self(0x0213);
    /// Refused: out of resources.
    pub const OUT_OF_RESOURCES: Self = Self(0xA700);
    /// The dataset does not match the SOP class, or the UIDs of the command.
    pub const DATASET_MISMATCH: Self = Self(0xA900);
    /// The dataset cannot be understood.
    pub const CANNOT_UNDERSTAND: Self = Self(0xC000);

    /// Code as it stands on the wire.
    pub fn code(self) -> u16 {
        self.0
    }

    /// The object was stored as sent.
    pub fn is_success(self) -> bool {
        self == Self::SUCCESS
    }

    /// The object was stored, with a remark: 0001, 0107, 0116 and all of Bxxx.
    pub fn is_warning(self) -> bool {
        matches!(self.0, 0x0001 | 0x0107 | 0x0116 | 0xB000..=0xBFFF)
    }

    /// The peer holds the object: success, or a warning.
    pub fn is_stored(self) -> bool {
        self.is_success() || self.is_warning()
    }

    /// The operation is still under way, and another response follows: FF00 and FF01.
    pub fn is_pending(self) -> bool {
        matches!(self.0, 0xFF00 | 0xFF01)
    }

    /// A refusal that may go away by itself: the peer is out of resources (A7xx, 0213) or failed
    /// in a way it did not explain (0110).
    pub fn is_transient(self) -> bool {
        matches!(self.0, 0xA700..=0xA7FF | 0x0213 | 0x0110)
    }

    /// The code in words.
    pub fn meaning(self) -> &'static str {
        match self.0 {
            0x0000 => "success",
            0x0001 => "warning: stored with a remark",
            0x0105 => "no such attribute",
            0x0106 => "invalid attribute value",
            0x0107 => "warning: attribute list error",
            0x0110 => "processing failure",
            0x0111 => "duplicate SOP instance",
            0x0112 => "no such SOP instance",
            0x0113 => "no such event type",
            0x0114 => "no such argument",
            0x0115 => "invalid argument value",
            0x0116 => "warning: attribute value out of range",
            0x0117 => "invalid SOP instance",
            0x0118 => "no such SOP class",
            0x0119 => "class and instance conflict",
            0x0120 => "missing attribute",
            0x0121 => "missing attribute value",
            0x0122 => "SOP class not supported",
            0x0123 => "no such action type",
            0x0124 => "not authorised",
            0x0131 => "duplicate transaction UID",
            0x0210 => "duplicate invocation",
            0x0211 => "unrecognised operation",
            0x0212 => "mistyped argument",
            0x0213 => "resource limitation",
            0xA700..=0xA7FF => "refused: out of resources",
            0xA900..=0xA9FF => "dataset does not match the SOP class",
            0xB000 => "warning: coercion of data elements",
            0xB006 => "warning: elements discarded",
            0xB007 => "warning: dataset does not match the SOP class",
            0xB001..=0xB005 | 0xB008..=0xBFFF => "warning: stored with a remark",
            0xC000..=0xCFFF => "cannot understand the dataset",
            0xFE00 => "cancelled",
            0xFF00 | 0xFF01 => "pending",
            _ => "a status this software does not know",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X} ({})", self.0, self.meaning())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_and_every_b_code_count_as_stored() {
        for code in [0x0000, 0xB000, 0xB006, 0xB007, 0xB123] {
            assert!(Status(code).is_stored(), "{code:04X}");
        }
        for code in [0x0110, 0x0111, 0x0122, 0xA700, 0xA900, 0xC000, 0xFE00, 0xFF00] {
            assert!(!Status(code).is_stored(), "{code:04X}");
        }
    }

    #[test]
    fn only_resource_failures_are_worth_a_retry() {
        assert!(Status(0xA702).is_transient());
        assert!(Status(0x0213).is_transient());
        assert!(!Status(0x0122).is_transient());
        assert!(!Status(0xC123).is_transient());
    }

    #[test]
    fn a_status_reads_as_code_and_words() {
        assert_eq!(Status(0xA700).to_string(), "A700 (refused: out of resources)");
        assert_eq!(Status(0xB006).to_string(), "B006 (warning: elements discarded)");
    }
}
