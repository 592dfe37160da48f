//! The grey-level co-occurrence matrix, as a list of its entries.

use super::discretise::Levels;
use super::offsets::Offset;

/// Up to this many levels pairs are counted in a square table (at most 2 MiB in all); above, the pairs are
/// listed and sorted, so that memory follows the pixels and not the square of the levels.
const TABLE_LEVELS_AT_MOST: usize = 511;

/// A cell of the matrix that is not 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    /// Index of the pixel's level in [`Levels::grey_levels`].
    pub i: u16,
    /// Index of its neighbour's level; not below `i` in a symmetric matrix, of which only one half
    /// is listed.
    pub j: u16,
    /// p(i, j); the full matrix sums to 1.
    pub probability: f64,
    /// How often the entry stands in the full matrix: 2 beside the diagonal of a symmetric one.
    pub multiplicity: f64,
}

/// Counts pairs of levels; keeps its memory from direction to direction.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    levels: &'a Levels,
    symmetrical: bool,
    pairs: Pairs,
    /// Entries of all directions added so far, in pairs.
    merged: Vec<Entry>,
}

#[derive(Debug)]
enum Pairs {
    /// `table[a * side + b]`, ranks of the grid, so row and column 0 collect the outside. Two tables
    /// take turns, as neighbouring pairs are often alike and one count would wait for the other.
    Table { side: usize, tables: [Vec<u32>; 2] },
    /// Each pair of ranks as `a << 16 | b`.
    List(Vec<u32>),
}

impl<'a> Counter<'a> {
    /// A counter for the region's levels, both ways or from each pixel to its neighbour only.
    pub fn new(levels: &'a Levels, symmetrical: bool) -> Self {
        let side = levels.grey_levels.len() + 1;
        let pairs = if side <= TABLE_LEVELS_AT_MOST + 1 {
            Pairs::Table { side, tables: [vec![0; side * side], vec![0; side * side]] }
        } else {
            Pairs::List(Vec::new())
        };
        Self { levels, symmetrical, pairs, merged: Vec::new() }
    }

    /// Fills `entries` with the normalised matrix of `offset`, ordered by level; leaves it empty
    /// when no two pixels of the region lie so.
    pub fn count(&mut self, offset: Offset, entries: &mut Vec<Entry>) {
        self.count_pairs(offset, entries);
        normalise(entries);
    }

    /// Adds the pairs of `offset`, each counted `weight` times, to those of other directions.
    pub fn merge(&mut self, offset: Offset, weight: f64, scratch: &mut Vec<Entry>) {
        self.count_pairs(offset, scratch);
        let weighted = scratch.iter().map(|entry| Entry { probability: weight * entry.probability, ..*entry });
        // The weight of a step of many millimetres can be 0.
        self.merged.extend(weighted.filter(|entry| entry.probability > 0.0));
    }

    /// Fills `entries` with the normalised matrix of all directions merged.
    pub fn take_merged(&mut self, entries: &mut Vec<Entry>) {
        self.merged.sort_by_key(|entry| (entry.i, entry.j));
        entries.clear();
        for same in self.merged.chunk_by(|a, b| (a.i, a.j) == (b.i, b.j)) {
            let probability = same.iter().map(|entry| entry.probability).sum();
            entries.push(Entry { probability, ..same[0] });
        }
        self.merged.clear();
        normalise(entries);
    }

