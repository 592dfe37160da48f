//! Grey values to grey levels, with PyRadiomics' bin edges.

use super::error::RadiomicsError;
use super::region::Region;
use super::settings::Binning;

/// Levels of a region. Only levels that occur are kept: a matrix over `present` stays small however
/// large the numbers of the levels are.
pub(super) struct Levels {
    /// For each pixel inside, the index of its level in `present`.
    pub index: Vec<u16>,
    /// The levels that occur, ascending, 1 the lowest bin.
    pub present: Vec<f64>,
    /// Pixels of each present level.
    pub counts: Vec<f64>,
}

impl Levels {
    pub fn of(region: &Region, binning: Binning) -> Result<Self, RadiomicsError> {
        let (low, high) =
            region.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let edges = match binning {
            Binning::Width(width) => edges_by_width(low, high, width)?,
            Binning::Count(count) => edges_by_count(low, high, count)?,
        };
        let numbers: Vec<usize> = region.values.iter().map(|v| edges.partition_point(|e| e <= v)).collect();
        let mut counts = vec![0u32; edges.len() + 1];
        numbers.iter().for_each(|n| counts[*n] += 1);
        let present: Vec<usize> = (0..counts.len()).filter(|n| counts[*n] > 0).collect();
        let mut compact = vec![0u16; counts.len()];
        for (i, level) in present.iter().enumerate() {
            compact[*level] = u16::try_from(i).map_err(|_| RadiomicsError::TooManyLevels)?;
        }
        Ok(Self {
            index: numbers.iter().map(|n| compact[*n]).collect(),
            counts: present.iter().map(|n| f64::from(counts[*n])).collect(),
            present: present.into_iter().map(|n| n as f64).collect(),
        })
    }

    /// The highest level: Ng.
    pub fn highest(&self) -> f64 {
        self.present.last().copied().unwrap_or(1.0)
    }
}

/// Edges at multiples of `width` from the one at or below `low` to beyond `high`.
fn edges_by_width(low: f64, high: f64, width: f64) -> Result<Vec<f64>, RadiomicsError> {
    if !(width.is_finite() && width > 0.0) {
        return Err(RadiomicsError::Binning(format!("the bin width is {width}")));
    }
    let first = low - low.rem_euclid(width);
    let count = ((high + 2.0 * width - first) / width).ceil();
    if count > 65_536.0 {
        return Err(RadiomicsError::TooManyLevels);
    }
    let step = (first + width) - first;
    Ok((0..count as usize).map(|i| first + i as f64 * step).collect())
}

/// `count` equal bins between the extremes; the last one takes the maximum too.
fn edges_by_count(low: f64, high: f64, count: u32) -> Result<Vec<f64>, RadiomicsError> {
    if !(1..=65_535).contains(&count) {
        return Err(RadiomicsError::Binning(format!("the bin count is {count}")));
    }
    let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
    let step = (high - low) / f64::from(count);
    let mut edges: Vec<f64> = (0..count).map(|i| f64::from(i) * step + low).collect();
    edges.push(high + 1.0);
    Ok(edges)
}
