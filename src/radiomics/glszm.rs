//! GLSZM: how large connected zones of one grey level are.
//!
//! Definitions: PyRadiomics 3.0.1 `glszm` (Thibault 2009). Pixels that touch by a side or a corner
//! are connected, whatever the distances of the other classes.

use std::hint::select_unpredictable;

use super::discretise::Levels;
use super::grid::Grid;
use super::offsets::Offset;
use super::size_matrix::{SizeMatrix, Tally};

/// The 16 features of the region.
pub(super) fn features(levels: &Levels) -> [(&'static str, f64); 16] {
    let zones = matrix(levels).summary();
    [
        ("GrayLevelNonUniformity", zones.level_non_uniformity),
        ("GrayLevelNonUniformityNormalized", zones.level_non_uniformity_normalized()),
        ("GrayLevelVariance", zones.level_variance),
        ("HighGrayLevelZoneEmphasis", zones.high),
        ("LargeAreaEmphasis", zones.large),
        ("LargeAreaHighGrayLevelEmphasis", zones.large_high),
        ("LargeAreaLowGrayLevelEmphasis", zones.large_low),
        ("LowGrayLevelZoneEmphasis", zones.low),
        ("SizeZoneNonUniformity", zones.size_non_uniformity),
        ("SizeZoneNonUniformityNormalized", zones.size_non_uniformity_normalized()),
        ("SmallAreaEmphasis", zones.small),
        ("SmallAreaHighGrayLevelEmphasis", zones.small_high),
        ("SmallAreaLowGrayLevelEmphasis", zones.small_low),
        ("ZoneEntropy", zones.entropy),
        ("ZonePercentage", zones.percentage),
        ("ZoneVariance", zones.size_variance),
    ]
}

/// The zones, found in one pass over the pixels (disjoint sets, Galler and Fischer 1964).
pub(super) fn matrix(levels: &Levels) -> SizeMatrix {
    let grid = &levels.grid;
    let mut zones = Zones::of(grid);
    let sizes = zones.sizes(grid.frame());
    let mut tally = Tally::new(levels);
    for (&rank, &size) in grid.frame().iter().zip(&sizes) {
        tally.add_if(size > 0, rank, size);
    }
    let mut matrix = SizeMatrix::default();
    tally.move_into(&mut matrix, levels, 1.0);
    matrix
}

/// Disjoint sets of the frame's cells.
struct Zones {
    /// Of each cell another one of its zone, or itself: never one that comes later.
    parent: Vec<u32>,
}

impl Zones {
    /// Joins each pixel with its equal neighbours above and to the left. Of those, some are known to
    /// be together: the pixel above touches all others, the one to the left touches that above it.
    fn of(grid: &Grid) -> Self {
        let stride = grid.stride as u32;
        let rows = |dy, dx| grid.shifted_back(Offset { dy, dx }).chunks_exact(grid.stride);
        let around = rows(1, 1).zip(rows(1, 0)).zip(rows(1, -1)).zip(rows(0, 1));

        let mut zones = Self { parent: vec![0; grid.frame().len()] };
        let mut cell = 0_u32;
        for (here, (((above_left, above), above_right), left)) in grid.frame().chunks_exact(grid.stride).zip(around) {
            let ranks = here.iter().zip(above_left).zip(above).zip(above_right).zip(left);
            for ((((&rank, &nw), &n), &ne), &w) in ranks {
                // Cells outside the region are joined as well, and never counted. Which neighbours are
                // equal cannot be guessed: selections cost less than branches.
                let (n, nw, ne, w) = (rank == n, rank == nw, rank == ne, rank == w);
                let on_the_left = select_unpredictable(w, 1, select_unpredictable(nw, stride + 1, 0));
                let back = select_unpredictable(ne, stride - 1, on_the_left);
                zones.parent[cell as usize] = cell.saturating_sub(select_unpredictable(n, stride, back));
                if rank != 0 && ne & (w | nw) & !n {
                    zones.join(cell - back, cell - on_the_left);
                }
                cell = cell.wrapping_add(1);
            }
        }
        zones
    }

    fn root(&mut self, mut cell: u32) -> u32 {
        loop {
            let parent = self.parent[cell as usize];
            if parent == cell {
                return cell;
            }
            // Halving the path keeps the next walk short.
            let grandparent = self.parent[parent as usize];
            self.parent[cell as usize] = grandparent;
            cell = grandparent;
        }
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }

    /// Number of pixels of each zone at its first cell, 0 at all others.
    fn sizes(&mut self, here: &[u16]) -> Vec<u32> {
        let mut sizes = vec![0_u32; here.len()];
        for (cell, &rank) in here.iter().enumerate() {
            // Parents come first, so theirs is the root already.
            let root = self.parent[self.parent[cell] as usize];
            self.parent[cell] = root;
            let size = &mut sizes[root as usize];
            *size = size.wrapping_add(u32::from(rank != 0));
        }
        sizes
    }
}
