//! `spinetriage queue`: what is in the queue, and why; retry, cancel, give up, pause and resume.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::outcome::Outcome;
use super::table;
use crate::RESEARCH_USE_ONLY;
use crate::store::queue::{self, Entry};
use crate::store::{self, GivenUp};

/// Arguments of `queue`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The newest images, newest last
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<State>,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// Everything about one image or study
    Show {
        /// Number in the queue, SOP Instance UID or Study Instance UID
        name: String,
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// Try again what failed
    Retry {
        /// Number in the queue, SOP Instance UID or Study Instance UID
        #[arg(required_unless_present = "failed")]
        name: Option<String>,
        /// Everything that failed
        #[arg(long, conflicts_with = "name")]
        failed: bool,
    },
    /// Give up deliveries that nobody will make: their files may be deleted after keep_days
    GiveUp {
        /// Number in the queue, SOP Instance UID or Study Instance UID: all that is undelivered of it
        #[arg(required_unless_present_any = ["destination", "failed"])]
        name: Option<String>,
        /// What has failed at this destination, which need not be configured any more
        #[arg(long, value_name = "NAME", conflicts_with = "name")]
        destination: Option<String>,
        /// Everything that has failed
        #[arg(long, conflicts_with_all = ["name", "destination"])]
        failed: bool,
    },
    /// Receive images, but analyse and send nothing until the queue is resumed
    Pause,
    /// Go on after a pause
    Resume,
    /// Take an image or a study out of the queue
    Cancel {
        /// Number in the queue, SOP Instance UID or Study Instance UID
        name: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Queued,
    Skipped,
    Analysed,
    Reported,
    Failed,
}

impl State {
    /// As the database names it.
    fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Skipped => "skipped",
            Self::Analysed => "analysed",
            Self::Reported => "reported",
            Self::Failed => "failed",
        }
    }
}

/// Runs the action on a daemon's database.
pub fn run(arguments: &Arguments, database: &Path) -> Outcome {
    match &arguments.action {
        Action::List { state, limit, json } => {
            let entries = queue::list(database, state.map(State::name), *limit)?;
            if *json {
                println!("{}", serde_json::to_string_pretty(&entries)?)
            } else {
                println!("{}", as_table(&entries));
                // It may be why nothing moves.
                store::lasting_conditions(database)?.iter().for_each(|condition| println!("{condition}"));
            }
        }
        Action::Show { name, json } => {
            let entries = queue::find(database, name)?;
            if *json { println!("{}", serde_json::to_string_pretty(&entries)?) } else { entries.iter().for_each(show) }
        }
        Action::Retry { name, .. } => println!("{} queued again", queue::retry(database, name.as_deref())?),
        Action::GiveUp { name, destination, .. } => {
            let which = match (name, destination) {
                (Some(name), _) => GivenUp::Of(name),
                (None, Some(destination)) => GivenUp::At(destination),
                (None, None) => GivenUp::Failed,
            };
            println!("{} deliveries given up", store::give_up(database, which)?)
        }
        Action::Pause => {
            let was_paused = !queue::pause(database)?;
            println!(
                "{}",
                if was_paused {
                    "the queue was paused already"
                } else {
                    "the queue is paused: spinetriage queue resume"
                }
            )
        }
        Action::Resume => {
            println!("{}", if queue::resume(database)? { "the queue goes on" } else { "the queue was not paused" })
        }
        Action::Cancel { name } => println!("{} cancelled", queue::cancel(database, name)?),
    }
    Ok(ExitCode::SUCCESS)
}

/// Why an image is where it is, or what its report waits for.
fn reason(entry: &Entry) -> String {
    [entry.reason.as_str(), entry.delivery.as_str()]
        .into_iter()
        .filter(|r| !r.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

fn as_table(entries: &[Entry]) -> String {
    let row = |e: &Entry| {
        let result = e.result.replace('-', " ");
        vec![
            e.id.to_string(),
            e.received.clone(),
            e.state.clone(),
            result,
            e.sender.clone(),
            e.image.clone(),
            reason(e),
        ]
    };
    table::format(
        &["id", "received", "state", "result", "sender", "image", "reason"],
        &entries.iter().map(row).collect::<Vec<_>>(),
    )
}

fn show(e: &Entry) {
    if !e.result.is_empty() {
        println!("result     {} ({RESEARCH_USE_ONLY})", e.result.replace('-', " "));
    }
    println!("image      {} (number {})", e.image, e.id);
    println!("study      {}", e.study);
    println!("received   {} from {}", e.received, e.sender);
    println!("modality   {} {}", e.modality, e.body_part);
    println!("state      {} after {} attempts", e.state, e.attempts);
    if !reason(e).is_empty() {
        println!("reason     {}", reason(e));
    }
    println!();
}
