//! Matrices of grey level by size: what GLRLM (run length), GLSZM (zone size) and GLDM (number of
//! dependent neighbours) share.

use super::discretise::Levels;

/// Collects (level, size) pairs; keeps its memory from matrix to matrix.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Index of the level in the upper half, size in the lower.
    found: Vec<u64>,
}

impl Tally {
    /// Adds one run, zone or pixel. `rank` is that of [`Levels::grid`], not 0.
    pub fn add(&mut self, rank: u16, size: usize) {
        self.found.push(u64::from(rank - 1) << 32 | size as u64);
    }

    /// Makes the matrix of what was added (something must have been) and forgets it.
    pub fn take_matrix(&mut self, levels: &Levels) -> SizeMatrix {
        self.found.sort_unstable();
        let mut matrix =
            SizeMatrix { cells: Vec::new(), of_level: vec![0.0; levels.grey_levels.len()], of_size: Vec::new() };
        for same in self.found.chunk_by(|a, b| a == b) {
            let (index, size) = ((same[0] >> 32) as usize, (same[0] & 0xFFFF_FFFF) as usize);
            let count = same.len() as f64;
            matrix.cells.push(Cell { level: f64::from(levels.grey_levels[index]), size: size as f64, count });
            matrix.of_level[index] += count;
            if matrix.of_size.len() <= size {
                matrix.of_size.resize(size + 1, 0.0);
            }
            matrix.of_size[size] += count;
        }
        self.found.clear();
        matrix
    }
}

/// One entry that is not 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// Grey level, at least 1.
    pub level: f64,
    /// Size, at least 1.
    pub size: f64,
    /// How many there are.
    pub count: f64,
}

/// A matrix of counts; not empty.
#[derive(Debug)]
pub(super) struct SizeMatrix {
    /// Ordered by level, then by size.
    pub cells: Vec<Cell>,
    /// Row sums, one a level present.
    of_level: Vec<f64>,
    /// Column sums, at the index of their size.
    of_size: Vec<f64>,
}

impl SizeMatrix {
    /// Number of runs, zones or pixels.
    fn total(&self) -> f64 {
        self.of_level.iter().sum()
    }

    fn mean(&self, value: impl Fn(&Cell) -> f64) -> f64 {
        self.cells.iter().map(|cell| cell.count * value(cell)).sum::<f64>() / self.total()
    }

    /// Mean of `level^level_power * size^size_power`: every "emphasis" of these classes, short and
    /// low with the power -2, long and high with 2.
    pub fn emphasis(&self, level_power: i32, size_power: i32) -> f64 {
        self.mean(|cell| cell.level.powi(level_power) * cell.size.powi(size_power))
    }

    /// Unevenness over levels, at most the number of runs, zones or pixels.
    pub fn level_non_uniformity(&self) -> f64 {
        self.of_level.iter().map(|count| count * count).sum::<f64>() / self.total()
    }

    /// The same as a share, at most 1.
    pub fn level_non_uniformity_normalized(&self) -> f64 {
        self.level_non_uniformity() / self.total()
    }

    /// Unevenness over sizes.
    pub fn size_non_uniformity(&self) -> f64 {
        self.of_size.iter().map(|count| count * count).sum::<f64>() / self.total()
    }

    /// The same as a share, at most 1.
    pub fn size_non_uniformity_normalized(&self) -> f64 {
        self.size_non_uniformity() / self.total()
    }

    /// Variance of the level over the entries.
    pub fn level_variance(&self) -> f64 {
        let mean = self.emphasis(1, 0);
        self.mean(|cell| (cell.level - mean).powi(2))
    }

    /// Variance of the size over the entries.
    pub fn size_variance(&self) -> f64 {
        let mean = self.emphasis(0, 1);
        self.mean(|cell| (cell.size - mean).powi(2))
    }

    /// Shannon's entropy of the entries in bits.
    pub fn entropy(&self) -> f64 {
        let total = self.total();
        self.mean(|cell| -(cell.count / total).log2()).max(0.0)
    }

    /// Runs or zones a pixel: 1 when each is a single pixel.
    pub fn percentage(&self) -> f64 {
        1.0 / self.emphasis(0, 1)
    }
}
