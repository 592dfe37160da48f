//! Makes a bundle of a base and a fitted fusion model.
//!
//! The base gives the networks and everything that computes features, word by word; the study gives the fusion model.
//! No pixel of a patient's film goes into a bundle: the self-test has the base's picture, or a drawn one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

pub use super::card::About;
use super::card::card;
pub use super::study::RECORD;
use super::study::Study;
use crate::RESEARCH_USE_ONLY;
use crate::classifier::{Classifier, Linear};
use crate::findings::{BoundingBox, PixelSpacing, SpacingSource, Triage};
use crate::imaging::{ImagingError, Radiograph, decode, png};
use crate::model::{Bundle, Feature, Likeness, Model, ModelError};
use crate::unfinished::Unfinished;

/// Why a bundle was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something is there already.
    #[error("{} is there already; name another folder with --out, or move it away", .0.display())]
    Exists(PathBuf),
    /// The disk.
    #[error("{} cannot be written: {source}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The manifest cannot be made of the base's.
    #[error("the manifest of {} cannot be taken over: {reason}", path.display())]
    Manifest {
        /// The base.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The picture of the self-test.
    #[error("the self-test's picture cannot be used: {0}")]
    Picture(#[from] ImagingError),
    /// The base, or what was written, cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// The manifest.
const MANIFEST: &str = "bundle.toml";
/// The fusion model, but for logistic regression, which the manifest itself holds.
const CLASSIFIER: &str = "classifier.json";
/// The section of the study model and its operating points.
const TRIAGE: &str = "triage";
/// The model card.
const CARD: &str = "README.md";
/// The self-test's picture where the base has none.
const PICTURE: &str = "self_test.png";
/// How far another machine's probabilities may be from these.
const TOLERANCE: f64 = 1e-3;

/// Writes the bundle to the folder `out`, which is not there yet, and opens it: its self-test must pass. `base` is
/// opened from the bundle `from`.
///
/// # Errors
/// [`WriteError`]; then nothing is left at `out`.
pub fn write(
    out: &Path,
    (from, base): (&Bundle, &mut Model),
    about: &About,
    study: &Study,
    onnxruntime: Option<&Path>,
) -> Result<Bundle, WriteError> {
    if out.symlink_metadata().is_ok() {
        return Err(WriteError::Exists(out.to_owned()));
    }
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => WriteError::Exists(out.to_owned()),
        _ => WriteError::Disk { path: out.to_owned(), source },
    };
    let unfinished = Unfinished::folder(out).map_err(failed)?;
    Folder { path: unfinished.path(), files: Table::new() }.fill(from, base, about, study)?;
    Model::open(Bundle::load(unfinished.path())?, onnxruntime, 1)?;
    unfinished.finish().map_err(failed)?;
    Ok(Bundle::load(out)?)
}

/// The bundle's folder while it is filled.
struct Folder<'a> {
    path: &'a Path,
    /// Name and SHA-256 of what is in it.
    files: Table,
}

/// The picture of a self-test.
struct Probe {
    image: String,
    spacing_mm: [f64; 2],
    region: [f64; 4],
}

impl Folder<'_> {
    fn fill(mut self, from: &Bundle, base: &mut Model, about: &About, study: &Study) -> Result<(), WriteError> {
        for network in from.networks() {
            if !self.files.contains_key(network) {
                self.copy(from.folder(), network)?;
            }
        }
        let probe = self.probe(from)?;
        let inline = match &study.fusion.classifier {
            Classifier::LogisticRegression(linear) => Some(linear),
            other => {
                self.put_json(CLASSIFIER, other)?;
                None
            }
        };
        self.put_json(RECORD, &study.record)?;

        let radiograph = decode::read_png(&self.path.join(&probe.image), Some(probe.spacing_mm))?;
        let [x0, y0, x1, y1] = probe.region;
        let features = base.test_features(&radiograph, &BoundingBox { x0, y0, x1, y1 })?;
        let probabilities = study.fusion.probabilities(&features)?;

        let unusable = |reason: String| WriteError::Manifest { path: from.folder().to_owned(), reason };
        let mut manifest: Table = from.manifest_text().parse().map_err(|e: toml::de::Error| unusable(e.to_string()))?;
        if let Some(Value::Table(bundle)) = manifest.get_mut("bundle") {
            for (key, value) in
                [("name", &about.name), ("version", &about.version), ("training_data", &about.training_data)]
            {
                bundle.insert(key.into(), value.as_str().into());
            }
        }
        manifest.insert("files".into(), std::mem::take(&mut self.files).into());
        manifest.insert("self_test".into(), probe.table(&probabilities).into());
        manifest.insert("fusion".into(), fusion_table(study, inline).into());
        manifest.remove(TRIAGE);
        if let Some(triage) = &study.triage {
            manifest.insert(TRIAGE.into(), Value::try_from(triage).map_err(|e| unusable(e.to_string()))?);
        }
        let text = toml::to_string(&manifest).map_err(|e| unusable(e.to_string()))?;
        // Without a digest: its author goes on writing it.
        self.write(CARD, card(from, about, study).as_bytes())?;
        self.write(MANIFEST, format!("# {RESEARCH_USE_ONLY}: see {CARD} beside this file.\n{text}").as_bytes())
    }

    fn copy(&mut self, from: &Path, name: &str) -> Result<(), WriteError> {
        let source = from.join(name);
        let bytes = fs::read(&source).map_err(|e| WriteError::Disk { path: source, source: e })?;
        self.put(name, &bytes)
    }

    fn put_json(&mut self, name: &str, value: &impl Serialize) -> Result<(), WriteError> {
        let path = self.path.join(name);
        let text = serde_json::to_string(value).map_err(|e| WriteError::Disk { path, source: e.into() })?;
        self.put(name, text.as_bytes())
    }

    /// Writes a file and lists it with its digest.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.write(name, bytes)?;
        self.files.insert(name.to_owned(), format!("{:x}", Sha256::digest(bytes)).into());
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(self.path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|source| WriteError::Disk { path, source })
    }

    /// The base's picture, or a drawn one: a bright body between darker discs, with a fine grain.
    fn probe(&mut self, from: &Bundle) -> Result<Probe, WriteError> {
        if let Some((image, spacing_mm, region)) = from.self_test() {
            if !self.files.contains_key(image) {
                self.copy(from.folder(), image)?;
            }
            return Ok(Probe { image: image.to_owned(), spacing_mm, region });
        }
        let (width, height) = (160, 128);
        let pixel = |i: usize| {
            let (x, y) = (i % width, i / width);
            let body = (40..120).contains(&x) && (34..94).contains(&y);
            let grain = (x * 7 + y * 13 + x * y) % 97;
            (if body { 30_000.0 } else { 12_000.0 }) + 40.0 * grain as f32 + 30.0 * x as f32
        };
        let spacing = Some(PixelSpacing { row_mm: 0.5, column_mm: 0.5, source: SpacingSource::Given });
        let radiograph = Radiograph { width, height, pixels: (0..width * height).map(pixel).collect(), spacing };
        png::write(&self.path.join(PICTURE), &radiograph)?;
        self.copy(self.path, PICTURE)?;
        Ok(Probe { image: PICTURE.into(), spacing_mm: [0.5, 0.5], region: [40.0, 34.0, 120.0, 94.0] })
    }
}

