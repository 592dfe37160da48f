//! GLDM: how many neighbours of a pixel depend on it.
//!
//! Definitions: PyRadiomics 3.0.1 `gldm` (Sun and Wee 1983) with its default cut-off 0: a neighbour
//! depends on a pixel when it has the same grey level. The size is 1 + the number of such neighbours.

use super::discretise::Levels;
use super::offsets;
use super::size_matrix::{SizeMatrix, Tally};

/// The 14 features of the region, with neighbours at `distances`.
pub(super) fn features(levels: &Levels, distances: &[u32]) -> [(&'static str, f64); 14] {
    let dependences = matrix(levels, distances);
    [
        ("DependenceEntropy", dependences.entropy()),
        ("DependenceNonUniformity", dependences.size_non_uniformity()),
        ("DependenceNonUniformityNormalized", dependences.size_non_uniformity_normalized()),
        ("DependenceVariance", dependences.size_variance()),
        ("GrayLevelNonUniformity", dependences.level_non_uniformity()),
        ("GrayLevelVariance", dependences.level_variance()),
        ("HighGrayLevelEmphasis", dependences.emphasis(2, 0)),
        ("LargeDependenceEmphasis", dependences.emphasis(0, 2)),
        ("LargeDependenceHighGrayLevelEmphasis", dependences.emphasis(2, 2)),
        ("LargeDependenceLowGrayLevelEmphasis", dependences.emphasis(-2, 2)),
        ("LowGrayLevelEmphasis", dependences.emphasis(-2, 0)),
        ("SmallDependenceEmphasis", dependences.emphasis(0, -2)),
        ("SmallDependenceHighGrayLevelEmphasis", dependences.emphasis(2, -2)),
        ("SmallDependenceLowGrayLevelEmphasis", dependences.emphasis(-2, -2)),
    ]
}

/// The pixels by level and size of dependence.
pub(super) fn matrix(levels: &Levels, distances: &[u32]) -> SizeMatrix {
    let Levels { width, height, ref grid, .. } = *levels;
    let mut size = vec![1_usize; grid.len()];
    for offset in offsets::half_plane(distances, width, height) {
        offsets::for_each_pair(width, height, offset, |a, b| {
            if grid[a] == grid[b] {
                size[a] += 1;
                size[b] += 1;
            }
        });
    }
    let mut tally = Tally::default();
    for (&rank, size) in grid.iter().zip(size).filter(|&(&rank, _)| rank != 0) {
        tally.add(rank, size);
    }
    tally.take_matrix(levels)
}
