//! From the CSV of a finished run to Parquet.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ::csv::StringRecord;
use parquet::basic::{Compression, GzipLevel, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};

use super::footer::{Content, DIGEST, PROVENANCE, USE, WRITER};
use crate::RESEARCH_USE_ONLY;
use crate::training::features_file::csv;
use crate::training::features_file::provenance::Provenance;
use crate::training::features_file::source::Row;
use crate::training::labelled::COLUMNS;
use crate::unfinished::Unfinished;

/// Rows in a group, which is what is held in memory: of 1,300 features 85 MB.
const GROUP: usize = 8192;

/// The columns that are text.
const TEXTS: [&str; 4] = ["path", "level", "set", "patient"];

/// Writes the features in the CSV file `part` to `out`, which has its name when all of it is on the disk, and replaces
/// nothing.
///
/// # Errors
/// When `part` is no file of features, or the disk takes no more.
pub fn from_csv(part: &Path, out: &Path, provenance: &Provenance) -> io::Result<()> {
    let source = csv::open(part).map_err(io::Error::other)?;
    let (unfinished, file) = Unfinished::file(out, 0o666)?;
    let schema = Arc::new(schema(&source.header)?);
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties()))?;
    let mut content = Content::of(&source.header);
    let mut group = Vec::new();
    for row in source.rows {
        let row = cells(row.map_err(io::Error::other)?)?;
        content.row(&row.0, &row.1);
        group.push(row);
        if group.len() == GROUP {
            write_group(&mut writer, &group)?;
            group.clear();
        }
    }
    if !group.is_empty() {
        write_group(&mut writer, &group)?;
    }
    let says = [
        (PROVENANCE, serde_json::to_string(provenance)?),
        (USE, RESEARCH_USE_ONLY.to_owned()),
        (DIGEST, content.digest()),
    ];
    says.into_iter().for_each(|(key, value)| writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value)));
    drop(writer.into_inner()?);
    unfinished.finish()
}

/// What is said of a body, and the values of its features.
type Cells = (StringRecord, Vec<f64>);

fn cells(row: Row) -> io::Result<Cells> {
    let wrong = |says: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {says}", row.place));
    let values = row.values.map_err(wrong)?;
    Ok((row.body.unwrap_or_default(), values))
}

/// The type of each column: text, DOUBLE, or INT64 for the class.
fn schema(header: &StringRecord) -> Result<Type, ParquetError> {
    let column = |name: &str| {
        let (physical, logical) = match name {
            _ if TEXTS.contains(&name) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            "class" => (Physical::INT64, None),
            _ => (Physical::DOUBLE, None),
        };
        let column = Type::primitive_type_builder(name, physical).with_logical_type(logical);
        column.with_repetition(Repetition::REQUIRED).build().map(Arc::new)
    };
    let columns = header.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("features").with_fields(columns).build()
}

/// Text by dictionary, since sets and patients come again and again; values as they are. All in gzip, which every
/// reader knows.
fn properties() -> WriterProperties {
    let properties = WriterProperties::builder()
        .set_created_by([WRITER, env!("CARGO_PKG_VERSION")].concat())
        .set_compression(Compression::GZIP(GzipLevel::default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_dictionary_enabled(false);
    let by_dictionary = |properties: WriterPropertiesBuilder, text| {
        properties.set_column_dictionary_enabled(ColumnPath::from(text), true)
    };
    TEXTS.into_iter().fold(properties, by_dictionary).build()
}

fn write_group(writer: &mut SerializedFileWriter<File>, rows: &[Cells]) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    let mut j = 0;
    while let Some(mut column) = group.next_column()? {
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(out) => {
                let texts: Vec<_> = rows.iter().map(|(body, _)| ByteArray::from(&body[j])).collect();
                out.write_batch(&texts, None, None)?
            }
            ColumnWriter::Int64ColumnWriter(out) => out.write_batch(&numbers_of(rows, j)?, None, None)?,
            ColumnWriter::DoubleColumnWriter(out) if j < COLUMNS.len() => {
                out.write_batch(&numbers_of(rows, j)?, None, None)?
            }
            ColumnWriter::DoubleColumnWriter(out) => {
                let values: Vec<_> = rows.iter().map(|(_, values)| values[j - COLUMNS.len()]).collect();
                out.write_batch(&values, None, None)?
            }
            _ => return Err(ParquetError::General(format!("column {j} has a type that is never written"))),
        };
        column.close()?;
        j += 1;
    }
    group.close().map(drop)
}

/// The cells of column `j` as the numbers that they are.
fn numbers_of<T: std::str::FromStr>(rows: &[Cells], j: usize) -> Result<Vec<T>, ParquetError> {
    let number = |(body, _): &Cells| {
        let wrong = || ParquetError::General(format!("\"{}\" in column {} is no number", &body[j], COLUMNS[j]));
        body[j].parse().map_err(|_| wrong())
    };
    rows.iter().map(number).collect()
}
