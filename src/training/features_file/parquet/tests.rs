//! Parquet files as `extract` writes them, as others write them, and as a disk leaves them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use tempfile::TempDir;

use super::footer::WRITER;
use super::*;
use crate::RESEARCH_USE_ONLY;
use crate::training::features_file::Provenance;
use crate::training::labelled::{COLUMNS, Purpose};
use crate::training::table::Table;

const HEADER: &str = "path,x0,y0,x1,y1,level,class,set,patient,deep_0000,deep_0001\n";

/// `NAME.parquet` of the text below the header, in a folder of its own.
fn written(rows: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let [csv, path] = ["features.csv", "features.parquet"].map(|name| folder.path().join(name));
    fs::write(&csv, format!("{HEADER}{rows}")).unwrap();
    from_csv(&csv, &path, &Provenance::of_boxes("given")).unwrap();
    (folder, path)
}

fn read(path: &Path) -> Result<Table, String> {
    Table::read(path, 2, Purpose::Train { folds: 1 }).map_err(|e| e.to_string())
}

const TWO: &str = "f.dcm,1,2,3,4,L1,0,train,p,1.5,NaN\n\"g,1.dcm\",0.1,2,3,4,,1,train,q,2,-1e3\n";

#[test]
fn a_file_says_what_it_is_of_and_for() {
    let (_folder, path) = written(TWO);
    assert_eq!(Provenance::of(&path), Some(Provenance::of_boxes("given")), "without a file beside it");
    let bytes = fs::read(&path).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has(RESEARCH_USE_ONLY) && has(WRITER));
}

#[test]
fn rows_go_on_over_groups() {
    let rows: String = (0..9000).map(|i| format!("f{i}.dcm,1,2,3,4,L1,{},train,p{i},{i},0.5\n", i % 2)).collect();
    let (_folder, path) = written(&rows);
    let table = read(&path).unwrap();
    assert!(table.values.column(0).iter().enumerate().all(|(i, value)| *value == i as f64));
    let (_folder, path) = written(&(rows + "f8999.dcm,1,2,3,4,L1,1,train,p8999,1,1\n"));
    let said = read(&path).unwrap_err();
    assert!(said.contains("row 9001: the same box of the same film as in row 9000"), "{said}");
}

#[test]
fn problems_are_named_by_row() {
    let (_folder, path) = written(
        "f.dcm,1,2,3,4,L1,0,train,p,1,2\nf.dcm,1,2,3,4,L1,0,internal,p,1,2\ng.dcm,1,2,3,4,L1,7,train,q,1,3\n\
         h.dcm,1,2,3,4,L1,0,,r,1,2\n",
    );
    let said = read(&path).unwrap_err();
    for part in [
        "row 2: the same box of the same film as in row 1",
        "row 3: \"7\" is no class: write its number, 0 to 1",
        "row 4: set is empty",
        "patient p is in the sets internal and train",
        "no body of the set train has class 1",
    ] {
        assert!(said.contains(part), "{part} is missing:\n{said}");
    }
}

