//! `spinetriage backup`: a copy of the database while the daemon runs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::outcome::{FOUND_PROBLEMS, Outcome};
use crate::store::{self, Backup};

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file to make; one that exists is not replaced
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Makes the backup and says what is in it; exit code 1 when it is made but its audit is broken, as the
/// database's then is.
pub fn run(arguments: &Arguments, database: &Path) -> Outcome {
    let made = store::backup(database, &arguments.file)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&as_json(&made))?);
    } else {
        println!("{}", as_text(&made));
    }
    Ok(if made.audit.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(FOUND_PROBLEMS) })
}

fn as_text(made: &Backup) -> String {
    let rows: Vec<String> = made.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
    let audit = match &made.audit {
        Ok(rows) => format!("the audit of {rows} rows is unbroken"),
        Err(broken) => format!("PROBLEM: the audit is broken, here as in the database: {broken}"),
    };
    let last_hash = made.last_hash.as_deref().map_or(String::new(), |hash| format!("\nlast hash: {hash}"));
    format!(
        "backup: {}, {:.1} MiB\ndatabase: sound, schema {}, {} rows: {}\naudit: {audit}{last_hash}\n\
         spool: not in it, copy the folder after this (docs/operation.md, \"Backup\")",
        made.file.display(),
        made.bytes as f64 / f64::from(1 << 20),
        made.schema,
        made.rows.values().sum::<i64>(),
        rows.join(", "),
    )
}

fn as_json(made: &Backup) -> serde_json::Value {
    json!({
        "file": made.file,
        "bytes": made.bytes,
        "schema": made.schema,
        "rows": made.rows,
        "audit_unbroken": made.audit.is_ok(),
        "audit_problem": made.audit.as_ref().err().map(ToString::to_string),
        "last_hash": made.last_hash,
    })
}
