//! The maximal correlation coefficient of a symmetric co-occurrence matrix.
//!
//! PyRadiomics takes the square root of the second largest eigenvalue of
//! `Q(i,j) = sum_k p(i,k) p(j,k) / (px(i) py(k))`. For a symmetric p, Q is similar to the square of
//! `S = D^-1/2 P D^-1/2` with D = diag(px), so the coefficient is the second largest eigenvalue of
//! S by magnitude. The largest is 1, its eigenvector the square roots of px: it is projected out,
//! and the Lanczos recurrence finds the largest magnitude of what is left. Where plain power
//! iteration needs thousands of steps (the second and third eigenvalue nearly equal), Lanczos
//! needs tens.

use super::glcm::Entry;

/// Lanczos steps between two looks at the result.
const STEPS_A_LOOK: usize = 12;
/// Two looks that agree to this end the search; it is far below the 1e-6 the features promise.
const TOLERANCE: f64 = 1e-12;
/// Steps after which the result is taken as it is, for matrices of tens of thousands of levels.
const STEPS_AT_MOST: usize = 600;

/// Computes the coefficient; keeps its memory from direction to direction.
#[derive(Debug, Default)]
pub(super) struct MaximalCorrelation {
    /// Entries of S, in the order of the matrix entries.
    scaled: Vec<f64>,
    /// Eigenvector of the eigenvalue 1.
    first: Vec<f64>,
    previous: Vec<f64>,
    current: Vec<f64>,
    next: Vec<f64>,
    /// The tridiagonal matrix that stands for S.
    diagonal: Vec<f64>,
    beside: Vec<f64>,
}

impl MaximalCorrelation {
    /// The coefficient, 0 to 1. `marginal` is px, one a level. A region of a single level has 1 by
    /// PyRadiomics' convention; several levels of which a direction pairs only one have 0.
    pub fn of(&mut self, entries: &[Entry], marginal: &[f64]) -> f64 {
        if marginal.len() < 2 {
            return 1.0;
        }
        self.prepare(entries, marginal);
        let mut length = deflate(&mut self.current, &self.first);
        let mut found = 0.0;
        let steps = STEPS_AT_MOST.min(4 * marginal.len() + STEPS_A_LOOK);
        for step in 1..=steps {
            if length < TOLERANCE {
                break; // the vectors so far span all that S can reach: the recurrence is complete
            }
            self.current.iter_mut().for_each(|value| *value /= length);
            if step > 1 {
                self.beside.push(length);
            }
            length = self.advance(entries);
            if step % STEPS_A_LOOK == 0 {
                let largest = largest_magnitude(&self.diagonal, &self.beside);
                if (largest - found).abs() <= TOLERANCE {
                    return largest.min(1.0);
                }
                found = largest;
            }
        }
        largest_magnitude(&self.diagonal, &self.beside).min(1.0)
    }

    fn prepare(&mut self, entries: &[Entry], marginal: &[f64]) {
        self.first.clear();
        self.first.extend(marginal.iter().map(|p| p.sqrt()));
        self.scaled.clear();
        let scale = |entry: &Entry| self.first[usize::from(entry.low)] * self.first[usize::from(entry.high)];
        self.scaled.extend(entries.iter().map(|entry| entry.probability / scale(entry)));
        self.diagonal.clear();
        self.beside.clear();
        self.previous.clear();
        self.previous.resize(marginal.len(), 0.0);
        // Any start works that no symmetry of the matrix can be orthogonal to: fractional parts of
        // multiples of the golden ratio. Levels without a pair in this direction stay 0.
        self.current.clear();
        let fraction = |index: usize| (index as f64 * 0.618_033_988_749_894_9).fract() - 0.45;
        self.current
            .extend(marginal.iter().enumerate().map(|(index, &p)| if p > 0.0 { fraction(index + 1) } else { 0.0 }));
    }

