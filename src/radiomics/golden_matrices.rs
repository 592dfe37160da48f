//! The matrices themselves against PyRadiomics', before any feature hides a mistake.

use serde_json::Value;

use super::discretise::Levels;
use super::image::Mask;
use super::offsets::{self, Offset};
use super::region::Region;
use super::settings::Binning;
use super::size_matrix::SizeMatrix;
use super::{glcm, gldm, glrlm, glszm, ngtdm};

/// PyRadiomics' directions in the order of its matrices: in each, the one it walks or its opposite.
const DIRECTIONS: [Offset; 4] =
    [Offset { dy: 1, dx: 1 }, Offset { dy: 1, dx: 0 }, Offset { dy: 1, dx: -1 }, Offset { dy: 0, dx: 1 }];

/// Each case's levels, rebuilt from its binned region (0 outside), and its matrices.
fn cases() -> Vec<(Levels, Value)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/radiomics/matrices.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let cases = cases.as_object().unwrap();
    assert_eq!(cases.len(), 2);
    cases.values().map(|case| (levels(&case["binned_roi"]), case.clone())).collect()
}

fn levels(binned: &Value) -> Levels {
    let rows: Vec<Vec<f64>> = serde_json::from_value(binned.clone()).unwrap();
    let (width, height) = (rows[0].len(), rows.len());
    let all: Vec<f64> = rows.concat();
    let inside = all.iter().map(|&level| level > 0.0).collect();
    let region = Region::new(&Mask { width, height, inside }).unwrap();
    let values: Vec<f64> = all.into_iter().filter(|&level| level > 0.0).collect();
    Levels::new(&values, &region, Binning::Width(1.0), 1).unwrap()
}

fn numbers(matrix: &Value) -> Vec<f64> {
    match matrix {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// A level-by-size matrix as PyRadiomics lays it out: a row a level present, sizes from 1 up.
fn dense(matrix: &SizeMatrix, levels: &Levels, sizes: usize) -> Vec<f64> {
    let mut dense = vec![0.0; levels.grey_levels.len() * sizes];
    for cell in &matrix.cells {
        let row = levels.grey_levels.iter().position(|&level| f64::from(level) == cell.level).unwrap();
        dense[row * sizes + cell.size as usize - 1] = cell.count;
    }
    dense
}

#[test]
fn the_levels_present_are_those_of_pyradiomics() {
    for (levels, golden) in cases() {
        let expected: Vec<u32> = serde_json::from_value(golden["glcm"]["gray_levels"].clone()).unwrap();
        assert_eq!(levels.grey_levels, expected);
    }
}

#[test]
fn cooccurrence() {
    for (levels, golden) in cases() {
        let side = levels.grey_levels.len();
        let expected = numbers(&golden["glcm"]["matrix"]);
        let mut counter = glcm::Counter::new(&levels, true);
        let mut entries = Vec::new();
        for (direction, offset) in DIRECTIONS.into_iter().enumerate() {
            counter.count(offset, &mut entries);
            let mut full = vec![0.0; side * side];
            for entry in &entries {
                let (low, high) = (usize::from(entry.i), usize::from(entry.j));
                full[low * side + high] = entry.probability;
                full[high * side + low] = entry.probability;
            }
            for (ours, theirs) in full.iter().zip(expected.iter().skip(direction).step_by(4)) {
                assert!((ours - theirs).abs() <= 1e-12, "{offset:?}: {ours}, PyRadiomics {theirs}");
            }
        }
    }
}

#[test]
fn run_lengths() {
    for (levels, golden) in cases() {
        let sizes = golden["glrlm"]["shape"][1].as_u64().unwrap() as usize;
        let expected = numbers(&golden["glrlm"]["matrix"]);
        let mut counter = glrlm::Counter::new(&levels);
        for (direction, offset) in DIRECTIONS.into_iter().enumerate() {
            let mut ours = SizeMatrix::default();
            assert!(counter.add(offset, 1.0, &mut ours));
            let theirs: Vec<f64> = expected.iter().skip(direction).step_by(4).copied().collect();
            assert_eq!(dense(&ours, &levels, sizes), theirs, "{offset:?}");
        }
    }
}

/// Golden data leave out the sizes nobody has; so does this.
fn without_empty_columns(matrix: Vec<f64>, columns: usize) -> Vec<f64> {
    let used = |column: usize| matrix.iter().skip(column).step_by(columns).any(|&count| count > 0.0);
    let kept = matrix.iter().enumerate().filter(|(index, _)| used(index % columns));
    kept.map(|(_, &count)| count).collect()
}

#[test]
fn zones_and_dependences() {
    for (levels, golden) in cases() {
        for (class, ours) in [("glszm", glszm::matrix(&levels)), ("gldm", gldm::matrix(&levels, &[1], 0))] {
            let sizes = ours.cells.iter().map(|cell| cell.size as usize).max().unwrap();
            let ours = without_empty_columns(dense(&ours, &levels, sizes), sizes);
            assert_eq!(ours, numbers(&golden[class]["matrix"]), "{class}");
        }
    }
}

#[test]
fn tone_differences() {
    for (levels, golden) in cases() {
        let ours = ngtdm::matrix(&levels, &[1]);
        let ours: Vec<f64> = ours.iter().flat_map(|row| [row.pixels, row.difference, row.level]).collect();
        let theirs = numbers(&golden["ngtdm"]["matrix"]);
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() <= 1e-12, "{ours}, PyRadiomics {theirs}");
        }
    }
}

#[test]
fn the_directions_here_are_all_there_are() {
    let all = offsets::half_plane(&[1], 9, 9);
    assert!(DIRECTIONS.iter().all(|direction| all.contains(direction)) && all.len() == DIRECTIONS.len());
}
