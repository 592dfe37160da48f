//! Features for `extract`, `train` and `evaluate`: computed of cases, or read from a file of them.

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::fresh;
use crate::findings::NotAssessed;
use crate::model::{Bundle, Model, digest_of};
use crate::training::cases::Cases;
use crate::training::extraction::{self, Boxes, Extracted};
use crate::training::features_file::{FeaturesFile, Provenance};
use crate::training::labelled::Purpose;
use crate::training::problem::{FileError, Problem};
use crate::training::table::Table;

/// How features are computed.
#[derive(Debug, Clone, Args)]
pub struct Computing {
    /// Whose boxes the features are computed on
    #[arg(long, value_enum, default_value_t = Boxes::Given)]
    boxes: Boxes,
    /// Threads; as many as there are processors if not said
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// ONNX Runtime's library
    #[arg(long)]
    onnxruntime: Option<PathBuf>,
}

impl Computing {
    /// How many threads.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }

    /// ONNX Runtime's library.
    pub fn library(&self) -> Option<&Path> {
        self.onnxruntime.as_deref()
    }
}

/// What [`of_cases`] wrote.
pub struct Written {
    /// Bodies with features.
    pub rows: usize,
}

/// How many missed bodies are named one by one.
const NAMED: usize = 10;

/// Computes the features of `cases` with `bundle` and writes them to `out`.
///
/// # Errors
/// Every problem of the cases at once; a bundle or a disk that does not do; and when no body has features.
pub fn of_cases(
    cases: &Path,
    bundle: &Bundle,
    out: &Path,
    purpose: Purpose,
    computing: &Computing,
) -> Result<Written, Box<dyn Error + Send + Sync>> {
    let looking = bar("looking at the films");
    let study = Cases::read(cases, bundle.identity().classes.len(), purpose, |films| {
        looking.set_length(films as u64);
        looking.inc(1);
    })?;
    looking.finish_and_clear();
    let unwritable = |e: std::io::Error| format!("{} cannot be written: {e}", out.display());
    let mut file =
        FeaturesFile::open(out, &provenance(bundle, study.digest.clone(), computing.boxes)).map_err(unwritable)?;
    let films = extraction::remaining(&study, |film| file.has(film));
    let threads = computing.threads().min(NonZeroUsize::new(films.len()).unwrap_or(NonZeroUsize::MIN));
    let mut models = extraction::models(threads, || Model::open(bundle.clone(), computing.library(), 1))?;
    if file.rows() > 0 {
        eprintln!("Going on after {} bodies that are there.", file.rows());
    }
    let progress = bar("computing features");
    progress.set_length(films.iter().map(|film| film.cases.len() as u64).sum());
    let mut missed: Vec<(u64, String)> = Vec::new();
    let mut not_assessed: Vec<(u64, NotAssessed)> = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    extraction::extract(&mut models, &films, computing.boxes, |film, found: Extracted| {
        progress.inc(film.cases.len() as u64);
        missed.extend(found.missed.iter().map(|line| (*line, film.cases[0].body.film.clone())));
        problems.extend(found.problems);
        not_assessed.extend(found.not_assessed);
        // Rows of a film follow each other. A film without a labelled body tells nothing of a study.
        let rows: Vec<_> = found.rows.into_iter().chain(found.others).collect();
        if rows.iter().all(|(body, _)| body.class.is_none()) { Ok(()) } else { file.add(&rows) }
    })
    .map_err(unwritable)?;
    progress.finish_and_clear();
    if !missed.is_empty() {
        eprintln!("{}", left_out(&missed, study.bodies()));
    }
    for reason in NotAssessed::ALL {
        let lines: Vec<String> =
            not_assessed.iter().filter(|(_, why)| *why == reason).map(|(line, _)| line.to_string()).collect();
        if !lines.is_empty() {
            let (count, lines, why) = (lines.len(), lines.join(", "), reason.words());
            eprintln!("{count} bodies are not assessed and are left out ({why}): lines {lines}");
        }
    }
    if !problems.is_empty() {
        return Err(FileError::Problems { path: cases.to_owned(), problems }.into());
    }
    let rows = file.rows();
    if rows == 0 {
        let out = out.display();
        return Err(
            format!("no row for {out}: give cases whose bodies this detector finds, or use --boxes given").into()
        );
    }
    file.finish().map_err(unwritable)?;
    Ok(Written { rows })
}

/// Whether the features of `input` with `bundle` are there: in it, or in `out`, where an earlier run computed them.
///
/// # Errors
/// When they would be computed to `out`, where something else is.
pub fn are_there(
    input: &Path,
    bundle: &Bundle,
    out: &Path,
    computing: &Computing,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    if Table::is_one(input) {
        return Ok(true);
    }
    let cases = digest_of(input).map_err(|e| format!("{} cannot be read: {e}", input.display()))?;
    Ok(fresh::features_are_there(out, &provenance(bundle, cases, computing.boxes))?)
}

/// The features of `input`, which is a file of features or of cases; those of cases are written to `out` first, unless
/// an earlier run did so.
///
/// # Errors
/// As [`of_cases`]; and when the features are not those of `bundle`, or `out` holds something else.
pub fn table(
    input: &Path,
    bundle: &Bundle,
    out: &Path,
    purpose: Purpose,
    computing: &Computing,
) -> Result<Table, Box<dyn Error + Send + Sync>> {
    let file = if Table::is_one(input) {
        match Provenance::of(input) {
            Some(of) if of.features_digest != bundle.features_digest() => {
                let (features, found, wanted) = (input.display(), of.bundle, &bundle.identity().name);
                return Err(format!(
                    "the features in {features} were computed by the networks of {found} {}, not by those of {wanted}: compute them with `spinetriage extract --bundle {}`",
                    of.version, bundle.folder().display()
                )
                .into());
            }
            Some(_) => {}
            None => eprintln!("Nothing beside {} says which bundle its features are of.", input.display()),
        }
        input
    } else if are_there(input, bundle, out, computing)? {
        let there = out.display();
        eprintln!(
            "Taking the features in {there}, computed of these cases by an earlier run: remove it to have them anew."
        );
        out
    } else {
        let written = of_cases(input, bundle, out, purpose, computing)?;
        eprintln!("{} bodies in {}", written.rows, out.display());
        out
    };
    Ok(Table::read(file, bundle.identity().classes.len(), purpose)?)
}

fn provenance(bundle: &Bundle, cases_digest: String, boxes: Boxes) -> Provenance {
    let identity = bundle.identity();
    Provenance {
        program: concat!("spinetriage ", env!("CARGO_PKG_VERSION")).to_owned(),
        bundle: identity.name.clone(),
        version: identity.version.clone(),
        features_digest: bundle.features_digest(),
        cases_digest,
        boxes: match boxes {
            Boxes::Given => "given".to_owned(),
            Boxes::Detected => "detected".to_owned(),
            Boxes::All => "all".to_owned(),
        },
    }
}

/// A progress bar that says what is done; nothing where standard error is no terminal.
pub fn bar(doing: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    ProgressBar::no_length()
        .with_message(doing.to_owned())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What is said of the bodies that the detector did not find.
fn left_out(missed: &[(u64, String)], of: usize) -> String {
    let places = missed.iter().take(NAMED).map(|(line, film)| format!("\n  line {line}: {film}"));
    let more = missed.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    format!(
        "{} of {of} bodies were not found by the detector and are left out:{}{rest}",
        missed.len(),
        places.collect::<String>()
    )
}
