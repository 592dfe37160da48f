//! NumPy's `.npy` files (format 1.0 to 3.0) of two axes.
//!
//! Read by hand, as the crate npyz (0.9.1) believes a header before it has seen the file: one that promises 4 GiB makes
//! it allocate them, and a shape whose product overflows makes it panic. Its parser of Python brings C and assembly.

use crate::imaging::MAX_PIXELS;

/// A matrix of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Length of the first axis.
    pub rows: usize,
    /// Length of the second axis.
    pub columns: usize,
    /// The elements row by row, whatever their order in the file.
    pub values: Vec<f64>,
    /// Smallest and largest value of the element type when it is an integer.
    pub integer_range: Option<[f64; 2]>,
}

/// Why bytes are no [`Matrix`]. Each message is the end of a sentence that begins with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NpyError {
    /// It does not begin as a `.npy` file.
    #[error("it is no NumPy file")]
    NotNpy,
    /// It is shorter than its header.
    #[error("it ends within its header: copy it again")]
    CutOff,
    /// A version of the format that nobody knows.
    #[error("it has NumPy format {0}, not 1, 2 or 3")]
    Format(u8),
    /// The header is not UTF-8.
    #[error("its header is no text")]
    HeaderNoText,
    /// The header lacks an entry.
    #[error("its header has no \"{0}\"")]
    Missing(&'static str),
    /// The order of the axes is none.
    #[error("its header says fortran_order {0}, neither True nor False")]
    Order(String),
    /// Not two axes.
    #[error("its shape is ({0}): an image or mask has two axes, rows and columns")]
    Axes(String),
    /// More elements than are ever read.
    #[error("it has {rows} x {columns} elements, more than {MAX_PIXELS}")]
    TooLarge {
        /// Length of the first axis.
        rows: usize,
        /// Length of the second axis.
        columns: usize,
    },
    /// More or less data than the header says.
    #[error("it has {found} bytes of data where {rows} x {columns} elements take {wanted}")]
    Length {
        /// Bytes behind the header.
        found: usize,
        /// Length of the first axis.
        rows: usize,
        /// Length of the second axis.
        columns: usize,
        /// Bytes that these take.
        wanted: usize,
    },
    /// Elements that are no real numbers.
    #[error("its elements are of type {0}: save real numbers or labels, for example with astype(\"float64\")")]
    Element(String),
}

/// Reads the bytes of a file.
///
/// # Errors
/// When it is no `.npy` file, not of two axes, or of elements that are no real numbers.
pub fn parse(bytes: &[u8]) -> Result<Matrix, NpyError> {
    let (header, data) = split(bytes)?;
    let element = Element::named(&entry(header, "descr")?)?;
    let column_major = match entry(header, "fortran_order")?.as_str() {
        "True" => true,
        "False" => false,
        other => return Err(NpyError::Order(other.to_owned())),
    };
    let shape = entry(header, "shape")?;
    let axes: Option<Vec<usize>> =
        shape.split(',').map(str::trim).filter(|axis| !axis.is_empty()).map(|axis| axis.parse().ok()).collect();
    let Some([rows, columns]) = axes.as_deref() else {
        return Err(NpyError::Axes(shape));
    };
    let (rows, columns) = (*rows, *columns);
    let count = rows.checked_mul(columns).filter(|count| *count <= MAX_PIXELS);
    let count = count.ok_or(NpyError::TooLarge { rows, columns })?;
    let wanted = count * element.size;
    if data.len() != wanted {
        return Err(NpyError::Length { found: data.len(), rows, columns, wanted });
    }
    let mut values: Vec<f64> = data.chunks_exact(element.size).map(|bytes| element.value(bytes)).collect();
    if column_major {
        values = (0..count).map(|index| values[index % columns * rows + index / columns]).collect();
    }
    Ok(Matrix { rows, columns, values, integer_range: element.integer_range() })
}

/// The header's text and the data behind it.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), NpyError> {
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(NpyError::NotNpy);
    }
    let (length, start) = match bytes.get(6).ok_or(NpyError::CutOff)? {
        1 => (bytes.get(8..10).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]]))), 10),
        2 | 3 => (bytes.get(8..12).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize), 12),
        version => return Err(NpyError::Format(*version)),
    };
    let end = start + length.ok_or(NpyError::CutOff)?;
    let header = bytes.get(start..end).ok_or(NpyError::CutOff)?;
    let header = std::str::from_utf8(header).map_err(|_| NpyError::HeaderNoText)?;
    Ok((header, &bytes[end..]))
}

/// The value of a key of the header, a Python dictionary, without quotes or brackets.
fn entry(header: &str, key: &'static str) -> Result<String, NpyError> {
    let (_, rest) = header.split_once(&format!("'{key}'")).ok_or(NpyError::Missing(key))?;
    let rest = rest.trim_start().strip_prefix(':').ok_or(NpyError::Missing(key))?.trim_start();
    let (start, end) = match rest.chars().next() {
        Some('\'') => (1, '\''),
        Some('(') => (1, ')'),
        // Structured elements are a list; it is refused as an element type.
        Some('[') => (0, ']'),
        _ => (0, ','),
    };
    let value = rest[start..].split(end).next().ok_or(NpyError::Missing(key))?;
    Ok(value.trim().trim_end_matches('}').trim().to_owned())
}

