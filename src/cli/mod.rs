//! Command line: one file a command.
//!
//! Owns: arguments, what a person reads on the terminal, and exit codes: 0 done, 1 found problems,
//! 2 could not run. In: the process's arguments. Out: text, or JSON with `--json`.
//! Never: holds logic of its own, every command calls the room that does the work; replaces or deletes a file or folder
//! that it did not make (`fresh` decides).

pub mod analyze;
pub mod audit;
pub mod backup;
pub mod bundle;
pub mod check;
mod configuration_file;
pub mod demo;
pub mod echo;
pub mod evaluate;
pub mod extract;
mod features;
mod fresh;
mod outcome;
pub mod queue;
pub mod radiomics;
mod reach;
mod runtime;
pub mod serve;
mod table;
pub mod train;
pub mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::causes::causes;
pub use configuration_file::ConfigurationFile;
use outcome::COULD_NOT_RUN;
pub use outcome::Outcome;

#[derive(Parser)]
#[command(
    name = "spinetriage",
    version,
    about = "DICOM router daemon that triages spine X-rays in the background",
    after_help = "Research use only, not for diagnosis.\nExit codes: 0 done, 1 found problems, 2 could not run."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon: receive, analyse, report
    Serve(serve::Arguments),
    /// Try everything on this machine: daemon, a small PACS and sample X-rays
    Demo(demo::Arguments),
    /// Check configuration, folders, bundle and database; with --online the destinations too
    Check(check::Arguments),
    /// Send a C-ECHO to a destination
    Echo(echo::Arguments),
    /// Analyse image files without a daemon
    Analyze(analyze::Arguments),
    /// Look at the queue, and retry or cancel what is in it
    Queue {
        #[command(flatten)]
        configuration: ConfigurationFile,
        #[command(flatten)]
        arguments: queue::Arguments,
    },
    /// Verify, show or export the audit
    Audit {
        #[command(flatten)]
        configuration: ConfigurationFile,
        #[command(flatten)]
        arguments: audit::Arguments,
    },
    /// Copy the database to a file while the daemon runs
    Backup {
        #[command(flatten)]
        configuration: ConfigurationFile,
        #[command(flatten)]
        arguments: backup::Arguments,
    },
    /// Show or verify a model bundle
    Bundle(bundle::Arguments),
    /// Compute PyRadiomics' features of a region of an image, or of many
    Radiomics(radiomics::Arguments),
    /// Compute the features of labelled vertebrae as CSV or Parquet
    Extract(extract::Arguments),
    /// Train a fusion model on labelled films and write its bundle
    Train(train::Arguments),
    /// Measure a bundle on labelled films, alone or against another
    Evaluate(evaluate::Arguments),
    /// Analysis process, started by the daemon
    #[command(hide = true)]
    Worker(worker::Arguments),
}

/// Runs the command the arguments name.
pub fn run() -> ExitCode {
    let command = Arguments::parse().command;
    if !matches!(command, Command::Serve(_) | Command::Demo(_) | Command::Worker(_)) {
        // `spinetriage audit | head` ends when head does. What works for others goes on without its reader.
        sigpipe::reset();
    }
    let outcome = match command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Echo(arguments) => echo::run(&arguments),
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Queue { configuration, arguments } => {
            configuration.database().map_err(Into::into).and_then(|file| queue::run(&arguments, &file))
        }
        Command::Audit { configuration, arguments } => {
            configuration.database().map_err(Into::into).and_then(|file| audit::run(&arguments, &file))
        }
        Command::Backup { configuration, arguments } => {
            configuration.database().map_err(Into::into).and_then(|file| backup::run(&arguments, &file))
        }
        Command::Bundle(arguments) => bundle::run(&arguments),
        Command::Radiomics(arguments) => radiomics::run(&arguments),
        Command::Extract(arguments) => extract::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Worker(arguments) => worker::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("spinetriage: {error}");
        causes(&*error).for_each(|cause| eprintln!("  because: {cause}"));
        ExitCode::from(COULD_NOT_RUN)
    })
}
