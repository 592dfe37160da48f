//! What is read of a file of features, the same of either format.

use csv::StringRecord;

use crate::training::problem::{FileError, Place};

/// A file of features that was opened: its columns, and its rows as they are read.
pub(in crate::training) struct Source {
    /// Names of the columns.
    pub header: StringRecord,
    /// Where the file names them; `None` when at no line.
    pub header_place: Option<Place>,
    /// Rows in the order of the file. After an error there are no more.
    pub rows: Box<dyn Iterator<Item = Result<Row, FileError>>>,
}

/// A row as it was read, of a file whose header begins as it should.
#[derive(Debug)]
pub(in crate::training) struct Row {
    /// Where it is.
    pub place: Place,
    /// The cells of [`COLUMNS`](crate::training::labelled::COLUMNS); `None` when the row has more or fewer cells than
    /// the header.
    pub body: Option<StringRecord>,
    /// The values of the features, or what is wrong with them.
    pub values: Result<Vec<f64>, String>,
}
