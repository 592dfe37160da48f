//! `spinetriage radiomics`: PyRadiomics' features of a region of an image, or of many.

mod batch;
mod output;

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::outcome::Outcome;
use crate::RESEARCH_USE_ONLY;
use crate::radiomics::parameter_file::Kept;
use crate::radiomics::{self, Binning, Features, Filter, ImageType, Settings};
use crate::radiomics_files::{self, Case, Cases, RadiomicsFileError};
use output::{Format, Output};

/// Arguments of `radiomics`.
#[derive(Debug, Args)]
#[command(
    after_help = "Research use only, not for diagnosis.\nParameter files, images and masks: docs/radiomics-command.md."
)]
pub struct Arguments {
    /// DICOM, 8 or 16 bit grey PNG, or NumPy .npy
    #[arg(required_unless_present = "batch")]
    image: Option<PathBuf>,
    /// PNG or .npy of the image's size: the region is what is not 0, or has the label
    #[arg(required_unless_present = "batch")]
    mask: Option<PathBuf>,
    /// Many cases: a CSV with the columns Image and Mask, and Label, RowSpacing, ColumnSpacing if wanted
    #[arg(long, value_name = "CASES.csv", conflicts_with_all = ["image", "mask"])]
    batch: Option<PathBuf>,
    /// Size of a pixel in mm, between rows and between columns; wins over what a DICOM file says
    #[arg(long, value_name = "ROW,COL", value_parser = pixel_size, allow_hyphen_values = true)]
    spacing: Option<[f64; 2]>,
    /// The region is the mask's pixels of this label [default: all that are not 0; 1 with --settings]
    #[arg(long)]
    label: Option<u32>,
    /// Grey levels of this width, in pixel values [default: 25]
    #[arg(long, value_name = "W", conflicts_with = "bin_count", allow_negative_numbers = true)]
    bin_width: Option<f64>,
    /// This many grey levels between the region's smallest and largest value
    #[arg(long, value_name = "N")]
    bin_count: Option<u32>,
    /// Images to compute on: Original,Wavelet,LoG,Square,SquareRoot,Logarithm,Exponential,Gradient,LBP2D
    #[arg(long, value_delimiter = ',')]
    filters: Option<Vec<String>>,
    /// Widths of LoG's Gaussian in mm
    #[arg(long, value_name = "MM,...", value_delimiter = ',', allow_negative_numbers = true)]
    log_sigma: Option<Vec<f64>>,
    /// PyRadiomics parameter file (YAML or JSON), as it is; the other options win over it
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Filters, or cases of a batch, at work at a time; the numbers do not depend on it
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    threads: NonZeroUsize,
    /// One JSON object of feature names to numbers a region, instead of CSV
    #[arg(long)]
    json: bool,
    /// Write to a file instead of the terminal; one that is there is not replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Measures one region, or each of a batch: exit code 1 when one of these cannot be.
pub fn run(arguments: &Arguments) -> Outcome {
    let plan = Plan::of(arguments)?;
    for warning in &plan.warnings {
        eprintln!("{warning}");
    }
    let format = if arguments.json { Format::Json } else { Format::Csv };
    let mut output = Output::open(arguments.out.as_deref(), format)?;
    let cases = match (&arguments.batch, &arguments.image, &arguments.mask) {
        (Some(file), ..) => Cases::read(file)?,
        (None, Some(image), Some(mask)) => {
            // One region is one plain object, or an error of the command itself.
            let case = Case { image: image.clone(), mask: mask.clone(), label: None, spacing_mm: None };
            let features = plan.measure(&case, arguments.threads)?;
            output.single(image, mask, &features)?;
            output.finish()?;
            eprintln!("{RESEARCH_USE_ONLY}.");
            return Ok(ExitCode::SUCCESS);
        }
        _ => return Err("give an image and its mask, or --batch CASES.csv".into()),
    };
    let outcome = batch::run(&plan, &cases, output, arguments.threads);
    eprintln!("{RESEARCH_USE_ONLY}.");
    outcome
}

/// What is to be computed, once arguments and parameter file are put together.
#[derive(Debug)]
struct Plan {
    settings: Settings,
    kept: Kept,
    /// Of cases that say none.
    label: Option<u32>,
    /// Of cases that say none.
    spacing_mm: Option<[f64; 2]>,
    warnings: Vec<String>,
}

impl Plan {
    fn of(arguments: &Arguments) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut plan = match &arguments.settings {
            None => Self {
                settings: Settings::default(),
                kept: Kept::default(),
                label: None,
                spacing_mm: None,
                warnings: Vec::new(),
            },
            Some(file) => {
                let read = radiomics_files::read_parameters(file)?;
                let warnings = read.warnings.iter().map(|w| format!("{}: {w}", file.display())).collect();
                Self { settings: read.settings, kept: read.kept, label: Some(read.label), spacing_mm: None, warnings }
            }
        };
        plan.label = arguments.label.or(plan.label);
        plan.spacing_mm = arguments.spacing;
        if let Some(filters) = &arguments.filters {
            plan.settings.image_types = image_types(filters, arguments.log_sigma.as_deref())?;
        } else if arguments.log_sigma.is_some() {
            return Err("--log-sigma needs LoG among --filters".into());
        }
        let binning = arguments.bin_width.map(Binning::Width).or(arguments.bin_count.map(Binning::Count));
        if let Some(binning) = binning {
            plan.settings.binning = binning;
            plan.settings.image_types.iter_mut().for_each(|image_type| image_type.binning = None);
        }
        plan.settings.check().map_err(|e| e.to_string())?;
        Ok(plan)
    }

    /// The features of one case.
    fn measure(&self, case: &Case, threads: NonZeroUsize) -> Result<Features, RadiomicsFileError> {
        let (label, spacing_mm) = (case.label.or(self.label), case.spacing_mm.or(self.spacing_mm));
        let mut features = Case { label, spacing_mm, ..case.clone() }.measure(&self.settings, threads)?;
        features.retain(|(name, _)| self.kept.keeps(name));
        Ok(features)
    }

    /// Names of all features of a case.
    fn names(&self) -> Vec<String> {
        let mut names = radiomics::feature_names(&self.settings);
        names.retain(|name| self.kept.keeps(name));
        names
    }
}

fn pixel_size(text: &str) -> Result<[f64; 2], String> {
    let sizes: Option<Vec<f64>> = text.split(',').map(|size| size.trim().parse().ok()).collect();
    match sizes.as_deref() {
        Some([row, column]) if [row, column].iter().all(|mm| mm.is_finite() && **mm > 0.0) => Ok([*row, *column]),
        _ => Err("give two sizes above 0 in millimetres, such as 0.15,0.15".into()),
    }
}

fn image_types(filters: &[String], log_sigma: Option<&[f64]>) -> Result<Vec<ImageType>, String> {
    if log_sigma.is_some() && !filters.iter().any(|filter| filter == "LoG") {
        return Err("--log-sigma needs LoG among --filters".into());
    }
    let mut image_types = Vec::new();
    for filter in filters {
        let named = Filter::named(filter.trim(), log_sigma.unwrap_or(&[])).map_err(|e| format!("--filters: {e}"))?;
        image_types.extend(named.into_iter().map(ImageType::from));
    }
    Ok(image_types)
}