/// What a column of somebody else's file holds; `None` is null.
enum Foreign {
    Text(Vec<Option<&'static str>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Float(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
}

/// Writes `columns`, all of which may be null, with the compression that pandas takes.
fn foreign(columns: &[(&str, Foreign)]) -> (TempDir, PathBuf) {
    let of = |(name, column): &(&str, Foreign)| {
        let physical = match column {
            Foreign::Text(_) => "BYTE_ARRAY",
            Foreign::Int32(_) => "INT32",
            Foreign::Int64(_) => "INT64",
            Foreign::Float(_) => "FLOAT",
            Foreign::Double(_) => "DOUBLE",
        };
        let logical = if physical == "BYTE_ARRAY" { " (UTF8)" } else { "" };
        format!("OPTIONAL {physical} {name}{logical};\n")
    };
    let schema = format!("message schema {{\n{}}}", columns.iter().map(of).collect::<String>());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("features.parquet");
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let (file, schema) = (fs::File::create(&path).unwrap(), Arc::new(parse_message_type(&schema).unwrap()));
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, column) in columns {
        let mut out = group.next_column().unwrap().unwrap();
        match (out.untyped(), column) {
            (ColumnWriter::ByteArrayColumnWriter(out), Foreign::Text(cells)) => {
                let cells: Vec<_> = cells.iter().map(|cell| cell.map(ByteArray::from)).collect();
                out.write_batch(&there(&cells), Some(&levels(&cells)), None)
            }
            (ColumnWriter::Int32ColumnWriter(out), Foreign::Int32(cells)) => {
                out.write_batch(&there(cells), Some(&levels(cells)), None)
            }
            (ColumnWriter::Int64ColumnWriter(out), Foreign::Int64(cells)) => {
                out.write_batch(&there(cells), Some(&levels(cells)), None)
            }
            (ColumnWriter::FloatColumnWriter(out), Foreign::Float(cells)) => {
                out.write_batch(&there(cells), Some(&levels(cells)), None)
            }
            (ColumnWriter::DoubleColumnWriter(out), Foreign::Double(cells)) => {
                out.write_batch(&there(cells), Some(&levels(cells)), None)
            }
            _ => panic!("the schema has another type"),
        }
        .unwrap();
        out.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    (folder, path)
}

fn there<T: Clone>(cells: &[Option<T>]) -> Vec<T> {
    cells.iter().flatten().cloned().collect()
}

fn levels<T>(cells: &[Option<T>]) -> Vec<i16> {
    cells.iter().map(|cell| i16::from(cell.is_some())).collect()
}

/// The columns of two bodies with the sides, class, patient and feature that are given.
fn two_bodies(
    side: Foreign,
    class: Foreign,
    patient: Foreign,
    feature: (&'static str, Foreign),
) -> [(&'static str, Foreign); 10] {
    let double = |a, b| Foreign::Double(vec![Some(a), Some(b)]);
    [
        ("path", Foreign::Text(vec![Some("f.dcm"), Some("g.dcm")])),
        ("x0", side),
        ("y0", double(2.0, 2.0)),
        ("x1", double(3.0, 3.0)),
        ("y1", double(4.0, 4.0)),
        ("level", Foreign::Text(vec![Some("L1"), None])),
        ("class", class),
        ("set", Foreign::Text(vec![Some("train"), Some("train")])),
        ("patient", patient),
        feature,
    ]
}

#[test]
fn what_other_programs_write_is_read() {
    let columns = two_bodies(
        Foreign::Float(vec![Some(0.5), Some(1.0)]),
        Foreign::Int32(vec![Some(0), Some(1)]),
        Foreign::Int64(vec![Some(17), Some(-18)]),
        ("deep_0000", Foreign::Float(vec![None, Some(0.1)])),
    );
    let another = ("deep_0001", Foreign::Float(vec![Some(1.0), Some(2.0)]));
    let (_folder, path) = foreign(&columns.into_iter().chain([another]).collect::<Vec<_>>());
    let table = read(&path).unwrap();
    assert_eq!(table.bodies.iter().map(|b| b.region.x0).collect::<Vec<_>>(), [0.5, 1.0]);
    assert_eq!(
        table.bodies.iter().map(|b| (b.class, b.patient.as_str())).collect::<Vec<_>>(),
        [(Some(0), "17"), (Some(1), "-18")]
    );
    assert_eq!(table.bodies[1].level, "");
    let values = table.values.column(0);
    assert_eq!((values[0].to_bits(), values[1]), (f64::NAN.to_bits(), f64::from(0.1_f32)));
    assert_eq!(Provenance::of(&path), None);
}

#[test]
fn null_is_an_empty_cell_and_an_index_is_no_feature() {
    let text = |a, b| Foreign::Text(vec![Some(a), Some(b)]);
    let (_folder, path) = foreign(&two_bodies(
        Foreign::Double(vec![Some(1.0), None]),
        Foreign::Double(vec![Some(0.0), Some(0.5)]),
        Foreign::Text(vec![Some("p"), None]),
        ("deep_0000", Foreign::Double(vec![Some(1.0), Some(2.0)])),
    ));
    let said = read(&path).unwrap_err();
    for part in [
        "row 2: \"\" in column x0 is no number",
        "row 2: \"0.5\" is no class",
        "row 2: patient is empty",
        "no body of the set train has class 1",
    ] {
        assert!(said.contains(part), "{part} is missing:\n{said}");
    }
    let (_folder, path) = foreign(&two_bodies(
        text("1", "2"),
        text("0", "1"),
        text("p", "q"),
        ("__index_level_0__", Foreign::Int64(vec![Some(1), Some(2)])),
    ));
    let said = read(&path).unwrap_err();
    assert!(said.contains("column __index_level_0__ is INT64; write it as DOUBLE, or leave it out"), "{said}");
}

#[test]
fn another_file_is_refused_with_what_to_do() {
    let (folder, path) = foreign(&[("label", Foreign::Int32(vec![Some(1)]))]);
    let said = read(&path).unwrap_err();
    assert!(said.contains("the header is not path,x0") && said.contains("extract"), "{said}");
    for content in ["", "PAR1", "PAR1PAR1", &format!("{HEADER}{TWO}")] {
        fs::write(&path, content).unwrap();
        assert!(Table::is_one(&path), "cases are never Parquet");
        let said = read(&path).unwrap_err();
        assert!(said.contains("features.parquet is damaged, or no Parquet file") && said.contains("extract"), "{said}");
    }
    let said = read(&folder.path().join("none.parquet")).unwrap_err();
    assert!(said.contains("none.parquet: ") && !said.contains("damaged"), "{said}");
}

#[test]
fn a_column_of_lists_is_named() {
    let (_folder, path) = written(TWO);
    let columns: String = COLUMNS.iter().map(|name| format!("REQUIRED BYTE_ARRAY {name} (UTF8);\n")).collect();
    let list = "REQUIRED group deep (LIST) { REPEATED group list { REQUIRED DOUBLE element; } }";
    let schema = Arc::new(parse_message_type(&format!("message schema {{ {columns} {list} }}")).unwrap());
    SerializedFileWriter::new(fs::File::create(&path).unwrap(), schema, Arc::default()).unwrap().close().unwrap();
    let said = read(&path).unwrap_err();
    assert!(said.contains("column deep.list.element is nested; write it as DOUBLE"), "{said}");
}

/// What reading says of `bytes`: nothing, when the table is that of the file they were made from.
fn damaged(path: &Path, bytes: &[u8], sound: &Table) -> Option<String> {
    fs::write(path, bytes).unwrap();
    match read(path) {
        Ok(table) => {
            assert_eq!((&table.features, &table.bodies), (&sound.features, &sound.bodies));
            assert_eq!(format!("{:?}", table.values), format!("{:?}", sound.values), "NaN is NaN");
            None
        }
        Err(said) => Some(said),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Wherever a bit turns, the file is refused by its name or says what it said; never something else, never a panic.
    #[test]
    fn a_bit_that_turned_changes_no_value(place in 0.0..1.0_f64, bit in 0..8_u32) {
        let (_folder, path) = written(TWO);
        let (sound, mut bytes) = (read(&path).unwrap(), fs::read(&path).unwrap());
        let at = (place * bytes.len() as f64) as usize;
        bytes[at] ^= 1_u8 << bit;
        if let Some(said) = damaged(&path, &bytes, &sound) {
            prop_assert!(said.contains("features.parquet"), "{}", said);
        }
    }

    #[test]
    fn a_file_that_was_cut_off_is_refused(place in 0.0..1.0_f64) {
        let (_folder, path) = written(TWO);
        let (sound, bytes) = (read(&path).unwrap(), fs::read(&path).unwrap());
        let said = damaged(&path, &bytes[..(place * bytes.len() as f64) as usize], &sound);
        prop_assert!(said.is_some_and(|said| said.contains("features.parquet is damaged") && said.contains("extract")));
    }
}
