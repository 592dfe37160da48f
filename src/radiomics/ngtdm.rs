//! NGTDM: how far a pixel's grey level is from the mean of its neighbours.
//!
//! Definitions: PyRadiomics 3.0.1 `ngtdm` (Amadasun and King 1989). A pixel without neighbours
//! counts with a difference of 0. Sums over pairs of levels are written as sums over levels where
//! that is the same number; Complexity has none and takes the square of the levels in time.

use super::discretise::Levels;
use super::offsets;

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
    let Levels { width, height, ref grid, ref grey_levels, ref counts } = *levels;
    let level = |rank: u16| u64::from(grey_levels[usize::from(rank) - 1]);
    // Per pixel: the number of its neighbours and the sum of their levels.
    let mut neighbours = vec![(0_u64, 0_u64); grid.len()];
    for offset in offsets::half_plane(distances, width, height) {
        offsets::for_each_pair(width, height, offset, |a, b| {
            if grid[a] != 0 && grid[b] != 0 {
                neighbours[a].0 += 1;
                neighbours[a].1 += level(grid[b]);
                neighbours[b].0 += 1;
                neighbours[b].1 += level(grid[a]);
            }
        });
    }
    let row =
        |(&level, &pixels): (&u32, &usize)| Row { level: f64::from(level), pixels: pixels as f64, difference: 0.0 };
    let mut rows: Vec<Row> = grey_levels.iter().zip(counts).map(row).collect();
    for (&rank, (count, sum)) in grid.iter().zip(neighbours) {
        if rank != 0 && count > 0 {
            let row = &mut rows[usize::from(rank) - 1];
            row.difference += (row.level - sum as f64 / count as f64).abs();
        }
    }
    rows
}

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
