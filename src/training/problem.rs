//! What is wrong with a file of cases or features: all of it at once, each with its line or row.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{path}: {reason}; name the CSV of the cases, or the CSV or Parquet file that `spinetriage extract` wrote")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It ends in `.parquet`, and what it holds cannot be decoded.
    #[error(
        "{path} is damaged, or no Parquet file as `spinetriage extract` writes it: {reason}; run `extract` again, or save the file with gzip, snappy or no compression"
    )]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What could not be decoded.
        reason: String,
    },
    /// It holds what a study cannot be made of; all of it.
    #[error("{path} cannot be used:{}", .problems.iter().map(|p| format!("\n  {p}")).collect::<String>())]
    Problems {
        /// The file.
        path: PathBuf,
        /// In the order of the lines, then what is wrong with the whole.
        problems: Vec<Problem>,
    },
}

impl FileError {
    pub(super) fn read(path: &Path, reason: &dyn fmt::Display) -> Self {
        Self::Read { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn parquet(path: &Path, reason: impl Into<String>) -> Self {
        Self::Parquet { path: path.to_owned(), reason: reason.into() }
    }
}

/// Where a file speaks of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Line of a text, 1 for the header.
    Line(u64),
    /// Row of a Parquet file, which has no lines; 1 for the first body.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` for what is wrong with the whole.
    pub place: Option<Place>,
    /// What, and what to do.
    pub says: String,
}

impl Problem {
    pub(super) fn at(place: Place, says: impl Into<String>) -> Self {
        Self { place: Some(place), says: says.into() }
    }

    pub(super) fn of_the_whole(says: String) -> Self {
        Self { place: None, says }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => write!(f, "{place}: {}", self.says),
            None => f.write_str(&self.says),
        }
    }
}