    /// The entries of one direction with the number of pairs in place of the probability.
    fn count_pairs(&mut self, offset: Offset, entries: &mut Vec<Entry>) {
        entries.clear();
        let symmetrical = self.symmetrical;
        let mut push = |a: usize, b: usize, pairs: u32| {
            // A diagonal cell of a symmetric matrix gets each of its pairs from both sides.
            let (pairs, multiplicity) = match (symmetrical, a == b) {
                (true, true) => (2 * pairs, 1.0),
                (true, false) => (pairs, 2.0),
                (false, _) => (pairs, 1.0),
            };
            entries.push(Entry { i: (a - 1) as u16, j: (b - 1) as u16, probability: f64::from(pairs), multiplicity });
        };
        let (from, to) = (self.levels.grid.frame(), self.levels.grid.shifted(offset));
        match &mut self.pairs {
            Pairs::Table { side, tables: [even, odd] } => {
                let side = *side;
                even.fill(0);
                odd.fill(0);
                // A count is at most the number of pixels, which is far from wrapping.
                let add = |table: &mut [u32], a: u16, b: u16| {
                    let cell = &mut table[usize::from(a) * side + usize::from(b)];
                    *cell = cell.wrapping_add(1);
                };
                let ((from_pairs, from_last), (to_pairs, to_last)) = (from.as_chunks::<2>(), to.as_chunks::<2>());
                for (a, b) in from_pairs.iter().zip(to_pairs) {
                    add(even, a[0], b[0]);
                    add(odd, a[1], b[1]);
                }
                from_last.iter().zip(to_last).for_each(|(&a, &b)| add(even, a, b));
                even.iter_mut().zip(&*odd).for_each(|(even, odd)| *even += odd);
                let table = even;
                for a in 1..side {
                    for b in if symmetrical { a } else { 1 }..side {
                        let mirrored = if symmetrical && a != b { table[b * side + a] } else { 0 };
                        let pairs = table[a * side + b] + mirrored;
                        if pairs > 0 {
                            push(a, b, pairs);
                        }
                    }
                }
            }
            Pairs::List(list) => {
                list.clear();
                list.extend(from.iter().zip(to).filter(|&(&a, &b)| a != 0 && b != 0).map(|(&a, &b)| {
                    let (a, b) = if symmetrical { (a.min(b), a.max(b)) } else { (a, b) };
                    u32::from(a) << 16 | u32::from(b)
                }));
                list.sort_unstable();
                for same in list.chunk_by(|a, b| a == b) {
                    push((same[0] >> 16) as usize, (same[0] & 0xFFFF) as usize, same.len() as u32);
                }
            }
        }
    }
}

/// Turns numbers of pairs into probabilities.
fn normalise(entries: &mut [Entry]) {
    let total: f64 = entries.iter().map(|entry| entry.multiplicity * entry.probability).sum();
    for entry in entries {
        entry.probability /= total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radiomics::grid::Grid;
    use crate::radiomics::offsets;

    fn levels() -> Levels {
        let ranks: Vec<u16> = (0..63_u16).map(|index| (index * 37 + index / 9 * 11) % 6).collect();
        Levels { grid: Grid::of(9, &ranks, 2), grey_levels: vec![1, 2, 5, 6, 9], counts: vec![0; 5], range: (1.0, 9.0) }
    }

    #[test]
    fn table_and_list_count_alike() {
        let levels = levels();
        let (mut from_table, mut from_list) = (Vec::new(), Vec::new());
        for symmetrical in [true, false] {
            let mut table = Counter::new(&levels, symmetrical);
            let mut list = Counter { pairs: Pairs::List(Vec::new()), ..Counter::new(&levels, symmetrical) };
            for offset in offsets::half_plane(&[1, 2], 9, 7) {
                table.count(offset, &mut from_table);
                list.count(offset, &mut from_list);
                assert!(!from_table.is_empty());
                assert_eq!(from_table, from_list, "{offset:?}");
            }
        }
    }

    #[test]
    fn one_merged_direction_is_that_direction() {
        let levels = levels();
        let (mut alone, mut merged, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
        let mut counter = Counter::new(&levels, true);
        let offset = Offset { dy: 1, dx: -1 };
        counter.count(offset, &mut alone);
        counter.merge(offset, 0.25, &mut scratch);
        counter.take_merged(&mut merged);
        assert_eq!(alone, merged);
    }
}
