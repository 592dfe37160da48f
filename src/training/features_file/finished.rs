//! Finished files of features, whichever their format is: their rows, and whose features they hold.

use std::fs;
use std::path::Path;

use super::name::{Format, beside};
use super::provenance::Provenance;
use super::source::Source;
use super::{csv, parquet};
use crate::training::problem::FileError;

/// Opens `path`, in the format that its name says.
///
/// # Errors
/// When it cannot be read; a Parquet file also when it is damaged.
pub(in crate::training) fn open(path: &Path) -> Result<Source, FileError> {
    match Format::of(path) {
        Format::Csv => csv::open(path),
        Format::Parquet => parquet::open(path),
    }
}

impl Provenance {
    /// Of a finished file of features, from the JSON beside it, or from within a Parquet file that was moved without
    /// it; `None` when nothing says what it is of.
    pub fn of(features: &Path) -> Option<Self> {
        let text = match (fs::read(beside(features, ".json")), Format::of(features)) {
            (Ok(text), _) => text,
            (Err(_), Format::Parquet) => parquet::provenance(features)?.into_bytes(),
            (Err(_), Format::Csv) => return None,
        };
        serde_json::from_slice(&text).ok()
    }
}
