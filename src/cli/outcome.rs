//! How a command ends.

use std::error::Error;
use std::process::ExitCode;

/// What a command gives back: its exit code, or an error that means "could not run".
pub type Outcome = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// Exit code of a command that ran and found problems.
pub const FOUND_PROBLEMS: u8 = 1;
/// Exit code of a command that could not run.
pub const COULD_NOT_RUN: u8 = 2;
