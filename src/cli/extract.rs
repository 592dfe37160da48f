//! `spinetriage extract`: the features of labelled vertebrae, computed by the code that serves.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::features::{self, Computing};
use super::fresh;
use super::outcome::Outcome;
use crate::model::Bundle;
use crate::training::labelled::Purpose;

/// Arguments of `extract`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Cases: a CSV with the columns path,x0,y0,x1,y1,level,class,set,patient and, for PNG, spacing_mm
    cases: PathBuf,
    /// Folder of the bundle whose features are computed
    #[arg(long)]
    bundle: PathBuf,
    /// CSV to write, or Parquet when it ends in .parquet: the case's columns, then one column a feature. One that is
    /// there is not replaced; a run that was stopped goes on where it was
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    computing: Computing,
}

/// Writes one row a case, film by film.
pub fn run(arguments: &Arguments) -> Outcome {
    let Arguments { cases, bundle, out, computing } = arguments;
    fresh::features(out)?;
    let written = features::of_cases(cases, &Bundle::load(bundle)?, out, Purpose::Extract, computing)?;
    eprintln!("{} bodies in {}", written.rows, out.display());
    Ok(ExitCode::SUCCESS)
}
