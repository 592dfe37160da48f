//! `spinetriage echo`: does a destination answer?

use std::process::ExitCode;

use clap::Args;

use super::configuration_file::ConfigurationFile;
use super::outcome::{FOUND_PROBLEMS, Outcome};
use crate::config::Settings;
use crate::dimse;

/// Arguments of `echo`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    configuration: ConfigurationFile,
    /// Names of destinations; all of them when none is given
    destinations: Vec<String>,
}

/// Sends a C-ECHO to each destination named; exit code 1 when one does not answer.
pub fn run(arguments: &Arguments) -> Outcome {
    let settings = arguments.configuration.load()?;
    for name in &arguments.destinations {
        if !settings.destinations.iter().any(|d| d.name == *name) {
            let known: Vec<_> = settings.destinations.iter().map(|d| d.name.as_str()).collect();
            return Err(
                format!("there is no destination \"{name}\"; the configuration has: {}", known.join(", ")).into()
            );
        }
    }
    let all_answered = super::runtime::runtime()?.block_on(echo_each(&settings, &arguments.destinations));
    Ok(if all_answered { ExitCode::SUCCESS } else { ExitCode::from(FOUND_PROBLEMS) })
}

/// Prints one line a destination; `names` empty means all. True when all answered.
pub(super) async fn echo_each(settings: &Settings, names: &[String]) -> bool {
    let mut all_answered = true;
    for destination in settings.destinations.iter().filter(|d| names.is_empty() || names.contains(&d.name)) {
        let peer = crate::delivery::peer_of(destination);
        match dimse::echo(&peer, &settings.server.ae_title, dimse::Timeouts::default()).await {
            Ok(took) => println!(
                "{}: {} at {} answered in {} ms",
                destination.name,
                destination.ae_title,
                destination.address,
                took.as_millis()
            ),
            Err(e) => {
                all_answered = false;
                println!(
                    "{}: {} at {} did not answer: {e}",
                    destination.name, destination.ae_title, destination.address
                );
            }
        }
    }
    all_answered
}
