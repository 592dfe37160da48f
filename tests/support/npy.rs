//! Reads NumPy's `.npy` arrays of two dimensions, for golden data.

use std::fs;
use std::path::Path;

/// Rows, columns and values of an array in C order.
pub fn read(path: &Path) -> (usize, usize, Vec<f64>) {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(&bytes[..6], b"\x93NUMPY", "{} is no .npy file", path.display());
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert!(header.contains("'fortran_order': False"), "{header}");
    let kind = header.split("'descr': '").nth(1).unwrap().split('\'').next().unwrap();
    let shape = header.split("'shape': (").nth(1).unwrap().split(')').next().unwrap();
    let shape: Vec<usize> = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let data = &bytes[10 + length..];
    let values = match kind {
        "|u1" | "|b1" => data.iter().map(|b| f64::from(*b)).collect(),
        "<u2" => data.chunks_exact(2).map(|b| f64::from(u16::from_le_bytes(b.try_into().unwrap()))).collect(),
        "<f8" => data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
        other => panic!("values of kind {other} are not read here"),
    };
    (shape[0], shape[1], values)
}
