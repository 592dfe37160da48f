//! A change that an error undoes alone.

use rusqlite::Connection;

use super::error::StoreError;

/// Runs `change` so that an error undoes only what it did.
pub(super) fn in_savepoint<T>(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute_batch("SAVEPOINT change")?;
    let outcome = change(connection);
    let end = if outcome.is_ok() { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" };
    match connection.execute_batch(end) {
        Ok(()) => outcome,
        Err(error) => {
            // What it did can be neither kept nor undone alone: the whole group is undone with it.
            undo(connection);
            outcome.and(Err(error.into()))
        }
    }
}

/// Undoes a transaction that is still open.
pub(super) fn undo(connection: &Connection) {
    if !connection.is_autocommit() {
        // One that cannot be ended now lets no other begin, and is undone again after that.
        let _ = connection.execute_batch("ROLLBACK");
    }
}
