//! Parquet files of features: those `extract` wrote, and those that something else made of them.
//!
//! A file is taken with columns that may be null and with numbers of another type, as pandas and others write
//! them. Whatever is wrong with its bytes becomes an error that says so.

use std::fs::File;
use std::iter;
use std::path::Path;

use ::csv::StringRecord;
use parquet::basic::Type as Physical;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};

use super::footer::{Content, DIGEST, PROVENANCE, WRITER};
use crate::guard::{guarded, in_words};
use crate::training::features_file::source::{Row, Source};
use crate::training::labelled::COLUMNS;
use crate::training::problem::{FileError, Place, Problem};

/// Rows of a column that are decoded at a time.
const BATCH: usize = 8192;

/// Opens `path`. Its rows are decoded when the first is asked for.
///
/// # Errors
/// When it cannot be read, or has no footer of a Parquet file.
pub fn open(path: &Path) -> Result<Source, FileError> {
    let file = File::open(path).map_err(|e| FileError::read(path, &e))?;
    let bytes = file.metadata().map_err(|e| FileError::read(path, &e))?.len();
    let reader = guarded(|| SerializedFileReader::new(file).map_err(|e| in_words(&e)))
        .map_err(|reason| FileError::parquet(path, reason))?;
    let header: StringRecord = schema_of(reader.metadata()).columns().iter().map(|column| column.name()).collect();
    let (path, names) = (path.to_owned(), header.clone());
    let read = move || {
        let unfit = unfit(schema_of(reader.metadata()));
        if !unfit.is_empty() {
            return vec![Err(FileError::Problems { path, problems: unfit })];
        }
        match guarded(|| rows(&reader, bytes, &names)) {
            Ok(rows) => rows.into_iter().map(Ok).collect(),
            Err(reason) => vec![Err(FileError::parquet(&path, reason))],
        }
    };
    Ok(Source { header, header_place: None, rows: Box::new(iter::once_with(read).flatten()) })
}

/// What the file says its features are of, as JSON.
pub fn provenance(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    let reader = guarded(|| SerializedFileReader::new(file).map_err(|e| in_words(&e))).ok()?;
    said(reader.metadata().file_metadata(), PROVENANCE).map(str::to_owned)
}

fn said<'a>(metadata: &'a FileMetaData, key: &str) -> Option<&'a str> {
    metadata.key_value_metadata()?.iter().find(|pair| pair.key == key)?.value.as_deref()
}

fn schema_of(metadata: &ParquetMetaData) -> &SchemaDescriptor {
    metadata.file_metadata().schema_descr()
}

/// The columns whose types are not those of a file of features.
fn unfit(schema: &SchemaDescriptor) -> Vec<Problem> {
    let of = |(j, column): (usize, &ColumnDescPtr)| {
        let nested = column.path().parts().len() > 1 || column.max_rep_level() > 0;
        let of_body = j < COLUMNS.len();
        let fits = match column.physical_type() {
            Physical::FLOAT | Physical::DOUBLE => !nested,
            Physical::BYTE_ARRAY | Physical::INT32 | Physical::INT64 => !nested && of_body,
            _ => false,
        };
        let found = if nested { "nested".to_owned() } else { column.physical_type().to_string() };
        let wanted = if of_body { "text or numbers" } else { "DOUBLE, or leave it out when it is no feature" };
        let says = format!("column {} is {found}; write it as {wanted}", column.path().string());
        (!fits).then(|| Problem::of_the_whole(says))
    };
    schema.columns().iter().enumerate().filter_map(of).collect()
}

/// All rows of a file of so many bytes.
fn rows(reader: &SerializedFileReader<File>, bytes: u64, header: &StringRecord) -> Result<Vec<Row>, String> {
    let metadata = reader.metadata();
    sound(metadata, bytes)?;
    let mut rows = Vec::new();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(|e| in_words(&e))?;
        rows.extend(rows_of(&*group, rows.len() as u64)?);
    }
    whole(metadata.file_metadata(), header, &rows)?;
    Ok(rows)
}

/// Whether what the footer says of each column is of this file and of its rows: the decoder takes it at its word.
fn sound(metadata: &ParquetMetaData, bytes: u64) -> Result<(), String> {
    let columns = schema_of(metadata).num_columns();
    for (i, group) in metadata.row_groups().iter().enumerate() {
        let fits = |chunk: &ColumnChunkMetaData| {
            let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
            let [start, length] = [start, chunk.compressed_size()].map(u64::try_from);
            let end = start.ok().zip(length.ok()).and_then(|(start, length)| start.checked_add(length));
            end.is_some_and(|end| end <= bytes) && chunk.num_values() == group.num_rows()
        };
        if group.num_columns() != columns || !group.columns().iter().all(fits) {
            return Err(format!("the file is shorter, or its row group {i} has other columns, than its footer says"));
        }
    }
    Ok(())
}

