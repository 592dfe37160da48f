//! Files of features as CSV.

use std::path::Path;

use csv::{Position, ReaderBuilder, StringRecord};

use super::source::{Row, Source};
use crate::training::labelled::COLUMNS;
use crate::training::problem::{FileError, Place};

/// Opens `path`.
///
/// # Errors
/// When it cannot be read.
pub fn open(path: &Path) -> Result<Source, FileError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_path(path).map_err(|e| FileError::read(path, &e))?;
    let header = reader.headers().map_err(|e| FileError::read(path, &e))?.clone();
    let (path, names) = (path.to_owned(), header.clone());
    let rows = reader.into_records().map(move |record| {
        let record = record.map_err(|e| FileError::read(&path, &e))?;
        Ok(row(record, &names))
    });
    Ok(Source { header, header_place: Some(Place::Line(1)), rows: Box::new(rows) })
}

fn row(mut record: StringRecord, header: &StringRecord) -> Row {
    let place = Place::Line(record.position().map_or(0, Position::line));
    if record.len() != header.len() {
        let says = format!("{} cells, the header has {}", record.len(), header.len());
        return Row { place, body: None, values: Err(says) };
    }
    let values = values_of(&record, header);
    record.truncate(COLUMNS.len());
    Row { place, body: Some(record), values }
}

/// The values of a row, which follow what is said of the body.
fn values_of(record: &StringRecord, header: &StringRecord) -> Result<Vec<f64>, String> {
    let value = |(cell, name): (&str, &str)| {
        cell.trim()
            .parse()
            .map_err(|_| format!("\"{cell}\" in column {name} is no number; NaN says that a feature is undefined"))
    };
    record.iter().zip(header).skip(COLUMNS.len()).map(value).collect()
}
