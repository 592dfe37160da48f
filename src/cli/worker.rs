//! `spinetriage worker`: the process the daemon starts for analysis.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::outcome::Outcome;

/// Arguments of the worker.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the bundle
    #[arg(long)]
    bundle: PathBuf,
    /// ONNX Runtime's library
    #[arg(long)]
    onnxruntime: Option<PathBuf>,
    /// Threads of a network
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Process that must be this worker's parent
    #[arg(long)]
    parent: Option<u32>,
}

/// Serves requests on standard input until it ends.
pub fn run(arguments: &Arguments) -> Outcome {
    crate::logging::start(false, "warn");
    crate::worker::serve(&arguments.bundle, arguments.onnxruntime.as_deref(), arguments.threads, arguments.parent)?;
    Ok(ExitCode::SUCCESS)
}
