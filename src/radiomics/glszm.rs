//! GLSZM: how large connected zones of one grey level are.
//!
//! Definitions: PyRadiomics 3.0.1 `glszm` (Thibault 2009). Pixels that touch by a side or a corner
//! are connected, whatever the distances of the other classes.

use super::discretise::Levels;
use super::size_matrix::{SizeMatrix, Tally};

/// The 16 features of the region.
pub(super) fn features(levels: &Levels) -> [(&'static str, f64); 16] {
    let zones = matrix(levels);
    [
        ("GrayLevelNonUniformity", zones.level_non_uniformity()),
        ("GrayLevelNonUniformityNormalized", zones.level_non_uniformity_normalized()),
        ("GrayLevelVariance", zones.level_variance()),
        ("HighGrayLevelZoneEmphasis", zones.emphasis(2, 0)),
        ("LargeAreaEmphasis", zones.emphasis(0, 2)),
        ("LargeAreaHighGrayLevelEmphasis", zones.emphasis(2, 2)),
        ("LargeAreaLowGrayLevelEmphasis", zones.emphasis(-2, 2)),
        ("LowGrayLevelZoneEmphasis", zones.emphasis(-2, 0)),
        ("SizeZoneNonUniformity", zones.size_non_uniformity()),
        ("SizeZoneNonUniformityNormalized", zones.size_non_uniformity_normalized()),
        ("SmallAreaEmphasis", zones.emphasis(0, -2)),
        ("SmallAreaHighGrayLevelEmphasis", zones.emphasis(2, -2)),
        ("SmallAreaLowGrayLevelEmphasis", zones.emphasis(-2, -2)),
        ("ZoneEntropy", zones.entropy()),
        ("ZonePercentage", zones.percentage()),
        ("ZoneVariance", zones.size_variance()),
    ]
}

/// The zones, found by flooding; a list of pixels to visit instead of recursion, so that a large
/// zone cannot exhaust the stack.
pub(super) fn matrix(levels: &Levels) -> SizeMatrix {
    let Levels { width, height, .. } = *levels;
    let mut left = levels.grid.clone();
    let mut to_visit = Vec::new();
    let mut tally = Tally::default();
    for start in 0..left.len() {
        let level = left[start];
        if level == 0 {
            continue;
        }
        left[start] = 0;
        to_visit.push(start);
        let mut size = 0;
        while let Some(pixel) = to_visit.pop() {
            size += 1;
            let (x, y) = (pixel % width, pixel / width);
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                let columns = x.saturating_sub(1)..(x + 2).min(width);
                for neighbour in columns.map(|column| row * width + column) {
                    if left[neighbour] == level {
                        left[neighbour] = 0;
                        to_visit.push(neighbour);
                    }
                }
            }
        }
        tally.add(level, size);
    }
    tally.take_matrix(levels)
}
