//! Files of features, as CSV or, when the name ends in `.parquet`, as Parquet: a row a body, with its box, class, set
//! and patient, and a column a feature.
//!
//! Owns: both formats, and what is written beside a file about whose features it holds. Comes in: bodies and features,
//! a film at a time. Goes out: rows, the same of either format. Never: judges what a row says (that is
//! [`super::table`]).

mod csv;
mod parquet;
mod part;
mod provenance;

use std::path::Path;

use ::csv::StringRecord;

pub use part::{FeaturesFile, Found};
pub use provenance::Provenance;

use super::problem::{FileError, Place};

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

/// A file of features that was opened: its columns, and its rows as they are read.
pub(super) struct Source {
    /// Names of the columns.
    pub header: StringRecord,
    /// Where the file names them; `None` when at no line.
    pub header_place: Option<Place>,
    /// Rows in the order of the file. After an error there are no more.
    pub rows: Box<dyn Iterator<Item = Result<Row, FileError>>>,
}

/// A row as it was read, of a file whose header begins as it should.
#[derive(Debug)]
pub(super) struct Row {
    /// Where it is.
    pub place: Place,
    /// The cells of [`COLUMNS`](super::labelled::COLUMNS); `None` when the row has more or fewer cells than the header.
    pub body: Option<StringRecord>,
    /// The values of the features, or what is wrong with them.
    pub values: Result<Vec<f64>, String>,
}

/// Opens `path`, in the format that its name says.
///
/// # Errors
/// When it cannot be read; a Parquet file also when it is damaged.
pub(super) fn open(path: &Path) -> Result<Source, FileError> {
    match Format::of(path) {
        Format::Csv => csv::open(path),
        Format::Parquet => parquet::open(path),
    }
}

/// The path with `ending` after its name.
pub(crate) fn beside(path: &Path, ending: &str) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests;
