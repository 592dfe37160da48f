//! GLRLM: how long runs of one grey level are.
//!
//! Definitions: PyRadiomics 3.0.1 `glrlm` (Galloway 1975), one matrix a direction; every feature is
//! the mean of its values over the directions. A direction in which no line meets two pixels of the
//! region is left out.

use std::collections::HashSet;
use std::hint::select_unpredictable;

use super::direction_mean::DirectionMean;
use super::discretise::Levels;
use super::error::RadiomicsError;
use super::image::Spacing;
use super::offsets::{self, Offset};
use super::settings::WeightingNorm;
use super::size_matrix::{SizeMatrix, Summary, Tally};

type Values = [(&'static str, f64); 16];

/// The 16 features of the region, averaged over the four directions, or of the merged directions.
pub(super) fn features(
    levels: &Levels,
    spacing: Spacing,
    weighting_norm: Option<WeightingNorm>,
) -> Result<Values, RadiomicsError> {
    let mut counter = Counter::new(levels);
    let mut matrix = SizeMatrix::default();
    let mut mean = DirectionMean::new();
    for offset in offsets::half_plane(&[1], levels.grid.width, levels.grid.height) {
        match weighting_norm {
            Some(norm) => {
                counter.add(offset, norm.length(offset, spacing).unwrap_or(1.0), &mut matrix);
            }
            None => {
                matrix.cells.clear();
                if counter.add(offset, 1.0, &mut matrix) {
                    mean.add(direction_features(&matrix.summary()));
                }
            }
        }
    }
    if weighting_norm.is_some() && !matrix.cells.is_empty() {
        matrix.join();
        mean.add(direction_features(&matrix.summary()));
    }
    mean.finish().ok_or_else(|| RadiomicsError::NoNeighbours { class: "glrlm", distances: vec![1] })
}

/// Counts runs; keeps its memory from direction to direction.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    levels: &'a Levels,
    tally: Tally,
    /// For each cell of a row, how many cells of its level end there one after the other; with a
    /// cell of margin on either side.
    lengths: Vec<u32>,
    /// The same for the row before.
    previous: Vec<u32>,
}

impl<'a> Counter<'a> {
    pub fn new(levels: &'a Levels) -> Self {
        let row = vec![0; levels.grid.stride + 2];
        Self { levels, tally: Tally::new(levels), lengths: row.clone(), previous: row }
    }

    /// Adds the runs along `offset`, each counted `weight` times, to `matrix`; false when no line has
    /// two pixels of the region, in which case nothing is added.
    pub fn add(&mut self, offset: Offset, weight: f64, matrix: &mut SizeMatrix) -> bool {
        if !self.has_line_of_two(offset) {
            return false;
        }
        let grid = &self.levels.grid;
        let rows = |cells: &'a [u16]| cells.chunks_exact(grid.stride);
        let (before, after) = (rows(grid.shifted_back(offset)), rows(grid.shifted(offset)));
        for ((here, before), after) in rows(grid.frame()).zip(before).zip(after) {
            if offset.dy == 0 {
                let mut length = 0;
                for (cell, (rank, before)) in self.lengths[1..].iter_mut().zip(here.iter().zip(before)) {
                    length = one_more_if(rank == before, length);
                    *cell = length;
                }
            } else {
                std::mem::swap(&mut self.lengths, &mut self.previous);
                let previous = &self.previous[1_usize.wrapping_add_signed(-offset.dx)..];
                let cells = self.lengths[1..].iter_mut().zip(previous);
                for ((cell, &previous), (rank, before)) in cells.zip(here.iter().zip(before)) {
                    *cell = one_more_if(rank == before, previous);
                }
            }
            let ends = here.iter().zip(after).zip(&self.lengths[1..]);
            self.tally.add(ends.map(|((&rank, &next), &length)| (rank, if rank != next { length } else { 0 })));
        }
        self.tally.move_into(matrix, self.levels, weight);
        true
    }

    /// Whether a line along `offset` meets two pixels of the region, side by side or not.
    fn has_line_of_two(&self, offset: Offset) -> bool {
        let grid = &self.levels.grid;
        let adjacent = grid.frame().iter().zip(grid.shifted(offset)).any(|(&here, &next)| here != 0 && next != 0);
        let mut lines = HashSet::new();
        adjacent
            || grid.frame().iter().enumerate().filter(|(_, rank)| **rank != 0).any(|(cell, _)| {
                let (row, column) = ((cell / grid.stride) as isize, (cell % grid.stride) as isize);
                !lines.insert(column * offset.dy as isize - row * offset.dx)
            })
    }
}

/// `length` + 1 where a run goes on, else 1; without a branch, as there is no guessing which.
fn one_more_if(goes_on: bool, length: u32) -> u32 {
    select_unpredictable(goes_on, length, 0).wrapping_add(1)
}

fn direction_features(runs: &Summary) -> Values {
    [
        ("GrayLevelNonUniformity", runs.level_non_uniformity),
        ("GrayLevelNonUniformityNormalized", runs.level_non_uniformity_normalized()),
        ("GrayLevelVariance", runs.level_variance),
        ("HighGrayLevelRunEmphasis", runs.high),
        ("LongRunEmphasis", runs.large),
        ("LongRunHighGrayLevelEmphasis", runs.large_high),
        ("LongRunLowGrayLevelEmphasis", runs.large_low),
        ("LowGrayLevelRunEmphasis", runs.low),
        ("RunEntropy", runs.entropy),
        ("RunLengthNonUniformity", runs.size_non_uniformity),
        ("RunLengthNonUniformityNormalized", runs.size_non_uniformity_normalized()),
        ("RunPercentage", runs.percentage),
        ("RunVariance", runs.size_variance),
        ("ShortRunEmphasis", runs.small),
        ("ShortRunHighGrayLevelEmphasis", runs.small_high),
        ("ShortRunLowGrayLevelEmphasis", runs.small_low),
    ]
}
