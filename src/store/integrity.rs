//! Whether the database file is sound.
//!
//! SQLite's `quick_check` reads every page once: pages, records and constraints. Its `integrity_check` also
//! looks every row up in every index, in no order of the file, which takes several times as long. Neither
//! notices a changed letter in a text, for pages carry no checksum; in the audit its hashes do.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::error::StoreError;

/// Longest look of a start: systemd waits 90 seconds for all of it (`TimeoutStartSec`).
const AT_START: Duration = Duration::from_secs(20);

/// How much of the database was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// All of it.
    Whole,
    /// What could be read within the time.
    InPart,
}

/// Looks at all of a database: its pages, its constraints, and every row in every index; `path` is for the message.
pub(super) fn prove(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    look(connection, "integrity_check", path)
}

/// Looks at as much of the database as a start has time for.
pub(super) fn look_at_start(connection: &Connection, path: &Path) -> Result<Looked, StoreError> {
    match for_at_most(connection, AT_START, |c| look(c, "quick_check", path)) {
        Ok(()) => Ok(Looked::Whole),
        Err(StoreError::Sqlite(e)) if e.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Ok(Looked::InPart)
        }
        Err(error) => Err(error),
    }
}

/// The error of a damaged database, where SQLite's `error` says that it is one.
pub(super) fn damage(path: &Path, error: &rusqlite::Error) -> Option<StoreError> {
    let damaged = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
    damaged.then(|| StoreError::Damaged { path: path.to_owned(), problem: error.to_string() })
}

fn look(connection: &Connection, pragma: &str, path: &Path) -> Result<(), StoreError> {
    // The first problem is enough: what to do does not depend on their number.
    let found: String = connection
        .query_row(&format!("PRAGMA {pragma}(1)"), [], |row| row.get(0))
        .map_err(|e| damage(path, &e).unwrap_or_else(|| e.into()))?;
    if found == "ok" {
        return Ok(());
    }
    let problem = found.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    Err(StoreError::Damaged { path: path.to_owned(), problem })
}

/// Runs `work`, whose statement ends with SQLITE_INTERRUPT after `limit`.
fn for_at_most<T>(connection: &Connection, limit: Duration, work: impl FnOnce(&Connection) -> T) -> T {
    let interrupt = connection.get_interrupt_handle();
    let (done, waiting) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Again and again: between two statements an interrupt does nothing. Any other error means that
            // the work is done.
            while waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        });
        let outcome = work(connection);
        drop(done);
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A statement that would never end.
    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0";

    #[test]
    fn a_look_that_takes_too_long_ends_in_time_and_the_connection_lives_on() {
        let connection = Connection::open_in_memory().unwrap();
        let endless = |c: &Connection| c.query_row(ENDLESS, [], |row| row.get::<_, i64>(0));
        let outcome = for_at_most(&connection, Duration::from_millis(20), endless);
        let code = outcome.unwrap_err().sqlite_error_code();
        assert_eq!(code, Some(ErrorCode::OperationInterrupted));
        assert_eq!(look_at_start(&connection, Path::new("db")).unwrap(), Looked::Whole);
    }
}
