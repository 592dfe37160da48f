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
pub mod demo;
pub mod echo;
pub mod evaluate;
pub mod extract;
mod features;
mod fresh;
pub mod queue;
pub mod radiomics;
pub mod serve;
mod table;
pub mod train;
pub mod worker;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Settings};

/// What a command gives back: its exit code, or an error that means "could not run".
pub type Outcome = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// Exit code of a command that ran and found problems.
pub const FOUND_PROBLEMS: u8 = 1;
/// Exit code of a command that could not run.
pub const COULD_NOT_RUN: u8 = 2;

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

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigurationFile {
    /// Configuration file
    #[arg(long = "config", value_name = "FILE", default_value = "/etc/spinetriage/spinetriage.toml", global = true)]
    path: PathBuf,
}

impl ConfigurationFile {
    /// Reads the file; every problem in it is in the error.
    fn load(&self) -> Result<Settings, config::Problems> {
        config::load(&self.path)
    }

    /// The daemon's database.
    fn database(&self) -> Result<PathBuf, config::Problems> {
        Ok(database_of(&self.load()?))
    }
}

/// Where the database of these settings lies.
fn database_of(settings: &Settings) -> PathBuf {
    settings.storage.state_dir.join(crate::daemon::DATABASE)
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
        let mut source = error.source();
        while let Some(cause) = source {
            eprintln!("  because: {cause}");
            source = cause.source();
        }
        ExitCode::from(COULD_NOT_RUN)
    })
}

/// One runtime for the commands that talk to the network.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(64).enable_all().build()
}
