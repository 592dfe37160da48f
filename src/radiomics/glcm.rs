//! The grey-level co-occurrence matrix of one direction, as a list of its entries.

use super::discretise::Levels;
use super::offsets::{self, Offset};

/// Up to this many levels pairs are counted in a square table (at most 1 MiB); above, the pairs are
/// listed and sorted, so that memory follows the pixels and not the square of the levels.
const TABLE_LEVELS_AT_MOST: usize = 511;

/// Two levels, `low <= high`, that occur side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    /// Index of the lower level in [`Levels::grey_levels`].
    pub low: u16,
    /// Index of the higher level.
    pub high: u16,
    /// p(low, high), which equals p(high, low): the matrix is symmetric and sums to 1.
    pub probability: f64,
}

impl Entry {
    /// How often the entry stands in the full matrix: 1 on the diagonal, 2 beside it.
    pub fn multiplicity(&self) -> f64 {
        if self.low == self.high { 1.0 } else { 2.0 }
    }
}

/// Counts pairs of levels; keeps its memory from direction to direction.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    levels: &'a Levels,
    counts: PairCounts,
}

#[derive(Debug)]
enum PairCounts {
    /// `table[a * side + b]`, ranks of [`Levels::grid`], so row and column 0 collect the outside.
    Table { side: usize, table: Vec<u32> },
    /// Each pair of ranks as `low << 16 | high`.
    List(Vec<u32>),
}

impl<'a> Counter<'a> {
    pub fn new(levels: &'a Levels) -> Self {
        if levels.grey_levels.len() <= TABLE_LEVELS_AT_MOST {
            Self::with_table(levels)
        } else {
            Self::with_list(levels)
        }
    }

    fn with_table(levels: &'a Levels) -> Self {
        let side = levels.grey_levels.len() + 1;
        Self { levels, counts: PairCounts::Table { side, table: vec![0; side * side] } }
    }

    fn with_list(levels: &'a Levels) -> Self {
        Self { levels, counts: PairCounts::List(Vec::with_capacity(levels.grid.len())) }
    }

    /// Fills `entries` with the symmetric, normalised matrix of `offset`, ordered by level; leaves
    /// it empty when no two pixels of the region lie so.
    pub fn count(&mut self, offset: Offset, entries: &mut Vec<Entry>) {
        entries.clear();
        let Levels { grid, width, height, .. } = self.levels;
        let mut push = |low: usize, high: usize, pairs: u32| {
            // For now the number of pairs in this cell of the symmetric matrix; a diagonal cell
            // gets each of its pairs from both sides.
            let weight = if low == high { 2.0 } else { 1.0 };
            let probability = weight * f64::from(pairs);
            entries.push(Entry { low: (low - 1) as u16, high: (high - 1) as u16, probability });
        };
        match &mut self.counts {
            PairCounts::Table { side, table } => {
                table.fill(0);
                offsets::for_each_pair(*width, *height, offset, |a, b| {
                    table[usize::from(grid[a]) * *side + usize::from(grid[b])] += 1;
                });
                for low in 1..*side {
                    push_if_any(low, low, table[low * *side + low], &mut push);
                    for high in low + 1..*side {
                        push_if_any(low, high, table[low * *side + high] + table[high * *side + low], &mut push);
                    }
                }
            }
            PairCounts::List(list) => {
                list.clear();
                offsets::for_each_pair(*width, *height, offset, |a, b| {
                    let (a, b) = (grid[a], grid[b]);
                    if a != 0 && b != 0 {
                        list.push(u32::from(a.min(b)) << 16 | u32::from(a.max(b)));
                    }
                });
                list.sort_unstable();
                for same in list.chunk_by(|a, b| a == b) {
                    push((same[0] >> 16) as usize, (same[0] & 0xFFFF) as usize, same.len() as u32);
                }
            }
        }
        let total: f64 = entries.iter().map(|entry| entry.multiplicity() * entry.probability).sum();
        for entry in entries {
            entry.probability /= total;
        }
    }
}

fn push_if_any(low: usize, high: usize, pairs: u32, push: &mut impl FnMut(usize, usize, u32)) {
    if pairs > 0 {
        push(low, high, pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radiomics::offsets;

    #[test]
    fn table_and_list_count_alike() {
        let grid: Vec<u16> = (0..63_u16).map(|index| (index * 37 + index / 9 * 11) % 6).collect();
        let grey_levels = vec![1, 2, 5, 6, 9];
        let levels = Levels { width: 9, height: 7, grid, grey_levels, counts: vec![0; 5] };
        let (mut table, mut list) = (Vec::new(), Vec::new());
        for offset in offsets::half_plane(&[1, 2], 9, 7) {
            Counter::with_table(&levels).count(offset, &mut table);
            Counter::with_list(&levels).count(offset, &mut list);
            assert!(!table.is_empty());
            assert_eq!(table, list, "{offset:?}");
        }
    }
}
