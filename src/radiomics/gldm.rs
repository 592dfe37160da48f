//! GLDM: how many neighbours of a pixel depend on it.
//!
//! Definitions: PyRadiomics 3.0.1 `gldm` (Sun and Wee 1983) a neighbour depends on a
//! pixel when their grey levels differ by the cut-off at most, by default not at all. The size is 1 + the number of such neighbours.

use super::discretise::Levels;
use super::offsets;
use super::size_matrix::{SizeMatrix, Tally};

/// The 14 features of the region, with neighbours at `distances` that differ by `alpha` at most.
pub(super) fn features(levels: &Levels, distances: &[u32], alpha: u32) -> [(&'static str, f64); 14] {
    let dependences = matrix(levels, distances, alpha).summary();
    [
        ("DependenceEntropy", dependences.entropy),
        ("DependenceNonUniformity", dependences.size_non_uniformity),
        ("DependenceNonUniformityNormalized", dependences.size_non_uniformity_normalized()),
        ("DependenceVariance", dependences.size_variance),
        ("GrayLevelNonUniformity", dependences.level_non_uniformity),
        ("GrayLevelVariance", dependences.level_variance),
        ("HighGrayLevelEmphasis", dependences.high),
        ("LargeDependenceEmphasis", dependences.large),
        ("LargeDependenceHighGrayLevelEmphasis", dependences.large_high),
        ("LargeDependenceLowGrayLevelEmphasis", dependences.large_low),
        ("LowGrayLevelEmphasis", dependences.low),
        ("SmallDependenceEmphasis", dependences.small),
        ("SmallDependenceHighGrayLevelEmphasis", dependences.small_high),
        ("SmallDependenceLowGrayLevelEmphasis", dependences.small_low),
    ]
}

/// The pixels by level and size of dependence.
pub(super) fn matrix(levels: &Levels, distances: &[u32], alpha: u32) -> SizeMatrix {
    let grid = &levels.grid;
    let here = grid.frame();
    // A pixel has at most 63² - 1 neighbours, far from wrapping.
    let mut dependent = vec![0_u16; here.len()];
    for offset in offsets::half_plane(distances, grid.width, grid.height) {
        for there in [grid.shifted(offset), grid.shifted_back(offset)] {
            if alpha == 0 {
                count(&mut dependent, here, there, |a, b| a == b);
            } else {
                count(&mut dependent, here, there, |a, b| {
                    a != 0 && b != 0 && levels.level(a).abs_diff(levels.level(b)) <= alpha
                });
            }
        }
    }
    let mut tally = Tally::new(levels);
    for (ranks, dependent) in here.chunks(grid.stride).zip(dependent.chunks(grid.stride)) {
        tally.add(ranks.iter().zip(dependent).map(|(&rank, &neighbours)| (rank, u32::from(neighbours) + 1)));
    }
    let mut matrix = SizeMatrix::default();
    tally.move_into(&mut matrix, levels, 1.0);
    matrix
}

/// Adds 1 where a pixel and what lies beside it are dependent.
fn count(dependent: &mut [u16], here: &[u16], there: &[u16], depends: impl Fn(u16, u16) -> bool) {
    for ((count, &a), &b) in dependent.iter_mut().zip(here).zip(there) {
        *count = count.wrapping_add(u16::from(depends(a, b)));
    }
}