/// The type of the elements.
#[derive(Debug, Clone, Copy)]
struct Element {
    kind: u8,
    size: usize,
    big_endian: bool,
}

impl Element {
    /// From NumPy's `descr`: byte order, kind and size, as in `<u2`.
    fn named(descr: &str) -> Result<Self, NpyError> {
        let unknown = || NpyError::Element(descr.to_owned());
        let [order, kind, size @ ..] = descr.as_bytes() else { return Err(unknown()) };
        let size = std::str::from_utf8(size).ok().and_then(|size| size.parse().ok()).ok_or_else(unknown)?;
        let known = match kind {
            b'u' | b'i' => [1, 2, 4, 8].contains(&size),
            b'f' => [4, 8].contains(&size),
            b'b' => size == 1,
            _ => false,
        };
        let known = known && b"<>|=".contains(order);
        known.then_some(Self { kind: *kind, size, big_endian: *order == b'>' }).ok_or_else(unknown)
    }

    fn value(self, bytes: &[u8]) -> f64 {
        // Little-endian and as long as the longest element.
        let mut padded = [0; 8];
        for (index, &byte) in bytes.iter().enumerate() {
            padded[if self.big_endian { self.size - 1 - index } else { index }] = byte;
        }
        let unused = 64 - 8 * self.size as u32;
        match (self.kind, self.size) {
            (b'f', 4) => f64::from(f32::from_le_bytes([padded[0], padded[1], padded[2], padded[3]])),
            (b'f', _) => f64::from_le_bytes(padded),
            (b'i', _) => (i64::from_le_bytes(padded) << unused >> unused) as f64,
            _ => u64::from_le_bytes(padded) as f64,
        }
    }

    fn integer_range(self) -> Option<[f64; 2]> {
        let bits = 8 * self.size as i32;
        match self.kind {
            b'u' => Some([0.0, 2_f64.powi(bits) - 1.0]),
            b'i' => Some([-2_f64.powi(bits - 1), 2_f64.powi(bits - 1) - 1.0]),
            b'b' => Some([0.0, 1.0]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn elements_of_every_kind() {
        let values = |descr: &str, data: &[u8]| parse(&file(descr, "False", "1, 2", data)).unwrap().values;
        assert_eq!(values("|u1", &[1, 255]), [1.0, 255.0]);
        assert_eq!(values("|b1", &[0, 1]), [0.0, 1.0]);
        assert_eq!(values("<i2", &[0xFF, 0xFF, 1, 0]), [-1.0, 1.0]);
        assert_eq!(values(">u2", &[1, 0, 0, 7]), [256.0, 7.0]);
        assert_eq!(values("<f4", &[0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]), [1.0, -2.0]);
        assert_eq!(
            values(">f8", &[[0x3F, 0xF0], [0, 0], [0, 0], [0, 0], [0x40, 0], [0, 0], [0, 0], [0, 0]].concat()),
            [1.0, 2.0]
        );
        assert_eq!(values("<i8", &[[255; 8], [1, 0, 0, 0, 0, 0, 0, 0]].concat()), [-1.0, 1.0]);
    }

    #[test]
    fn columns_first_is_turned() {
        let matrix = parse(&file("|u1", "True", "2, 3", &[1, 4, 2, 5, 3, 6])).unwrap();
        assert_eq!((matrix.rows, matrix.columns), (2, 3));
        assert_eq!(matrix.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn what_is_no_matrix_of_numbers_is_named() {
        let refusal = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
        assert!(refusal(b"PK").contains("no NumPy file"));
        assert!(refusal(&file("|u1", "False", "2, 3, 4", &[0; 24])).contains("(2, 3, 4)"));
        assert!(refusal(&file("<c16", "False", "1, 1", &[0; 16])).contains("<c16"));
        assert!(refusal(&file("|O", "False", "1, 1", &[0; 8])).contains("|O"));
        assert!(refusal(&file("|u1", "False", "2, 3", &[0; 5])).contains("5 bytes"));
        assert!(refusal(&file("<f8", "False", "4000000000, 4000000000", &[])).contains("more than"));
        assert!(refusal(&file("|u1", "Maybe", "1, 1", &[0])).contains("Maybe"));
    }

    /// What a header promises is compared with the file before memory is asked for.
    #[test]
    fn a_header_that_promises_more_than_there_is_is_refused() {
        assert_eq!(parse(b"\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF{"), Err(NpyError::CutOff));
        let promised = NpyError::Length { found: 1, rows: 10_000, columns: 9000, wanted: 720_000_000 };
        assert_eq!(parse(&file("<f8", "False", "10000, 9000", &[0])), Err(promised));
        let overflowing = parse(&file("|u1", "False", "1099511627776, 1099511627776", &[]));
        assert_eq!(overflowing, Err(NpyError::TooLarge { rows: 1 << 40, columns: 1 << 40 }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), with_magic in any::<bool>()) {
            let bytes = if with_magic { [b"\x93NUMPY\x01\x00".as_slice(), &bytes].concat() } else { bytes };
            let _ = parse(&bytes);
        }

        #[test]
        fn no_header_makes_it_panic(descr in "[<>|]?[a-z]?[0-9]{0,3}", order in "True|False|x", shape in "[0-9, ()]{0,12}") {
            let _ = parse(&file(&descr, &order, &shape, &[0; 64]));
        }
    }
}
