//! Many cases from a CSV, like PyRadiomics' own batch mode.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::Plan;
use super::output::Output;
use crate::cli::{FOUND_PROBLEMS, Outcome};
use crate::parallel;

/// Cases of a thread between two writes.
const CASES_A_ROUND: usize = 8;
/// Without a terminal, a line of progress after this many cases.
const CASES_A_LINE: usize = 100;

/// The cases of a file.
pub struct Cases {
    columns: Vec<String>,
    cases: Vec<Case>,
}

/// One row.
struct Case {
    /// As written, a field a column.
    fields: Vec<String>,
    image: PathBuf,
    mask: PathBuf,
    label: Option<u32>,
    spacing_mm: Option<[f64; 2]>,
}

/// Reads the cases; relative paths start at the folder of the CSV.
///
/// # Errors
/// All problems, a line each: columns or files that are missing, labels and sizes that are none.
pub fn read(file: &Path) -> Result<Cases, String> {
    let at = |line: u64, problem: String| format!("{} line {line}: {problem}", file.display());
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|e| format!("{}: {e}", file.display()))?;
    let columns: Vec<String> = reader.headers().map_err(|e| at(1, e.to_string()))?.iter().map(str::to_owned).collect();
    let column = |name: &str| columns.iter().position(|known| known == name);
    let (Some(image), Some(mask)) = (column("Image"), column("Mask")) else {
        return Err(at(1, "the columns Image and Mask are needed".into()));
    };
    let (label, row_mm, column_mm) = (column("Label"), column("RowSpacing"), column("ColumnSpacing"));
    let folder = file.parent().unwrap_or(Path::new("."));

    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(problem) => {
                let line = problem.position().map_or(0, csv::Position::line);
                problems.push(at(line, "it has not as many fields as the header".into()));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let field =
            |column: Option<usize>| column.and_then(|column| record.get(column)).filter(|text| !text.is_empty());
        let mut existing = |column: usize| {
            let path = folder.join(&record[column]);
            if !path.is_file() {
                problems.push(at(line, format!("{} \"{}\" is no file", columns[column], &record[column])));
            }
            path
        };
        let (image, mask) = (existing(image), existing(mask));
        let label =
            field(label).map(|text| text.parse().map_err(|_| format!("the Label \"{text}\" is no whole number")));
        let mm = |text: &str| text.parse().ok().filter(|mm: &f64| mm.is_finite() && *mm > 0.0);
        let spacing_mm = match (field(row_mm), field(column_mm)) {
            (None, None) => None,
            (Some(row), Some(column)) => Some(match (mm(row), mm(column)) {
                (Some(row), Some(column)) => Ok([row, column]),
                _ => Err(format!("a pixel of {row} x {column} mm: both must be above 0")),
            }),
            _ => Some(Err("RowSpacing and ColumnSpacing go together".into())),
        };
        let (label, spacing_mm) = (label.transpose(), spacing_mm.transpose());
        problems.extend(label.as_ref().err().into_iter().chain(spacing_mm.as_ref().err()).map(|p| at(line, p.clone())));
        let fields = record.iter().map(str::to_owned).collect();
        let (label, spacing_mm) = (label.unwrap_or_default(), spacing_mm.unwrap_or_default());
        cases.push(Case { fields, image, mask, label, spacing_mm });
    }
    if cases.is_empty() && problems.is_empty() {
        problems.push(at(1, "there is no case below the header".into()));
    }
    if problems.is_empty() { Ok(Cases { columns, cases }) } else { Err(problems.join("\n")) }
}

/// Measures every case and writes it in the order of the file, so that memory holds a round of them.
pub fn run(plan: &Plan, Cases { columns, cases }: &Cases, mut output: Output, threads: NonZeroUsize) -> Outcome {
    let names = plan.names();
    output.batch_header(columns, &names)?;
    let progress = Progress::new(cases.len());
    let mut failed = 0;
    for round in cases.chunks(threads.get() * CASES_A_ROUND) {
        let outcomes = parallel::map(round, threads, |case| {
            let (label, spacing_mm) = (case.label.or(plan.label), case.spacing_mm.or(plan.spacing_mm));
            let outcome = plan.measure(&case.image, &case.mask, label, spacing_mm, NonZeroUsize::MIN);
            progress.one_more();
            outcome
        });
        for (case, outcome) in round.iter().zip(&outcomes) {
            output.batch_case(columns, &case.fields, &names, outcome)?;
            if let Err(reason) = outcome {
                failed += 1;
                progress.say(reason);
            }
        }
    }
    output.finish()?;
    progress.finish();
    eprintln!("{} cases, {failed} without features", cases.len());
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