    /// One step of the recurrence: S times `current`, made orthogonal to what came before, becomes
    /// `current`; returns its length.
    fn advance(&mut self, entries: &[Entry]) -> f64 {
        self.next.clear();
        self.next.resize(self.current.len(), 0.0);
        for (entry, &weight) in entries.iter().zip(&self.scaled) {
            let (low, high) = (usize::from(entry.low), usize::from(entry.high));
            self.next[low] += weight * self.current[high];
            if low != high {
                self.next[high] += weight * self.current[low];
            }
        }
        let alpha = dot(&self.next, &self.current);
        let beta = self.beside.last().copied().unwrap_or(0.0);
        for ((next, current), previous) in self.next.iter_mut().zip(&self.current).zip(&self.previous) {
            *next -= alpha * current + beta * previous;
        }
        self.diagonal.push(alpha);
        let length = deflate(&mut self.next, &self.first);
        std::mem::swap(&mut self.previous, &mut self.current);
        std::mem::swap(&mut self.current, &mut self.next);
        length
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Removes the part of `vector` along the unit vector `direction`; returns the length of the rest.
/// Rounding would otherwise let the eigenvalue 1 back in.
fn deflate(vector: &mut [f64], direction: &[f64]) -> f64 {
    let along = dot(vector, direction);
    vector.iter_mut().zip(direction).for_each(|(value, unit)| *value -= along * unit);
    dot(vector, vector).sqrt()
}

/// Largest magnitude of an eigenvalue of a symmetric tridiagonal matrix, by bisection on the number
/// of eigenvalues below a point (Sturm's sequence; Golub and Van Loan, section 8.4).
fn largest_magnitude(diagonal: &[f64], beside: &[f64]) -> f64 {
    let below = |point: f64| {
        let (mut count, mut pivot) = (0, 1.0_f64);
        for (index, &alpha) in diagonal.iter().enumerate() {
            let beta = if index == 0 { 0.0 } else { beside[index - 1] };
            pivot = alpha - point - beta * beta / pivot;
            if pivot == 0.0 {
                pivot = f64::MIN_POSITIVE;
            }
            count += usize::from(pivot < 0.0);
        }
        count
    };
    // Whether an eigenvalue lies outside -radius..radius. S has none above 1.
    let outside = |radius: f64| below(radius) < diagonal.len() || below(-radius) > 0;
    let (mut low, mut high) = (0.0, 1.0 + 1e-9);
    for _ in 0..52 {
        let middle = (low + high) / 2.0;
        if outside(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The coefficient of a full symmetric matrix that sums to 1.
    fn coefficient(matrix: &[&[f64]]) -> f64 {
        let mut entries = Vec::new();
        for (low, row) in matrix.iter().enumerate() {
            for (high, &probability) in row.iter().enumerate().skip(low).filter(|(_, p)| **p > 0.0) {
                entries.push(Entry { low: low as u16, high: high as u16, probability });
            }
        }
        let marginal: Vec<f64> = matrix.iter().map(|row| row.iter().sum()).collect();
        MaximalCorrelation::default().of(&entries, &marginal)
    }

    #[test]
    fn two_levels_have_a_closed_form() {
        // The eigenvalues of S are 1 and its trace - 1 = 0.3/0.5 + 0.3/0.5 - 1.
        assert!((coefficient(&[&[0.3, 0.2], &[0.2, 0.3]]) - 0.2).abs() < 1e-12);
        // Here the second one is negative: -0.2.
        assert!((coefficient(&[&[0.2, 0.3], &[0.3, 0.2]]) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn independent_levels_have_none_and_dependent_ones_have_all() {
        assert!(coefficient(&[&[0.25, 0.25], &[0.25, 0.25]]) < 1e-12);
        assert!((coefficient(&[&[0.5, 0.0], &[0.0, 0.5]]) - 1.0).abs() < 1e-12);
        assert!((coefficient(&[&[0.0, 0.5], &[0.5, 0.0]]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn conventions_of_a_single_level() {
        assert_eq!(coefficient(&[&[1.0]]), 1.0);
        assert_eq!(coefficient(&[&[1.0, 0.0], &[0.0, 0.0]]), 0.0);
    }

    #[test]
    fn nearly_equal_eigenvalues_are_told_apart() {
        // A chain of 400 levels, each beside its neighbours only: S has the eigenvalues
        // cos(pi k / 399), among them -1 as the chain is bipartite.
        let count = 400;
        let step = 0.5 / (count - 1) as f64;
        let entries: Vec<Entry> = (1..count).map(|high| Entry { low: high - 1, high, probability: step }).collect();
        let marginal: Vec<f64> =
            (0..count).map(|level| if level == 0 || level == count - 1 { step } else { 2.0 * step }).collect();
        assert!((MaximalCorrelation::default().of(&entries, &marginal) - 1.0).abs() < 1e-9);
        // With half the weight on the diagonal the eigenvalues become (1 + cos(pi k / 399)) / 2.
        let lazy: Vec<Entry> = entries
            .iter()
            .map(|entry| Entry { probability: entry.probability / 2.0, ..*entry })
            .chain((0..count).map(|level| Entry {
                low: level,
                high: level,
                probability: marginal[usize::from(level)] / 2.0,
            }))
            .collect();
        let expected = (1.0 + (std::f64::consts::PI / 399.0).cos()) / 2.0;
        let found = MaximalCorrelation::default().of(&lazy, &marginal);
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }
}
