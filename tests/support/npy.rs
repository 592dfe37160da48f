//! Reads the arrays of golden data: NumPy's `.npy`, format 1.0, C order, two axes.

use std::path::Path;

/// An array of numbers, row by row.
pub struct Array {
    /// Length of the first axis.
    pub rows: usize,
    /// Length of the second axis.
    pub columns: usize,
    /// The values, whatever their type was.
    pub values: Vec<f64>,
}

/// Reads `path`; panics with the path and the reason when it is not such an array.
pub fn read(path: &Path) -> Array {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "{}: not NumPy format 1.0", path.display());
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..header_end]).expect("the header is ASCII");
    assert!(header.contains("'fortran_order': False"), "{}: not in C order", path.display());

    let (_, shape) = header.split_once("'shape': (").expect("the header has a shape");
    let (shape, _) = shape.split_once(')').expect("the shape is closed");
    let axes: Vec<usize> = shape.split(',').map(|axis| axis.trim().parse().expect("an axis is a number")).collect();
    let [rows, columns] = axes[..] else { panic!("{}: {} axes, not two", path.display(), axes.len()) };

    let data = &bytes[header_end..];
    let (_, kind) = header.split_once("'descr': '").expect("the header has a type");
    let values: Vec<f64> = match &kind[..3] {
        "|u1" => data.iter().map(|&byte| f64::from(byte)).collect(),
        "<u2" => elements(data, |bytes| f64::from(u16::from_le_bytes(bytes))),
        "<i2" => elements(data, |bytes| f64::from(i16::from_le_bytes(bytes))),
        "<f4" => elements(data, |bytes| f64::from(f32::from_le_bytes(bytes))),
        "<f8" => elements(data, f64::from_le_bytes),
        other => panic!("{}: elements of type {other}", path.display()),
    };
    assert_eq!(values.len(), rows * columns, "{}: shape and length differ", path.display());
    Array { rows, columns, values }
}

fn elements<const N: usize>(data: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    data.chunks_exact(N).map(|bytes| value(bytes.try_into().expect("a chunk has N bytes"))).collect()
}
