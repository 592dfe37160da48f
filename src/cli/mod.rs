//! Command line.

pub mod extract;

use clap::Parser;
use std::error::Error;
use std::process::ExitCode;

/// Outcome of a command.
pub type Outcome = Result<ExitCode, Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
enum Command {
    Extract(extract::Arguments),
}

/// Runs the command the arguments name.
pub fn run() -> ExitCode {
    let Command::Extract(arguments) = Command::parse();
    extract::run(&arguments).unwrap_or_else(|e| {
        eprintln!("{e}");
        ExitCode::from(2)
    })
}
