//! What the name of a file of features says, and the names of what is beside it.

use std::path::{Path, PathBuf};

/// How a file of features is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text.
    Csv,
    /// Columns, compressed.
    Parquet,
}

impl Format {
    /// The format of the file of this name: Parquet when it ends in `.parquet`.
    pub fn of(path: &Path) -> Self {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) { Self::Parquet } else { Self::Csv }
    }
}

/// The path with `ending` after its name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}
