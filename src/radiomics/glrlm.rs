//! GLRLM: how long runs of one grey level are.
//!
//! Definitions: PyRadiomics 3.0.1 `glrlm` (Galloway 1975), one matrix a direction; every feature is
//! the mean of its values over the directions. A direction in which no line meets two pixels of the
//! region is left out.

use super::direction_mean::DirectionMean;
use super::discretise::Levels;
use super::error::RadiomicsError;
use super::offsets::{self, Offset};
use super::size_matrix::{SizeMatrix, Tally};

type Values = [(&'static str, f64); 16];

/// The 16 features of the region, averaged over the four directions.
pub(super) fn features(levels: &Levels) -> Result<Values, RadiomicsError> {
    let mut tally = Tally::default();
    let mut mean = DirectionMean::new();
    for offset in offsets::half_plane(&[1], levels.width, levels.height) {
        if let Some(runs) = matrix(levels, offset, &mut tally) {
            mean.add(direction_features(&runs));
        }
    }
    mean.finish().ok_or_else(|| RadiomicsError::NoNeighbours { class: "glrlm", distances: vec![1] })
}

/// The runs along `offset`; `None` when no line has two pixels of the region.
pub(super) fn matrix(levels: &Levels, offset: Offset, tally: &mut Tally) -> Option<SizeMatrix> {
    let Levels { width, height, .. } = *levels;
    let mut longest_line = 0;
    for y in 0..height {
        for x in 0..width {
            // A line starts where the pixel before it would lie outside the rectangle.
            let before = x.checked_add_signed(-offset.dx).filter(|&before| before < width);
            if y < offset.dy || before.is_none() {
                longest_line = longest_line.max(follow_line(levels, (x, y), offset, tally));
            }
        }
    }
    let matrix = tally.take_matrix(levels);
    (longest_line > 1).then_some(matrix)
}

/// Adds the runs of the line from `start` on; returns how many of its pixels are in the region.
fn follow_line(levels: &Levels, start: (usize, usize), offset: Offset, tally: &mut Tally) -> usize {
    let (mut x, mut y) = start;
    let (mut level, mut length, mut pixels) = (0, 0, 0);
    loop {
        let here = levels.grid[y * levels.width + x];
        if here != level {
            if level != 0 {
                tally.add(level, length);
            }
            (level, length) = (here, 0);
        }
        length += 1;
        pixels += usize::from(here != 0);
        let next = x.checked_add_signed(offset.dx).filter(|&next| next < levels.width);
        match next {
            Some(next) if y + offset.dy < levels.height => (x, y) = (next, y + offset.dy),
            _ => break,
        }
    }
    if level != 0 {
        tally.add(level, length);
    }
    pixels
}

fn direction_features(runs: &SizeMatrix) -> Values {
    [
        ("GrayLevelNonUniformity", runs.level_non_uniformity()),
        ("GrayLevelNonUniformityNormalized", runs.level_non_uniformity_normalized()),
        ("GrayLevelVariance", runs.level_variance()),
        ("HighGrayLevelRunEmphasis", runs.emphasis(2, 0)),
        ("LongRunEmphasis", runs.emphasis(0, 2)),
        ("LongRunHighGrayLevelEmphasis", runs.emphasis(2, 2)),
        ("LongRunLowGrayLevelEmphasis", runs.emphasis(-2, 2)),
        ("LowGrayLevelRunEmphasis", runs.emphasis(-2, 0)),
        ("RunEntropy", runs.entropy()),
        ("RunLengthNonUniformity", runs.size_non_uniformity()),
        ("RunLengthNonUniformityNormalized", runs.size_non_uniformity_normalized()),
        ("RunPercentage", runs.percentage()),
        ("RunVariance", runs.size_variance()),
        ("ShortRunEmphasis", runs.emphasis(0, -2)),
        ("ShortRunHighGrayLevelEmphasis", runs.emphasis(2, -2)),
        ("ShortRunLowGrayLevelEmphasis", runs.emphasis(-2, -2)),
    ]
}
