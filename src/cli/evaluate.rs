//! `spinetriage evaluate`: what a bundle does on labelled films, alone or against another.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::features::{self, Computing};
use super::fresh::{self, Named};
use super::outcome::Outcome;
use super::reach::Reach;
use super::table;
use crate::RESEARCH_USE_ONLY;
use crate::evaluation::{self, PREVALENCES, PathRecord, Subject};
use crate::findings::ClassName;
use crate::model::{Bundle, Model};
use crate::statistics::Bootstrap;
use crate::training::bundle_writer::{self, RECORD};
use crate::training::judgement::{self, Judgement};
use crate::training::labelled::Purpose;
use crate::training::study::Record;
use crate::training::table::Table;
use crate::training::triage;

/// Arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Cases, or the features, CSV or Parquet, that `extract` wrote of them
    input: PathBuf,
    /// Folder of the bundle
    #[arg(long)]
    bundle: PathBuf,
    /// Folder of a bundle to compare it with, on the same bodies
    #[arg(long, value_name = "BUNDLE")]
    against: Option<PathBuf>,
    /// The features that the networks of the bundle to compare with computed, when INPUT is a file of features
    #[arg(long, value_name = "FEATURES", requires = "against")]
    against_features: Option<PathBuf>,
    /// Folder for report.json, report.html, predictions.csv, contributions.csv, none of which is replaced, and features
    /// that are computed
    #[arg(long)]
    out: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Resamplings of the patients for intervals that have no formula
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    resamplings: u32,
    /// Seed of the resamplings
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Predictive values where fractures are as frequent as these parts of the studies
    #[arg(long, value_name = "PART,...", value_delimiter = ',', default_values_t = PREVALENCES)]
    prevalences: Vec<f64>,
    /// Write the bundle anew to this folder, with operating points that reach the targets on these studies
    #[arg(long, value_name = "DIR", requires = "new_version")]
    operating_points: Option<PathBuf>,
    /// Version of that bundle
    #[arg(long, value_name = "VERSION", requires = "operating_points")]
    new_version: Option<String>,
    #[command(flatten)]
    targets: Reach,
    #[command(flatten)]
    computing: Computing,
}

/// The features that the first bundle's networks compute, in the folder of the report.
const FEATURES: &str = "features.csv";
/// Those of the second bundle.
const AGAINST_FEATURES: &str = "against_features.csv";
/// The report, for programs.
const JSON: &str = "report.json";
/// The report, for people.
const PAGE: &str = "report.html";
/// What the first bundle says of each body.
const PREDICTIONS: &str = "predictions.csv";
/// What each feature adds to it.
const CONTRIBUTIONS: &str = "contributions.csv";
/// What names the results.
const BY: Named = Named::Folder("--out");

/// What a bundle says.
struct Asked {
    subject: Subject,
    classes: Vec<ClassName>,
    /// As CSV.
    predictions: String,
    /// As CSV, of a model that adds.
    contributions: Option<String>,
    judgement: Judgement,
    table: Table,
}