/// Whether these are the rows that were written. What `extract` wrote has a digest that says so; what something else
/// wrote has not, though it may have kept ours.
fn whole(metadata: &FileMetaData, header: &StringRecord, rows: &[Row]) -> Result<(), String> {
    if usize::try_from(metadata.num_rows()) != Ok(rows.len()) {
        return Err(format!("it has {} rows and says {}", rows.len(), metadata.num_rows()));
    }
    if !metadata.created_by().is_some_and(|by| by.starts_with(WRITER)) {
        return Ok(());
    }
    let mut content = Content::of(header);
    for row in rows {
        if let (Some(body), Ok(values)) = (&row.body, &row.values) {
            content.row(body, values);
        }
    }
    if said(metadata, DIGEST) == Some(&content.digest()) {
        return Ok(());
    }
    Err("its values are not those that were written".to_owned())
}

/// The rows of a group, after so many others.
fn rows_of(group: &dyn RowGroupReader, before: u64) -> Result<Vec<Row>, String> {
    let rows = usize::try_from(group.metadata().num_rows()).map_err(|e| in_words(&e))?;
    let column = |j: usize| group.get_column_reader(j).map_err(|e| in_words(&e));
    let texts: Vec<Vec<String>> = (0..COLUMNS.len()).map(|j| texts(column(j)?, rows)).collect::<Result<_, _>>()?;
    let numbers: Vec<Vec<f64>> =
        (COLUMNS.len()..group.num_columns()).map(|j| numbers(column(j)?, rows)).collect::<Result<_, _>>()?;
    let row = |i: usize| Row {
        place: Place::Row(before + i as u64 + 1),
        body: Some(texts.iter().map(|column| &column[i]).collect()),
        values: Ok(numbers.iter().map(|column| column[i]).collect()),
    };
    Ok((0..rows).map(row).collect())
}

/// A column as text, empty where it is null; numbers in the digits that read back as the same.
fn texts(column: ColumnReader, rows: usize) -> Result<Vec<String>, String> {
    let null = String::new();
    match column {
        ColumnReader::ByteArrayColumnReader(column) => {
            cells(column, rows, null, |text| text.as_utf8().map(str::to_owned).map_err(|e| in_words(&e)))
        }
        ColumnReader::Int32ColumnReader(column) => cells(column, rows, null, |number| Ok(number.to_string())),
        ColumnReader::Int64ColumnReader(column) => cells(column, rows, null, |number| Ok(number.to_string())),
        ColumnReader::FloatColumnReader(column) => cells(column, rows, null, |n| Ok(f64::from(*n).to_string())),
        ColumnReader::DoubleColumnReader(column) => cells(column, rows, null, |number| Ok(number.to_string())),
        _ => Err("a column has neither text nor numbers".to_owned()),
    }
}

/// A column as numbers, NaN where it is null.
fn numbers(column: ColumnReader, rows: usize) -> Result<Vec<f64>, String> {
    match column {
        ColumnReader::FloatColumnReader(column) => cells(column, rows, f64::NAN, |n| Ok(f64::from(*n))),
        ColumnReader::DoubleColumnReader(column) => cells(column, rows, f64::NAN, |number| Ok(*number)),
        _ => Err("a feature has no numbers".to_owned()),
    }
}

/// The values of a column of so many rows, each as `of` has it.
fn cells<T: DataType, V: Clone>(
    mut column: ColumnReaderImpl<T>,
    rows: usize,
    null: V,
    of: impl Fn(&T::T) -> Result<V, String>,
) -> Result<Vec<V>, String> {
    let (mut values, mut levels, mut found) = (Vec::new(), Vec::new(), 0);
    // A damaged page may claim any number of rows: one more than there should be is enough to know.
    while found <= rows {
        let most = (rows + 1 - found).min(BATCH);
        let read = column.read_records(most, Some(&mut levels), None, &mut values).map_err(|e| in_words(&e))?;
        if read.0 == 0 {
            break;
        }
        found += read.0;
    }
    if found != rows {
        return Err(format!("a column has {found} rows of {rows}"));
    }
    // A column that cannot be null has no levels.
    if levels.is_empty() {
        return values.iter().map(of).collect();
    }
    let mut values = values.iter();
    let cell = |level: &i16| match level {
        0 => Ok(null.clone()),
        _ => of(values.next().ok_or("a column has fewer values than it says")?),
    };
    levels.iter().map(cell).collect()
}
