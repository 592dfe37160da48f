//! Time stamps as the database writes them, by two clocks.
//!
//! What happened is told by the system's clock ([`now`]). What is due follows the daemon's own: the system's
//! time at the start of this process plus what has passed since. Setting the system's clock, an hour back or a
//! day forward, so moves no retry, no lease and no deadline of a running daemon.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

const FORMAT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Where the daemon's own clock started.
static STARTED: LazyLock<(OffsetDateTime, Instant)> = LazyLock::new(|| (OffsetDateTime::now_utc(), Instant::now()));

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`, UTC: sorts as text.
pub type Timestamp = String;

/// Due at once, whatever the clock says: sorts before every time stamp.
pub(super) const AT_ONCE: &str = "";

/// The time now by the system's clock.
pub fn now() -> Timestamp {
    stamp(OffsetDateTime::now_utc())
}

/// The time now by the daemon's own clock.
pub(super) fn due_now() -> Timestamp {
    stamp(own())
}

/// The time `ahead` from now, by the daemon's own clock.
pub(super) fn after(ahead: Duration) -> Timestamp {
    stamp(own() + ahead)
}

/// The time `back` before now, by the daemon's own clock.
pub(super) fn before(back: Duration) -> Timestamp {
    stamp(own() - back)
}

/// The time `back` before now, by whichever clock is behind: while one of them is wrong and ahead, nothing is
/// taken for older than it is.
pub(super) fn surely_before(back: Duration) -> Timestamp {
    stamp(own().min(OffsetDateTime::now_utc()) - back)
}

fn own() -> OffsetDateTime {
    let (system, steady) = &*STARTED;
    *system + steady.elapsed()
}

fn stamp(at: OffsetDateTime) -> Timestamp {
    // The format has no component that a date of this calendar lacks.
    at.format(FORMAT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::PrimitiveDateTime;

    use super::*;

    #[test]
    fn stamps_have_fixed_width_and_read_back() {
        let text = now();
        assert_eq!(text.len(), 24);
        let read = PrimitiveDateTime::parse(&text, FORMAT).unwrap().assume_utc();
        assert_eq!(stamp(read), text);
        assert!(before(Duration::from_secs(1)) < text && text < after(Duration::from_secs(1)));
        assert!(AT_ONCE < before(Duration::from_secs(1)).as_str());
    }
}
