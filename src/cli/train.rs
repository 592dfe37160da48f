//! `spinetriage train`: from labelled films to a bundle.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::ProgressBar;
use regex::Regex;

use super::features::{self, Computing};
use super::fresh::{self, Named};
use super::outcome::Outcome;
use super::reach::Reach;
use super::table;
use crate::RESEARCH_USE_ONLY;
use crate::classifier::Kind;
use crate::evaluation::TRAINING;
use crate::findings::Triage;
use crate::model::{Bundle, Family, Model};
use crate::training::bundle_writer::{self, About};
use crate::training::features_file::{Provenance, beside};
use crate::training::judgement::{self, Judgement};
use crate::training::labelled::Purpose;
use crate::training::selection::{self, Rule};
use crate::training::study::{self, LeftOut, Plan, Progress, Record, Study};
use crate::training::table::Table;
use crate::training::triage;

/// Arguments of `train`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Cases, or the features, CSV or Parquet, that `extract` wrote of them; the set `train` is fitted on
    input: PathBuf,
    /// Folder of the bundle whose networks compute the features
    #[arg(long)]
    base: PathBuf,
    /// Folder of the bundle to write; one that is there is not replaced. Features that are computed go beside it, to
    /// OUT.features.csv
    #[arg(long)]
    out: PathBuf,
    /// Name of the bundle; the folder's if not said
    #[arg(long)]
    name: Option<String>,
    /// Version of the bundle
    #[arg(long, default_value = "0.1.0")]
    version: String,
    /// What the training data are, for reports and the model card
    #[arg(long, value_name = "TEXT")]
    training_data: Option<String>,
    /// Classifier to take, whatever cross-validation says
    #[arg(long, value_enum)]
    classifier: Option<Kind>,
    /// Leave out features whose names match
    #[arg(long, value_name = "REGEX")]
    without: Option<Regex>,
    /// Families of features to use; all if not said
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAMILY,...")]
    families: Vec<Family>,
    /// Say what each family brings: train once more without each, and ask these models about the other sets
    #[arg(long)]
    compare_families: bool,
    /// Which penalty of LASSO
    #[arg(long, value_enum, default_value_t = Rule::OneStandardError)]
    rule: Rule,
    /// Penalties on LASSO's path
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..=1000))]
    penalties: u16,
    /// Features at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    at_most: Option<u16>,
    /// Folds of cross-validation, by patient
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(2..=100))]
    folds: u16,
    /// Seed of everything that chance decides
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    targets: Reach,
    #[command(flatten)]
    computing: Computing,
}

