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
    let mut tally = Tally::new(levels);
    Zones::of(grid).count(grid.frame(), &mut tally);
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

    /// Counts the zones by the rank in `here` and the number of their pixels. Backwards, as a cell
    /// hands what it has gathered to its parent, which comes first. Cells outside the region have
    /// nothing to hand: in the first row their parent may be a pixel.
    fn count(&self, here: &[u16], tally: &mut Tally) {
        let mut sizes: Vec<u32> = here.iter().map(|&rank| u32::from(rank != 0)).collect();
        for (cell, (&rank, &parent)) in here.iter().zip(&self.parent).enumerate().rev() {
            let size = sizes[cell];
            let of_parent = &mut sizes[parent as usize];
            *of_parent = of_parent.wrapping_add(size);
            tally.add_if(parent as usize == cell, rank, size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::image::Mask;
    use super::super::region::Region;
    use super::super::settings::Binning;
    use super::*;

    #[test]
    fn a_zone_in_the_corner_takes_no_cells_from_outside_the_region() {
        // The first pixel is where every cell without a neighbour above would point.
        let inside = [true, false, false, false, true, true, false, false, true].to_vec();
        let region = Region::new(&Mask { width: 3, height: 3, inside }).unwrap();
        let levels = Levels::new(&[1.0, 1.0, 2.0, 1.0], &region, Binning::Width(1.0), 1).unwrap();
        let zones: Vec<(f64, f64, f64)> =
            matrix(&levels).cells.iter().map(|zone| (zone.level, zone.size, zone.count)).collect();
        assert_eq!(zones, [(1.0, 3.0, 1.0), (2.0, 1.0, 1.0)]);
    }
}
