//! What is wrong with a file of cases or features: all of it at once, each with its line.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{path}: {reason}; name the CSV of the cases, or the one that `spinetriage extract` wrote")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
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
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, 1 for the header; `None` for what is wrong with the whole.
    pub line: Option<u64>,
    /// What, and what to do.
    pub says: String,
}

impl Problem {
    pub(super) fn at(line: u64, says: impl Into<String>) -> Self {
        Self { line: Some(line), says: says.into() }
    }

    pub(super) fn of_the_whole(says: String) -> Self {
        Self { line: None, says }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.says),
            None => f.write_str(&self.says),
        }
    }
}