/// Trains, writes the bundle and says what was tried.
pub fn run(arguments: &Arguments) -> Outcome {
    fresh::absent(std::slice::from_ref(&arguments.out), Named::Folder("--out"))?;
    let base = Bundle::load(&arguments.base)?;
    let classes = base.identity().classes.len();
    let folds = usize::from(arguments.folds);
    let computed = beside(&arguments.out, ".features.csv");
    let purpose = Purpose::Train { folds };
    let table = features::table(&arguments.input, &base, &computed, purpose, &arguments.computing)?;
    let library = arguments.computing.library();
    let mut model = Model::open(base.clone(), library, 1)?;

    let plan = arguments.plan();
    let mut study = study::study(&table.training(), classes, &plan, &Bars::default())?;
    let judged = Judgement::of_fusion(&study.fusion, &table)?;
    study.triage = arguments.triage(&table, &base, &study, judged)?;
    if arguments.compare_families {
        study.record.left_out = arguments.left_out(&table, &base, &study)?;
    }
    let features = if Table::is_one(&arguments.input) { &arguments.input } else { &computed };
    study.record.provenance = Provenance::of(features);
    let about = arguments.about(&study.record);
    let written = bundle_writer::write(&arguments.out, (&base, &mut model), &about, &study, library)?;

    println!("{}", tried(&study.record));
    if !study.record.left_out.is_empty() {
        println!("\n{}\n", brings(&study.record));
    }
    let identity = written.identity();
    println!(
        "{} features; {} {} (sha256 {}) in {}\n{RESEARCH_USE_ONLY}.",
        study.fusion.features.len(),
        identity.name,
        identity.version,
        identity.digest,
        arguments.out.display()
    );
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// The study model, when the table has the studies for one.
    fn triage(
        &self,
        table: &Table,
        base: &Bundle,
        study: &Study,
        mut judged: Judgement,
    ) -> Result<Option<Triage>, Box<dyn Error + Send + Sync>> {
        // Of bodies that the model was fitted on it says too much.
        for (place, said) in table.of_set(TRAINING).into_iter().zip(&study.out_of_fold) {
            judged.probabilities[place].clone_from(said);
        }
        let seen = triage::seen(table, &base.identity().classes, (&judged.probabilities, &judged.others));
        let fitted = triage::fit(&seen, &self.targets.targets())?;
        if fitted.is_none() {
            eprintln!(
                "No operating points: the training studies, those with two bodies or more, need some with a fracture and some without. \
                 `extract --boxes all` writes every body of a film."
            );
        }
        Ok(fitted)
    }

    /// What the model reaches on the other sets, and models that are made without one of its families.
    fn left_out(
        &self,
        table: &Table,
        base: &Bundle,
        study: &Study,
    ) -> Result<Vec<LeftOut>, Box<dyn Error + Send + Sync>> {
        let classes = &base.identity().classes;
        let offered: Vec<Family> = match self.families.as_slice() {
            [] => Family::ALL.into_iter().filter(|f| table.features.iter().any(|n| Family::of(n) == *f)).collect(),
            named => named.to_vec(),
        };
        let mut rows = judgement::areas(&study.fusion, table, classes, None)?;
        for family in &offered {
            let mut plan = self.plan();
            plan.kinds = vec![study.record.taken];
            plan.selection.families = offered.iter().copied().filter(|other| other != family).collect();
            if plan.selection.families.is_empty() {
                continue;
            }
            eprintln!("without {}", family.name());
            match study::study(&table.training(), classes.len(), &plan, &Bars::default()) {
                Ok(without) => rows.extend(judgement::areas(&without.fusion, table, classes, Some(*family))?),
                Err(error) => eprintln!("without {} there is no model: {error}", family.name()),
            }
        }
        Ok(rows)
    }

    fn plan(&self) -> Plan {
        Plan {
            selection: selection::Settings {
                without: self.without.clone(),
                families: self.families.clone(),
                penalties: usize::from(self.penalties),
                rule: self.rule,
                at_most: self.at_most.map_or(usize::MAX, usize::from),
                ..selection::Settings::default()
            },
            folds: usize::from(self.folds),
            kinds: self.classifier.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]),
            seed: self.seed,
            threads: self.computing.threads(),
        }
    }

    fn about(&self, record: &Record) -> About {
        let of_folder = || self.out.file_name().map(|name| name.to_string_lossy().into_owned());
        let data = || format!("{} bodies of {} patients, classes {:?}", record.bodies, record.patients, record.classes);
        About {
            name: self.name.clone().or_else(of_folder).unwrap_or_default(),
            version: self.version.clone(),
            training_data: self.training_data.clone().unwrap_or_else(data),
        }
    }
}

/// What each family brings.
fn brings(record: &Record) -> String {
    let area = |area: Option<f64>| area.map_or_else(|| "not defined".to_owned(), |area| format!("{area:.3}"));
    let row = |row: &LeftOut| {
        let family = row.family.map_or("nothing", Family::name);
        vec![family.to_owned(), row.set.clone(), area(row.macro_area), area(row.fracture_area)]
    };
    let rows: Vec<_> = record.left_out.iter().map(row).collect();
    table::format(&["left out", "set", "macro AUC", "AUC of any fracture"], &rows)
}

/// What each kind of classifier reached.
fn tried(record: &Record) -> String {
    let row = |tried: &study::Tried| {
        let kind = tried.settings.kind();
        let taken = if kind == record.taken { "taken" } else { "" };
        vec![kind.title().to_owned(), format!("{:.3}", tried.area), tried.settings.to_string(), taken.to_owned()]
    };
    let rows: Vec<_> = record.classifiers.iter().map(row).collect();
    table::format(&["classifier", "macro AUC by cross-validation", "settings", ""], &rows)
}

/// A bar that is of one part of the work after the other.
struct Bars(ProgressBar);

impl Default for Bars {
    fn default() -> Self {
        Self(features::bar(""))
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, steps: usize) {
        self.0.reset();
        self.0.set_length(steps as u64);
        self.0.set_message(what.to_owned());
        if self.0.is_hidden() {
            eprintln!("{what}, {steps} steps at most");
        }
    }

    fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
