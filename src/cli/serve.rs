//! `spinetriage serve`: the daemon.

use std::process::ExitCode;

use clap::Args;

use super::configuration_file::ConfigurationFile;
use super::outcome::Outcome;
use crate::daemon;

/// Arguments of the daemon.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
    /// Log as JSON, one object a line
    #[arg(long)]
    log_json: bool,
}

/// Runs until SIGTERM or SIGINT.
pub fn run(arguments: &Arguments) -> Outcome {
    crate::logging::start(arguments.log_json, "info");
    let settings = arguments.configuration.load()?;
    crate::logging::set_level(settings.log.level.name());
    super::runtime::runtime()?.block_on(async {
        let stop = daemon::stop_signal()?;
        let file = Some(arguments.configuration.path.as_path());
        daemon::run(settings, file, stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}