/// Measures the bundle on every set of the cases.
pub fn run(arguments: &Arguments) -> Outcome {
    let out = &arguments.out;
    fresh::absent(&[JSON, PAGE, PREDICTIONS, CONTRIBUTIONS].map(|name| out.join(name)), BY)?;
    if let Some(folder) = &arguments.operating_points {
        fresh::absent(std::slice::from_ref(folder), Named::Folder("--operating-points"))?;
    }
    let bundle = Bundle::load(&arguments.bundle)?;
    let other = arguments.against.as_ref().map(|folder| Bundle::load(folder)).transpose()?;
    arguments.may_compute(&bundle, other.as_ref())?;
    fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let asked = arguments.ask(&bundle, &arguments.input, FEATURES)?;
    let ask_other = |other| arguments.ask(other, &arguments.input_of(other, &bundle), AGAINST_FEATURES);
    let against = other.as_ref().map(ask_other).transpose()?;
    if let Some(other) = against.as_ref().filter(|other| other.classes != asked.classes) {
        let (one, other) = (codes(&asked.classes), codes(&other.classes));
        return Err(format!("the bundles know different classes, {one} and {other}: give two of the same").into());
    }
    let bootstrap = Bootstrap { times: arguments.resamplings as usize, seed: arguments.seed };
    let path = path_of(&arguments.bundle);
    let against = against.as_ref().map(|other| &other.subject);
    let report = evaluation::evaluate(&asked.classes, &asked.subject, against, path.as_ref(), bootstrap)?;

    let json = report.to_json()?;
    let page = report.to_html();
    let texts = [(JSON, &json), (PAGE, &page), (PREDICTIONS, &asked.predictions)];
    for (name, text) in texts.into_iter().chain(asked.contributions.iter().map(|text| (CONTRIBUTIONS, text))) {
        fresh::write(&out.join(name), text.as_bytes(), BY)?;
    }
    if arguments.json {
        println!("{json}");
    } else {
        println!("{}", report.to_text(table::format));
        println!("{} has the pictures. {RESEARCH_USE_ONLY}.", out.join(PAGE).display());
    }
    if let (Some(out), Some(version)) = (&arguments.operating_points, &arguments.new_version) {
        arguments.move_points(&bundle, &asked, out, version)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// Refuses when features would be computed to a name that is taken.
    fn may_compute(&self, bundle: &Bundle, other: Option<&Bundle>) -> Result<(), Box<dyn Error + Send + Sync>> {
        features::are_there(&self.input, bundle, &self.out.join(FEATURES), &self.computing)?;
        let Some(other) = other else { return Ok(()) };
        let input = self.input_of(other, bundle);
        // The first bundle's features are there in time.
        if input != self.out.join(FEATURES) {
            features::are_there(&input, other, &self.out.join(AGAINST_FEATURES), &self.computing)?;
        }
        Ok(())
    }

    /// Asks a bundle about the bodies of `input`; `computed` takes their features.
    fn ask(&self, bundle: &Bundle, input: &Path, computed: &str) -> Result<Asked, Box<dyn Error + Send + Sync>> {
        let identity = bundle.identity().clone();
        let table = features::table(input, bundle, &self.out.join(computed), Purpose::Evaluate, &self.computing)?;
        let (judgement, contributions) = match bundle.fusion()? {
            Some(fusion) => (
                Judgement::of_fusion(&fusion, &table)?,
                judgement::contributions_csv(&fusion, &table, &identity.classes)?,
            ),
            None => {
                (Judgement::of_model(&mut Model::open(bundle.clone(), self.computing.library(), 1)?, &table)?, None)
            }
        };
        let predictions = judgement.to_csv(&table, &identity.classes)?;
        Ok(Asked {
            subject: judgement.clone().subject(&identity, &table, &self.prevalences),
            classes: identity.classes,
            predictions,
            contributions,
            judgement,
            table,
        })
    }

    /// Writes the bundle with operating points that reach the targets on these studies.
    fn move_points(
        &self,
        bundle: &Bundle,
        asked: &Asked,
        out: &Path,
        version: &str,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Some(triage) = &bundle.identity().triage else {
            return Err(
                "the bundle has no [triage], whose operating points could be moved: make one with `spinetriage train`"
                    .into(),
            );
        };
        let said = (asked.judgement.probabilities.as_slice(), asked.judgement.others.as_slice());
        let seen = triage::seen(&asked.table, &asked.classes, said);
        let on = format!("{} (moved there)", self.input.file_name().unwrap_or_default().to_string_lossy());
        let moved = triage::moved(triage, &seen, &self.targets.targets(), &on);
        let moved =
            moved.ok_or("operating points cannot be moved: the studies need some with a fracture and some without")?;
        let written = bundle_writer::write_moved(out, bundle, &moved, version, self.computing.library())?;
        for (name, point) in [("sensitive", &moved.sensitive), ("specific", &moved.specific)] {
            eprintln!("{name} point: sensitivity {}, specificity {}", point.sensitivity, point.specificity);
        }
        let identity = written.identity();
        eprintln!("{} {} (sha256 {}) in {}", identity.name, identity.version, identity.digest, out.display());
        Ok(())
    }

    /// The file that a bundle to compare with `first` is asked about: its own features, or the first one's when the
    /// networks are the same, or the cases.
    fn input_of(&self, other: &Bundle, first: &Bundle) -> PathBuf {
        let same = || other.features_digest() == first.features_digest() && !Table::is_one(&self.input);
        match &self.against_features {
            Some(features) => features.clone(),
            None if same() => self.out.join(FEATURES),
            None => self.input.clone(),
        }
    }
}

fn codes(classes: &[ClassName]) -> String {
    classes.iter().map(|class| class.code.as_str()).collect::<Vec<_>>().join(", ")
}

/// The path of the bundle's training, when it was trained here.
fn path_of(folder: &Path) -> Option<PathRecord> {
    let text = fs::read(folder.join(RECORD)).ok()?;
    serde_json::from_slice::<Record>(&text).ok().map(|record| record.path)
}
