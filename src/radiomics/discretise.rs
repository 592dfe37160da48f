//! Discretisation: real values become grey levels, as PyRadiomics bins them.

use super::error::RadiomicsError;
use super::grid::Grid;
use super::lanes;
use super::region::Region;
use super::settings::Binning;

/// Most levels from the darkest to the brightest pixel. Distributions of level differences and sums
/// are tables of this size; real settings stay below a thousand.
pub(super) const SPAN_AT_MOST: usize = 1 << 20;
/// Most levels that may be present, so that one fits 16 bits beside the 0 of "outside".
const PRESENT_AT_MOST: usize = u16::MAX as usize;

/// The grey levels of a region.
///
/// Levels nobody has are left out: the grid holds the rank of a pixel's level among those present,
/// so that matrices are as small as the region allows, and `grey_levels` keeps the level's own
/// number, which the formulas use.
#[derive(Debug)]
pub(super) struct Levels {
    /// 0 outside the region, else 1 + index into `grey_levels`.
    pub grid: Grid,
    /// The levels present, ascending, the lowest at least 1.
    pub grey_levels: Vec<u32>,
    /// Pixels of each level of `grey_levels`.
    pub counts: Vec<usize>,
    /// The smallest and the largest value.
    pub range: (f64, f64),
}

impl Levels {
    /// Bins `values`, the pixels of `region` row by row (at least one, all finite); neighbours will
    /// be looked up to `reach` pixels away.
    pub fn new(values: &[f64], region: &Region, binning: Binning, reach: usize) -> Result<Self, RadiomicsError> {
        let range = lanes::range(values);
        let edges = Edges::new(range, binning)?;
        let raw = edges.levels(values);

        let highest = raw.iter().copied().max().unwrap_or(0) as usize;
        let mut rank = lanes::histogram(raw.iter().map(|&level| level as usize), highest + 1);
        let (mut grey_levels, mut counts) = (Vec::new(), Vec::new());
        for (level, slot) in rank.iter_mut().enumerate().filter(|(_, pixels)| **pixels > 0) {
            grey_levels.push(level as u32);
            counts.push(*slot);
            *slot = counts.len();
        }
        if counts.len() > PRESENT_AT_MOST {
            return Err(RadiomicsError::TooManyLevels { levels: counts.len() as f64, limit: PRESENT_AT_MOST });
        }

        let mut grid = Grid::outside(region.frame.width, region.frame.height, reach);
        let mut left = raw.as_slice();
        for span in &region.spans {
            let (here, rest) = left.split_at(span.end - span.start);
            let first = grid.index(span.row, span.start);
            for (cell, &level) in grid.cells[first..].iter_mut().zip(here) {
                *cell = rank[level as usize] as u16;
            }
            left = rest;
        }
        Ok(Self { grid, grey_levels, counts, range })
    }

    /// The highest level present: PyRadiomics' `Ng`.
    pub fn highest(&self) -> usize {
        self.grey_levels.last().map_or(0, |&level| level as usize)
    }

    /// The grey level of a rank of the grid that is not 0.
    pub fn level(&self, rank: u16) -> u32 {
        self.grey_levels[usize::from(rank) - 1]
    }
}

/// Equally spaced bin edges: edge i lies at `first + i * step`, computed as numpy's `arange` and
/// `linspace` do, so that a value on an edge falls into the same bin as there.
struct Edges {
    first: f64,
    step: f64,
    /// 1 / step.
    bins_per_unit: f64,
    /// Distance from an edge, in bins, at which rounding may decide for the wrong side.
    doubt: f64,
    /// Highest level, `None` when the edges go on for ever.
    last_level: Option<u32>,
}

impl Edges {
    /// Edges for values from `smallest` to `largest`.
    fn new((smallest, largest): (f64, f64), binning: Binning) -> Result<Self, RadiomicsError> {
        match binning {
            Binning::WidthFrom { lower, .. } if smallest < lower => {
                Err(RadiomicsError::BelowLowerBound { value: smallest, lower })
            }
            Binning::Width(width) | Binning::WidthFrom { width, .. } => {
                let first = match binning {
                    Binning::WidthFrom { lower, .. } => lower,
                    _ => smallest - smallest.rem_euclid(width),
                };
                let levels = (largest - first) / width + 1.0;
                let step = (first + width) - first;
                // A step of 0 (values too large for so small a bin) makes too many levels as well.
                if !(levels <= SPAN_AT_MOST as f64 && step > 0.0) {
                    return Err(RadiomicsError::TooManyLevels { levels, limit: SPAN_AT_MOST });
                }
                Ok(Self::spaced(first, step, None, smallest.abs().max(largest.abs())))
            }
            Binning::Count(count) => {
                // A histogram of equal values spans half a unit to either side.
                let flat = smallest == largest;
                let (low, high) = if flat { (smallest - 0.5, largest + 0.5) } else { (smallest, largest) };
                // The last bin is closed: its upper edge is moved out, so the largest value is in it.
                let step = (high - low) / f64::from(count);
                Ok(Self::spaced(low, step, Some(count), low.abs().max(high.abs())))
            }
        }
    }

