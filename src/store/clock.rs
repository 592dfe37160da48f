//! Time stamps as the database writes them.

use std::time::Duration;

use time::format_description::FormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const FORMAT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`, UTC: sorts as text.
pub type Timestamp = String;

/// The time now.
pub fn now() -> Timestamp {
    stamp(OffsetDateTime::now_utc())
}

/// The time `ahead` from now.
pub(super) fn after(ahead: Duration) -> Timestamp {
    stamp(OffsetDateTime::now_utc() + ahead)
}

/// The time `back` before now.
pub(super) fn before(back: Duration) -> Timestamp {
    stamp(OffsetDateTime::now_utc() - back)
}

/// Reads a time stamp of the database.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text, FORMAT).ok().map(PrimitiveDateTime::assume_utc)
}

fn stamp(at: OffsetDateTime) -> Timestamp {
    // The format has no component that a date of this calendar lacks.
    at.format(FORMAT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_have_fixed_width_and_read_back() {
        let text = now();
        assert_eq!(text.len(), 24);
        assert_eq!(stamp(parse(&text).unwrap()), text);
        assert!(before(Duration::from_secs(1)) < text && text < after(Duration::from_secs(1)));
    }
}
