//! Either format says the same.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::findings::BoundingBox;
use crate::training::labelled::{Body, Purpose};
use crate::training::table::Table;

/// Text as people and systems write it: quotes, commas, ends of lines, other alphabets.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "\"", ",", "\n", "\r\n", " ", "ü", "脊", "#", "'", "é"]), 0..6)
        .prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = f64> {
    let bits = any::<u64>().prop_map(f64::from_bits);
    let special = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, f64::MIN_POSITIVE / 2.0, f64::MAX, 0.1];
    prop_oneof![bits, prop::sample::select(special), any::<f32>().prop_map(f64::from)]
}

/// A body and its three features; its number makes its place and its patient its own.
fn body() -> impl Strategy<Value = (Body, Vec<f64>)> {
    let numbers = (-1e4..1e4_f64, 0_usize..3, prop::collection::vec(value(), 3));
    (text(), text(), text(), text(), numbers).prop_map(|(film, level, set, patient, (side, class, values))| {
        let (film, set, patient) = (format!("f{film}"), format!("s{set}"), format!("p{patient}"));
        (
            Body {
                film,
                region: BoundingBox { x0: side, y0: 0.1, x1: side / 3.0, y1: 7.0 },
                level,
                class: Some(class),
                set,
                patient,
            },
            values,
        )
    })
}

fn write(path: &Path, bodies: &[(Body, Vec<f64>)]) {
    let names = ["original_glcm_Contrast", "log-sigma-1.0-mm \"x\", ü", "deep_0000"];
    let mut file = FeaturesFile::open(path, &Provenance::of_boxes("given")).unwrap();
    for (body, values) in bodies {
        let features = names.iter().map(|name| (*name).to_owned()).zip(values.iter().copied()).collect();
        file.add(&[(body.clone(), features)]).unwrap();
    }
    file.finish().unwrap();
}

fn bits(table: &Table) -> Vec<u64> {
    let sides = table.bodies.iter().map(|b| b.region).flat_map(|r| [r.x0, r.y0, r.x1, r.y1]);
    let values = (0..table.values.features()).flat_map(|j| table.values.column(j).iter().copied());
    sides.chain(values).map(f64::to_bits).collect()
}

proptest! {
    #[test]
    fn csv_and_parquet_are_the_same_table_bit_for_bit(mut bodies in prop::collection::vec(body(), 1..8)) {
        for (i, (body, _)) in bodies.iter_mut().enumerate() {
            body.region.y1 += i as f64;
            body.patient += &i.to_string();
        }
        let folder = tempfile::tempdir().unwrap();
        let [csv, parquet] = ["f.csv", "f.parquet"].map(|name| {
            let path: PathBuf = folder.path().join(name);
            write(&path, &bodies);
            let table = Table::read(&path, 3, Purpose::Evaluate);
            (Table::is_one(&path), Provenance::of(&path), table.unwrap_or_else(|e| panic!("{e}")))
        });
        prop_assert_eq!((csv.0, &csv.1), (true, &Some(Provenance::of_boxes("given"))));
        prop_assert_eq!((parquet.0, &parquet.1), (csv.0, &csv.1));
        prop_assert_eq!(bits(&parquet.2), bits(&csv.2));
        prop_assert_eq!(csv.2.bodies.len() + csv.2.unseen.len(), bodies.len());
        prop_assert_eq!((parquet.2.bodies, parquet.2.features), (csv.2.bodies, csv.2.features));
        prop_assert_eq!(parquet.2.unseen, csv.2.unseen);
    }
}