    /// Edges for values of up to `magnitude`.
    fn spaced(first: f64, step: f64, last_level: Option<u32>, magnitude: f64) -> Self {
        // The position is off by some 2^-53 of itself, at most 2^20; an edge by as much of the values.
        let doubt = 1e-6 + 8.0 * f64::EPSILON * (magnitude / step);
        Self { first, step, bins_per_unit: 1.0 / step, doubt, last_level }
    }

    /// The level of each value.
    fn levels(&self, values: &[f64]) -> Vec<u32> {
        // Adding this rounds to a whole number, which is then in the lowest bits (two's complement).
        const ROUND: f64 = (3_u64 << 51) as f64;
        let mut levels = Vec::with_capacity(values.len());
        let (chunks, rest) = values.as_chunks::<8>();
        for chunk in chunks {
            // From the middle of the first bin, in bins: the nearest whole number is the bin.
            let from_middle = chunk.map(|value| (value - self.first) * self.bins_per_unit - 0.5);
            let rounded = from_middle.map(|position| position + ROUND);
            let is_sure = |(position, rounded): (&f64, &f64)| (position - (rounded - ROUND)).abs() < 0.5 - self.doubt;
            if from_middle.iter().zip(&rounded).fold(true, |sure, pair| sure & is_sure(pair)) {
                levels.extend(rounded.map(|rounded| (rounded.to_bits() as u32).wrapping_add(1)));
            } else {
                levels.extend(chunk.map(|value| self.level(value)));
            }
        }
        levels.extend(rest.iter().map(|&value| self.level(value)));
        levels
    }

    /// 1 + the index of the bin `value` is in: the number of edges that are not above it.
    fn level(&self, value: f64) -> u32 {
        let at_most = self.last_level.map_or(u32::MAX - 1, |last| last - 1);
        let position = (value - self.first) * self.bins_per_unit;
        let mut bin = (position as u32).min(at_most);
        // Rounding moves the position and the edges by less than `doubt`; so near to an edge, the
        // edges themselves decide.
        if (position - f64::from(bin) - 0.5).abs() > 0.5 - self.doubt {
            let edge = |index: u32| f64::from(index) * self.step + self.first;
            while bin > 0 && edge(bin) > value {
                bin -= 1;
            }
            while bin < at_most && edge(bin + 1) <= value {
                bin += 1;
            }
        }
        bin + 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binned(values: &[f64], binning: Binning) -> Vec<u32> {
        let edges = Edges::new(lanes::range(values), binning).unwrap();
        values.iter().map(|&value| edges.level(value)).collect()
    }

    #[test]
    fn edges_of_a_bin_width_lie_at_its_multiples() {
        // numpy.digitize with edges -50, -25, 0, 25, ...: the edge belongs to the bin above it.
        assert_eq!(binned(&[-26.0, -25.0, -0.1, 0.0, 24.9, 25.0, 51.0], Binning::Width(25.0)), [1, 2, 2, 3, 3, 4, 5]);
        // numpy's third edge is 0.1 + 2 * 0.1, just above 0.3.
        assert_eq!(binned(&[0.1, 0.2, 0.3], Binning::Width(0.1)), [1, 2, 2]);
    }

    #[test]
    fn a_bin_count_spans_the_region_and_its_last_bin_is_closed() {
        assert_eq!(binned(&[0.0, 2.4, 2.5, 9.9, 10.0], Binning::Count(4)), [1, 1, 2, 4, 4]);
        assert_eq!(binned(&[7.0, 7.0], Binning::Count(32)), [17, 17]);
    }

    proptest! {
        #[test]
        fn many_values_at_once_get_the_levels_they_get_alone(
            // Eighths put every other value on an edge.
            eighths in prop::collection::vec(-4000_i32..4000, 8..40),
            scale in prop::sample::select(vec![1.0, 0.1, 1e-3, 7.3]),
            by_count in any::<bool>(),
        ) {
            let values: Vec<f64> = eighths.iter().map(|&eighths| f64::from(eighths) / 8.0 * scale).collect();
            let binning = if by_count { Binning::Count(16) } else { Binning::Width(scale / 4.0) };
            let edges = Edges::new(lanes::range(&values), binning).unwrap();
            let alone: Vec<u32> = values.iter().map(|&value| edges.level(value)).collect();
            prop_assert_eq!(edges.levels(&values), alone);
        }
    }

    #[test]
    fn bins_too_fine_for_the_values_are_refused() {
        for values in [[0.0, 1e12], [1e300, 1.1e300], [-1e308, 1e308]] {
            let outcome = Edges::new(lanes::range(&values), Binning::Width(1.0)).map(|edges| edges.step);
            assert!(matches!(outcome, Err(RadiomicsError::TooManyLevels { .. })), "{values:?}: {outcome:?}");
        }
    }
}
