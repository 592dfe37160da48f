//! `spinetriage audit`: verify, show and export the audit.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::outcome::{FOUND_PROBLEMS, Outcome};
use super::table;
use crate::store;

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Walk the hash chain and name the first changed, missing or reordered row
    Verify,
    /// What happened, oldest first
    Trail {
        /// Only a study or an image
        #[arg(long, value_name = "UID")]
        of: Option<String>,
    },
    /// The whole trail as JSON, one object a line
    Export,
}

/// Runs the action on a daemon's database; exit code 1 when the audit is broken.
pub fn run(arguments: &Arguments, database: &Path) -> Outcome {
    match &arguments.action {
        Action::Verify => match store::verify_audit(database)? {
            Ok(rows) => println!("the audit of {rows} rows is unbroken"),
            Err(broken) => {
                println!("the audit is broken: {broken}");
                return Ok(ExitCode::from(FOUND_PROBLEMS));
            }
        },
        Action::Trail { of } => {
            let rows = store::trail(database, of.as_deref())?;
            let cells = rows.into_iter().map(|r| vec![r.when, r.what, r.outcome, r.who, r.image, r.detail]);
            println!(
                "{}",
                table::format(&["when", "what", "outcome", "who", "image", "detail"], &cells.collect::<Vec<_>>())
            );
        }
        Action::Export => {
            for row in store::trail(database, None)? {
                println!("{}", serde_json::to_string(&row)?);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
