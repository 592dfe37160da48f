//! Command line.

use std::process::ExitCode;

/// Runs the command the arguments name.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
