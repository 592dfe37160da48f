//! A look at all of a database, as a command takes it.

use std::path::Path;

use super::connection::open_existing;
use super::error::StoreError;
use super::integrity::prove;
use super::stray_log;

/// Looks at all of a database: its pages, its constraints, and every row in every index.
///
/// # Errors
/// [`StoreError::Damaged`] with the first thing that is wrong, [`StoreError::StrayLog`].
pub fn check(database: &Path) -> Result<(), StoreError> {
    stray_log::refuse(database)?;
    prove(&open_existing(database)?, database)
}
