//! The cases of a batch, one after the other, with their progress.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::Plan;
use super::output::Output;
use crate::cli::outcome::{FOUND_PROBLEMS, Outcome};
use crate::parallel;
use crate::radiomics_files::Cases;

/// Cases of a thread between two writes.
const CASES_A_ROUND: usize = 8;
/// Without a terminal, a line of progress after this many cases.
const CASES_A_LINE: usize = 100;

/// Measures every case and writes it in the order of the file, so that memory holds a round of them.
pub fn run(plan: &Plan, Cases { columns, rows }: &Cases, mut output: Output, threads: NonZeroUsize) -> Outcome {
    let names = plan.names();
    output.batch_header(columns, &names)?;
    let progress = Progress::new(rows.len());
    let mut failed = 0;
    for round in rows.chunks(threads.get() * CASES_A_ROUND) {
        let outcomes = parallel::map(round, threads, |row| {
            let outcome = plan.measure(&row.case, NonZeroUsize::MIN);
            progress.one_more();
            outcome
        });
        for (row, outcome) in round.iter().zip(&outcomes) {
            output.batch_case(columns, &row.fields, &names, outcome)?;
            if let Err(reason) = outcome {
                failed += 1;
                progress.say(&reason.to_string());
            }
        }
    }
    output.finish()?;
    progress.finish();
    eprintln!("{} cases, {failed} without features", rows.len());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FOUND_PROBLEMS) })
}

/// A bar on a terminal, else a line now and then.
struct Progress {
    bar: ProgressBar,
    on_terminal: bool,
}

impl Progress {
    fn new(cases: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:40} {pos} of {len} cases, {eta} left");
        let bar = ProgressBar::new(cases as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, on_terminal: std::io::stderr().is_terminal() }
    }

    fn one_more(&self) {
        self.bar.inc(1);
        let done = self.bar.position();
        if !self.on_terminal && done.is_multiple_of(CASES_A_LINE as u64) {
            eprintln!("{done} of {} cases", self.bar.length().unwrap_or(done));
        }
    }

    /// A line above the bar.
    fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
