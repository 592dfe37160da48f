//! A study's report: everything that its JSON, its page and its table say.

use serde::{Deserialize, Serialize};

use super::comparison::SetComparison;
use super::figures::SetFigures;
use super::input::{SelectedFeature, Subject};
use super::path::PathRecord;
use super::triage::UnitFigures;
use crate::findings::ClassName;
use crate::statistics::Bootstrap;

/// The layout of `report.json`; grows by one when a name in it changes its meaning.
pub const SCHEMA: &str = "spinetriage-evaluation-1";

/// What is known of the bundles that were tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`crate::RESEARCH_USE_ONLY`].
    pub notice: String,
    /// [`SCHEMA`].
    pub schema: String,
    /// How intervals without a formula were drawn.
    pub bootstrap: BootstrapRecord,
    /// The classes, in the order of the probabilities.
    pub classes: Vec<ClassName>,
    /// The bundle under test.
    pub subject: Evaluated,
    /// The one it is compared with.
    pub against: Option<Evaluated>,
    /// Tests of the two, one entry a set; empty without a second bundle.
    pub comparisons: Vec<SetComparison>,
    /// The LASSO path of the training, when it was recorded.
    pub path: Option<PathRecord>,
}

/// How the bootstrap was done: patients are drawn again within the class of their first body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootstrapRecord {
    /// How many resamples.
    pub resamples: usize,
    /// Seed.
    pub seed: u64,
}

impl From<Bootstrap> for BootstrapRecord {
    fn from(bootstrap: Bootstrap) -> Self {
        Self { resamples: bootstrap.times, seed: bootstrap.seed }
    }
}

/// A bundle with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Name of the bundle.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 (hex) of its manifest.
    pub digest: String,
    /// What it classifies with.
    pub classifier: String,
    /// How many features it fuses.
    pub feature_count: usize,
    /// The features.
    pub features: Vec<SelectedFeature>,
    /// One entry a set, in the order given.
    pub sets: Vec<SetFigures>,
    /// What its operating points do, one entry a set and unit; empty for a bundle without them.
    #[serde(default)]
    pub triage: Vec<UnitFigures>,
}

impl Evaluated {
    pub(super) fn of(subject: &Subject, classes: &[ClassName], bootstrap: Bootstrap) -> Self {
        Self {
            name: subject.name.clone(),
            version: subject.version.clone(),
            digest: subject.digest.clone(),
            classifier: subject.classifier.clone(),
            feature_count: subject.features.len(),
            features: subject.features.clone(),
            sets: subject.sets.iter().map(|judged| SetFigures::of(judged, classes, bootstrap)).collect(),
            triage: subject.units.iter().map(UnitFigures::of).collect(),
        }
    }

    /// Name and version.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The figures of a set.
    pub fn set(&self, set: &str) -> Option<&SetFigures> {
        self.sets.iter().find(|s| s.set == set)
    }
}

impl Report {
    /// The tests of a set.
    pub fn comparison(&self, set: &str) -> Option<&SetComparison> {
        self.comparisons.iter().find(|c| c.set == set)
    }
}
