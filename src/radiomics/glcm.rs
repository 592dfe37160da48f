//! The grey level co-occurrence matrix (IBSI 3.6), one a direction, symmetric, averaged over the
//! directions feature by feature.

use std::collections::HashMap;

use super::discretise::Levels;
use super::glcm_features::{NAMES, of_matrix};
use super::region::Region;
use super::settings::Settings;

/// Up to this many present levels the matrix is an array; above, a map of the pairs that occur, of
/// which there are at most two a pixel.
const DENSE_LEVELS: usize = 512;

/// A normalised symmetric co-occurrence matrix: its non-zero cells in the order of (row, column).
pub(super) struct Matrix {
    /// (index of level i, index of level j, probability).
    pub cells: Vec<(u16, u16, f64)>,
}

/// The 24 features in PyRadiomics' order, each the mean over the directions that have any pair.
pub(super) fn features(region: &Region, levels: &Levels, settings: &Settings) -> Vec<(&'static str, f64)> {
    let mut level_at = vec![None; region.inside.len()];
    let inside = (0..region.inside.len()).filter(|i| region.inside[*i]);
    inside.zip(&levels.index).for_each(|(at, level)| level_at[at] = Some(*level));
    let mut sums = [0.0; NAMES.len()];
    let mut directions = 0;
    for (dx, dy) in offsets(&settings.distances) {
        if let Some(matrix) = Matrix::of(region, &level_at, levels.present.len(), dx, dy) {
            let values = of_matrix(&matrix, levels);
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            directions += 1;
        }
    }
    // A region without a single pair of neighbours has no matrix; PyRadiomics gives NaN there.
    NAMES.into_iter().zip(sums.map(|sum| sum / f64::from(directions))).collect()
}

/// Half of the offsets whose larger component is one of the distances; the other half is their mirror.
fn offsets(distances: &[u32]) -> Vec<(isize, isize)> {
    let most = distances.iter().copied().max().unwrap_or(0) as isize;
    let wanted = |dx: isize, dy: isize| distances.contains(&(dx.unsigned_abs().max(dy.unsigned_abs()) as u32));
    let half = (0..=most).flat_map(|dy| (-most..=most).map(move |dx| (dx, dy))).filter(|&(dx, dy)| dy > 0 || dx > 0);
    half.filter(|&(dx, dy)| wanted(dx, dy)).collect()
}

impl Matrix {
    fn of(region: &Region, level_at: &[Option<u16>], levels: usize, dx: isize, dy: isize) -> Option<Self> {
        let (width, height) = (region.width as isize, region.height as isize);
        let pairs = (0..(height - dy).max(0)).flat_map(|y| {
            ((-dx).max(0)..width.min(width - dx)).filter_map(move |x| {
                let here = level_at[(y * width + x) as usize]?;
                Some((here, level_at[((y + dy) * width + x + dx) as usize]?))
            })
        });
        let mut total = 0.0;
        let mut cells: Vec<(u16, u16, f64)> = if levels <= DENSE_LEVELS {
            let mut counts = vec![0u32; levels * levels];
            for (i, j) in pairs {
                counts[usize::from(i) * levels + usize::from(j)] += 1;
                counts[usize::from(j) * levels + usize::from(i)] += 1;
                total += 2.0;
            }
            let occupied = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            occupied.map(|(at, count)| ((at / levels) as u16, (at % levels) as u16, f64::from(*count))).collect()
        } else {
            let mut counts: HashMap<(u16, u16), u32> = HashMap::new();
            for (i, j) in pairs {
                *counts.entry((i, j)).or_default() += 1;
                *counts.entry((j, i)).or_default() += 1;
                total += 2.0;
            }
            let mut cells: Vec<_> = counts.into_iter().map(|((i, j), count)| (i, j, f64::from(count))).collect();
            cells.sort_unstable_by_key(|&(i, j, _)| (i, j));
            cells
        };
        cells.iter_mut().for_each(|(_, _, p)| *p /= total);
        (total > 0.0).then_some(Self { cells })
    }
}

#[cfg(test)]
mod tests {
    use super::offsets;

    #[test]
    fn four_directions_at_distance_one_and_eight_more_at_two() {
        assert_eq!(offsets(&[1]).len(), 4);
        assert_eq!(offsets(&[1, 2]).len(), 12);
        assert!(offsets(&[1, 2]).iter().all(|&(x, y)| !offsets(&[1, 2]).contains(&(-x, -y))));
    }
}
