//! NGTDM: how far a pixel's grey level is from the mean of its neighbours.
//!
//! Definitions: PyRadiomics 3.0.1 `ngtdm` (Amadasun and King 1989). A pixel without neighbours
//! counts with a difference of 0. Sums over pairs of levels are written as sums over levels where
//! that is the same number; Complexity has none and takes the square of the levels in time.

use super::discretise::{Levels, SPAN_AT_MOST};
use super::offsets;
use super::settings::DISTANCE_AT_MOST;

/// Coarseness of a region in which no pixel differs from its neighbours, by PyRadiomics' convention.
const COARSENESS_OF_CONSTANT: f64 = 1e6;

/// One row of the matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// Grey level i.
    pub level: f64,
    /// n_i: pixels of this level.
    pub pixels: f64,
    /// s_i: sum of their absolute differences from the mean of their neighbours.
    pub difference: f64,
}

/// The 5 features of the region, with neighbours at `distances`.
pub(super) fn features(levels: &Levels, distances: &[u32]) -> [(&'static str, f64); 5] {
    let rows = matrix(levels, distances);
    let pixels: f64 = rows.iter().map(|row| row.pixels).sum();
    let count = rows.len() as f64;
    let share = |row: &Row| row.pixels / pixels;
    let sum = |value: &dyn Fn(&Row) -> f64| -> f64 { rows.iter().map(value).sum() };

    let differences = sum(&|row| row.difference);
    let weighted = sum(&|row| share(row) * row.difference);
    let mean = sum(&|row| share(row) * row.level);
    let variance = sum(&|row| share(row) * (row.level - mean).powi(2));

    // sum over i, j of p_i p_j (i - j)^2 is twice the variance.
    let pairs = count * (count - 1.0);
    let contrast = ratio_or_zero(2.0 * variance * differences / pixels, pairs);

    // sum over i, j of (p_i + p_j) (i - j)^2, with the levels' own mean as origin.
    let centre = sum(&|row| row.level) / count;
    let spread = sum(&|row| (row.level - centre).powi(2));
    let strength = 2.0 * sum(&|row| share(row) * (count * (row.level - centre).powi(2) + spread));

    [
        (
            "Busyness",
            ratio_or_zero(weighted, sum_of_distances(rows.iter().map(|row| row.level * share(row)).collect())),
        ),
        ("Coarseness", if weighted == 0.0 { COARSENESS_OF_CONSTANT } else { 1.0 / weighted }),
        ("Complexity", complexity(&rows, pixels)),
        ("Contrast", contrast),
        ("Strength", ratio_or_zero(strength, differences)),
    ]
}

/// The rows of the levels present, ascending.
pub(super) fn matrix(levels: &Levels, distances: &[u32]) -> Vec<Row> {
    let grid = &levels.grid;
    let around: Vec<usize> = offsets::half_plane(distances, grid.width, grid.height)
        .into_iter()
        .flat_map(|offset| [grid.at(offset).start, grid.at_back(offset).start])
        .collect();
    let level_of_rank: Vec<u32> = std::iter::once(0).chain(levels.grey_levels.iter().copied()).collect();
    let level_of_cell: Vec<u32> = grid.cells.iter().map(|&rank| level_of_rank[usize::from(rank)]).collect();

    let row =
        |(&level, &pixels): (&u32, &usize)| Row { level: f64::from(level), pixels: pixels as f64, difference: 0.0 };
    let mut rows: Vec<Row> = levels.grey_levels.iter().zip(&levels.counts).map(row).collect();
    // Per pixel of a row of the frame: the number of its neighbours and the sum of their levels,
    // neither of which can wrap.
    let mut neighbours = vec![0_u16; grid.stride];
    let mut sums = vec![0_u32; grid.stride];
    for (row, here) in grid.frame().chunks_exact(grid.stride).enumerate() {
        neighbours.fill(0);
        sums.fill(0);
        for there in around.iter().map(|start| start + row * grid.stride) {
            for (count, &rank) in neighbours.iter_mut().zip(&grid.cells[there..]) {
                *count = count.wrapping_add(u16::from(rank != 0));
            }
            for (sum, &level) in sums.iter_mut().zip(&level_of_cell[there..]) {
                *sum = sum.wrapping_add(level);
            }
        }
        for ((&rank, &count), &sum) in here.iter().zip(&neighbours).zip(&sums) {
            if rank != 0 && count > 0 {
                let row = &mut rows[usize::from(rank) - 1];
                row.difference += (row.level - f64::from(sum) / f64::from(count)).abs();
            }
        }
    }
    rows
}

/// The sum of the levels of all neighbours fits 32 bits.
const _: () = {
    let side = 2 * DISTANCE_AT_MOST as u64 + 1;
    assert!((side * side - 1) * SPAN_AT_MOST as u64 <= u32::MAX as u64);
};

fn ratio_or_zero(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { 0.0 } else { numerator / denominator }
}

/// Sum of |a - b| over all ordered pairs.
fn sum_of_distances(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    // The gap above the k lowest of n lies between k (n - k) pairs.
    let count = values.len();
    let gaps = values.windows(2).enumerate();
    2.0 * gaps.map(|(index, gap)| (gap[1] - gap[0]) * ((index + 1) * (count - index - 1)) as f64).sum::<f64>()
}

fn complexity(rows: &[Row], pixels: f64) -> f64 {
    let mut sum = 0.0;
    for (index, a) in rows.iter().enumerate() {
        for b in &rows[index + 1..] {
            let weighted = a.pixels * a.difference + b.pixels * b.difference;
            sum += (b.level - a.level) * weighted / (a.pixels + b.pixels);
        }
    }
    2.0 * sum / pixels
}
