//! Times as the database writes them, by two clocks.
//!
//! What happened is told by the system's clock ([`now`]). What is due, and how old a file is, follows the service
//! clock: the milliseconds in which a daemon ran on this database, from one start to the next. It knows no date, so
//! that neither setting the system's clock nor a start with a wrong one moves a retry, a lease, a deadline or the
//! order of the queue; the time between two daemons does not count. SQL asks for it as `service_now()`.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

use super::error::StoreError;

const FORMAT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`, UTC: sorts as text.
pub type Timestamp = String;

/// A time of the service clock, milliseconds.
pub(super) type ServiceTime = i64;

/// Due at once: before every time of the service clock.
pub(super) const AT_ONCE: ServiceTime = 0;

/// The time now by the system's clock.
pub fn now() -> Timestamp {
    // The format has no component that a date of this calendar lacks.
    OffsetDateTime::now_utc().format(FORMAT).unwrap_or_default()
}

/// The service clock of an open database.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServiceClock {
    /// What it showed when the database was opened, and when that was.
    begun: (ServiceTime, Instant),
}

impl ServiceClock {
    /// Goes on from where it stood, and gives it to the statements of `connection`. It stood where it was written
    /// down last, or at the newest image that came after that.
    pub fn resume(connection: &Connection) -> rusqlite::Result<Self> {
        let stood = "SELECT max(service_ms, coalesce((SELECT received_service_ms FROM instances ORDER BY id DESC LIMIT 1), 0)) FROM service_clock";
        let begun = (connection.query_row(stood, [], |row| row.get(0))?, Instant::now());
        let clock = Self { begun };
        clock.give_to(connection)?;
        Ok(clock)
    }

    /// Gives it to the statements of another connection of this process.
    pub fn give_to(self, connection: &Connection) -> rusqlite::Result<()> {
        connection.create_scalar_function("service_now", 0, FunctionFlags::SQLITE_UTF8, move |_| Ok(self.now()))
    }

    /// How long until `then`; nothing where it has come.
    pub fn until(self, then: ServiceTime) -> Duration {
        Duration::from_millis(u64::try_from(then.saturating_sub(self.now())).unwrap_or(0))
    }

    fn now(self) -> ServiceTime {
        let (stood, since) = self.begun;
        stood.saturating_add(millis(since.elapsed()))
    }

    /// The time `back` before now.
    pub fn before(self, back: Duration) -> ServiceTime {
        self.now().saturating_sub(millis(back))
    }
}

/// The time `ahead` from now.
pub(super) fn after(c: &Connection, ahead: Duration) -> Result<ServiceTime, StoreError> {
    Ok(service_now(c)?.saturating_add(millis(ahead)))
}

/// The time now by the service clock.
pub(super) fn service_now(c: &Connection) -> Result<ServiceTime, StoreError> {
    Ok(c.prepare_cached("SELECT service_now()")?.query_row([], |row| row.get(0))?)
}

pub(super) fn millis(duration: Duration) -> ServiceTime {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Writes down where the service clock stands.
pub(super) fn keep(c: &Connection) -> Result<(), StoreError> {
    c.execute("UPDATE service_clock SET service_ms = service_now(), at = ?1", [now()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::PrimitiveDateTime;

    use super::*;
    use crate::store::Store;

    #[test]
    fn stamps_have_fixed_width_and_read_back() {
        let text = now();
        assert_eq!(text.len(), 24);
        PrimitiveDateTime::parse(&text, FORMAT).unwrap();
    }

    #[tokio::test]
    async fn the_service_clock_goes_on_where_it_stood_whatever_the_system_says() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db.sqlite");
        let store = Store::open(&database).unwrap();
        let first = store.write(service_now).await.unwrap();
        assert!((AT_ONCE..60_000).contains(&first), "{first}");
        let an_hour = "UPDATE service_clock SET service_ms = 3600000, at = '1970-01-01T00:00:00.000Z'";
        store.write(move |c| Ok(c.execute(an_hour, [])?)).await.unwrap();
        store.close().await;
        let store = Store::open(&database).unwrap();
        let later = store.write(|c| after(c, Duration::from_secs(1))).await.unwrap();
        assert!((3_601_000..3_660_000).contains(&later), "{later}");
    }
}
