//! Samples as they were stored, one word a pixel.

/// One frame of samples, as stored: no LUT, no sign, no polarity applied.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Samples {
    /// `rows * columns` words in row-major order.
    pub words: Vec<u16>,
    /// Bits of a word that the source of the samples fills: bits allocated for native pixel data,
    /// the precision of the stream for a compressed one.
    pub precision: u32,
}

/// Little-endian samples of one or two bytes as words.
pub(super) fn words_of_bytes(bytes: &[u8], bytes_per_sample: usize) -> Vec<u16> {
    if bytes_per_sample == 1 {
        bytes.iter().copied().map(u16::from).collect()
    } else {
        bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
    }
}