impl Probe {
    fn table(&self, probabilities: &[f64]) -> Table {
        Table::from_iter([
            ("image".to_owned(), self.image.as_str().into()),
            ("spacing_mm".to_owned(), numbers(&self.spacing_mm)),
            ("box".to_owned(), numbers(&self.region)),
            ("probabilities".to_owned(), numbers(probabilities)),
            ("tolerance".to_owned(), TOLERANCE.into()),
        ])
    }
}

/// `[fusion]`: logistic regression in full, of another kind what its file is.
fn fusion_table(study: &Study, inline: Option<&Linear>) -> Table {
    let fusion = &study.fusion;
    let mut table = Table::new();
    table.insert("kind".into(), fusion.classifier.kind().name().into());
    match inline {
        Some(linear) => table.insert("intercepts".into(), numbers(&linear.intercepts)),
        None => table.insert("file".into(), CLASSIFIER.into()),
    };
    if let Some(calibration) = &fusion.calibration {
        let slope = ("slope".to_owned(), calibration.slope.into());
        let intercepts = ("intercepts".to_owned(), numbers(&calibration.intercepts));
        table.insert("calibration".into(), Table::from_iter([slope, intercepts]).into());
    }
    let feature = |(j, feature): (usize, &Feature)| {
        let mut row = Table::new();
        row.insert("name".into(), feature.name.as_str().into());
        row.insert("mean".into(), feature.mean.into());
        row.insert("scale".into(), feature.scale.into());
        if let Some(linear) = inline {
            let of_classes: Vec<f64> = linear.coefficients.iter().map(|of_class| of_class[j]).collect();
            row.insert("coefficients".into(), numbers(&of_classes));
        }
        Value::Table(row)
    };
    if let Some(Likeness { precision, at_most }) = &fusion.likeness {
        let rows = Value::Array(precision.iter().map(|row| numbers(row)).collect());
        let likeness = [("precision".to_owned(), rows), ("at_most".to_owned(), (*at_most).into())];
        table.insert("likeness".into(), Table::from_iter(likeness).into());
    }
    table.insert("feature".into(), Value::Array(fusion.features.iter().enumerate().map(feature).collect()));
    table
}

fn numbers(values: &[f64]) -> Value {
    Value::Array(values.iter().map(|v| Value::Float(*v)).collect())
}

/// Writes to the folder `out`, which is not there yet, the bundle `from` with other operating points, under another
/// version, and opens it.
///
/// # Errors
/// [`WriteError`]; then nothing is left at `out`.
pub fn write_moved(
    out: &Path,
    from: &Bundle,
    triage: &Triage,
    version: &str,
    onnxruntime: Option<&Path>,
) -> Result<Bundle, WriteError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => WriteError::Exists(out.to_owned()),
        _ => WriteError::Disk { path: out.to_owned(), source },
    };
    let unfinished = Unfinished::folder(out).map_err(failed)?;
    let unusable = |reason: String| WriteError::Manifest { path: from.folder().to_owned(), reason };
    let mut folder = Folder { path: unfinished.path(), files: Table::new() };
    for file in from.files() {
        folder.copy(from.folder(), file)?;
    }
    let mut manifest: Table = from.manifest_text().parse().map_err(|e: toml::de::Error| unusable(e.to_string()))?;
    if let Some(Value::Table(bundle)) = manifest.get_mut("bundle") {
        bundle.insert("version".into(), version.into());
    }
    manifest.insert(TRIAGE.into(), Value::try_from(triage).map_err(|e| unusable(e.to_string()))?);
    let text = toml::to_string(&manifest).map_err(|e| unusable(e.to_string()))?;
    folder.write(MANIFEST, format!("# {RESEARCH_USE_ONLY}: see {CARD} beside this file.\n{text}").as_bytes())?;
    if let Ok(card) = fs::read(from.folder().join(CARD)) {
        folder.write(CARD, &card)?;
    }
    Model::open(Bundle::load(unfinished.path())?, onnxruntime, 1)?;
    unfinished.finish().map_err(failed)?;
    Ok(Bundle::load(out)?)
}
