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
    let sizes = Zones::of(grid).sizes();
    tally.add(grid.frame().iter().copied().zip(sizes.iter().copied()));
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
        let (here, stride) = (grid.frame(), grid.stride as u32);
        let [above_left, above, above_right, left] =
            [(1, 1), (1, 0), (1, -1), (0, 1)].map(|(dy, dx)| &grid.shifted_back(Offset { dy, dx })[..here.len()]);

        // One neighbour is the parent; where another one may be of another zone, the pixel is a bridge.
        // Selections instead of branches: several pixels are done at a time.
        let mut zones = Self { parent: vec![0; here.len()] };
        let mut is_bridge = vec![0_u16; here.len()];
        for cell in 0..here.len() {
            let rank = here[cell];
            let (nw, n) = (rank == above_left[cell], rank == above[cell]);
            let (ne, w) = (rank == above_right[cell], rank == left[cell]);
            let back = if nw { stride + 1 } else { 0 };
            let back = if w { 1 } else { back };
            let back = if ne { stride - 1 } else { back };
            let back = if n { stride } else { back };
            zones.parent[cell] = (cell as u32).wrapping_sub(if rank == 0 { 0 } else { back });
            is_bridge[cell] = u16::from((rank != 0) & ne & (w | nw) & !n);
        }
        for (cell, _) in is_bridge.iter().enumerate().filter(|(_, bridge)| **bridge != 0) {
            let on_the_left = if here[cell] == left[cell] { 1 } else { stride + 1 };
            zones.join(cell as u32 - (stride - 1), cell as u32 - on_the_left);
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

    /// The number of pixels of each zone at its first cell, 0 at its others. Backwards, as a cell hands
    /// what it has gathered to its parent, which comes first.
    fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![1_u32; self.parent.len()];
        for (cell, &parent) in self.parent.iter().enumerate().rev() {
            let size = sizes[cell];
            let of_parent = &mut sizes[parent as usize];
            *of_parent = of_parent.wrapping_add(size);
            sizes[cell] = select_unpredictable(parent as usize == cell, size, 0);
        }
        sizes
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
        // The first pixel is next to where the cells beyond the frame begin.
        let inside = [true, false, false, false, true, true, false, false, true].to_vec();
        let region = Region::new(&Mask { width: 3, height: 3, inside }).unwrap();
        let levels = Levels::new(&[1.0, 1.0, 2.0, 1.0], &region, Binning::Width(1.0), 1).unwrap();
        let zones: Vec<(f64, f64, f64)> =
            matrix(&levels).cells.iter().map(|zone| (zone.level, zone.size, zone.count)).collect();
        assert_eq!(zones, [(1.0, 3.0, 1.0), (2.0, 1.0, 1.0)]);
    }
}
