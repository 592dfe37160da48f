//! The maximal correlation coefficient of a co-occurrence matrix.
//!
//! PyRadiomics takes the square root of the second largest eigenvalue of
//! `Q(i,j) = sum_k p(i,k) p(j,k) / (px(i) py(k))`. Q is similar to S S' with
//! `S = Dx^-1/2 P Dy^-1/2`, D the marginals on the diagonal: the coefficient is the second largest
//! singular value of S, for a symmetric p its second largest eigenvalue by magnitude. The largest is
//! 1, its vector the square roots of px: it is projected out, and the Lanczos recurrence finds the
//! largest magnitude of what is left. Where plain power iteration needs thousands of steps (the
//! second and third eigenvalue nearly equal), Lanczos needs tens.

use super::glcm::Entry;
use super::lanes;

/// Up to this many levels S is kept as a full square, which multiplies faster than a list.
const DENSE_LEVELS_AT_MOST: usize = 128;
/// Lanczos steps between two looks at the result.
const STEPS_A_LOOK: usize = 10;
/// Two looks that agree to this end the search; it is far below the 1e-6 the features promise.
const TOLERANCE: f64 = 1e-11;
/// Steps after which the result is taken as it is, for matrices of tens of thousands of levels.
const STEPS_AT_MOST: usize = 600;

/// Computes the coefficient; keeps its memory from direction to direction.
#[derive(Debug, Default)]
pub(super) struct MaximalCorrelation {
    matrix: Scaled,
    /// Singular vector of the singular value 1.
    first: Vec<f64>,
    previous: Vec<f64>,
    current: Vec<f64>,
    next: Vec<f64>,
    /// The tridiagonal matrix that stands for S, or for S S'.
    diagonal: Vec<f64>,
    beside: Vec<f64>,
}

impl MaximalCorrelation {
    /// The coefficient, 0 to 1, from the entries and the marginals px and py, one a level. A region
    /// of a single level has 1 by PyRadiomics' convention; several levels of which a direction pairs
    /// only one have 0.
    pub fn of(&mut self, entries: &[Entry], px: &[f64], py: &[f64]) -> f64 {
        if px.len() < 2 {
            return 1.0;
        }
        self.prepare(entries, px, py);
        let largest = self.largest_beside_the_first(px.len());
        if self.matrix.symmetric { largest } else { largest.sqrt() }.min(1.0)
    }

    fn prepare(&mut self, entries: &[Entry], px: &[f64], py: &[f64]) {
        self.matrix.fill(entries, px, py);
        self.first.clear();
        self.first.extend(px.iter().map(|p| p.sqrt()));
        self.diagonal.clear();
        self.beside.clear();
        self.previous.clear();
        self.previous.resize(px.len(), 0.0);
        // Any start works that no symmetry of the matrix can be orthogonal to: fractional parts of
        // multiples of the golden ratio. Levels without a pair in this direction stay 0.
        self.current.clear();
        let fraction = |index: usize| (index as f64 * 0.618_033_988_749_894_9).fract() - 0.45;
        self.current.extend(px.iter().enumerate().map(|(index, &p)| if p > 0.0 { fraction(index + 1) } else { 0.0 }));
    }

    /// The largest magnitude of an eigenvalue once the first vector is projected out.
    fn largest_beside_the_first(&mut self, levels: usize) -> f64 {
        let mut length = deflate(&mut self.current, &self.first);
        let mut found = None;
        for step in 1..=STEPS_AT_MOST.min(4 * levels + STEPS_A_LOOK) {
            if length < TOLERANCE {
                break; // the vectors so far span all that S can reach: the recurrence is complete
            }
            self.current.iter_mut().for_each(|value| *value /= length);
            if step > 1 {
                self.beside.push(length);
            }
            length = self.advance();
            if step % STEPS_A_LOOK == 0 {
                let tridiagonal = Tridiagonal { diagonal: &self.diagonal, beside: &self.beside };
                // The estimate only grows from look to look.
                match found {
                    Some(before) if !tridiagonal.reaches_beyond(before + TOLERANCE) => return before,
                    _ => found = Some(tridiagonal.largest_magnitude(found.unwrap_or(0.0))),
                }
            }
        }
        Tridiagonal { diagonal: &self.diagonal, beside: &self.beside }.largest_magnitude(found.unwrap_or(0.0))
    }

    /// One step of the recurrence: appends a row to the tridiagonal matrix and puts the next vector
    /// into `current`; returns its length.
    fn advance(&mut self) -> f64 {
        self.matrix.multiply(&self.current, &mut self.next);
        let alpha = lanes::dot(&self.next, &self.current);
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

/// The matrix S.
#[derive(Debug, Default)]
struct Scaled {
    symmetric: bool,
    /// Levels when S is a full square, row by row in `values`; 0 when `values` goes with `places`.
    side: usize,
    values: Vec<f64>,
    /// Row and column of each value.
    places: Vec<(u16, u16)>,
    /// S' v on the way to S S' v.
    between: Vec<f64>,
}

impl Scaled {
    fn fill(&mut self, entries: &[Entry], px: &[f64], py: &[f64]) {
        // Only a symmetric matrix has mirrored entries; one of single levels is symmetric as well.
        self.symmetric = entries.iter().all(|entry| entry.multiplicity == 2.0 || entry.i == entry.j);
        self.side = if px.len() <= DENSE_LEVELS_AT_MOST { px.len() } else { 0 };
        self.values.clear();
        self.values.resize(self.side * self.side, 0.0);
        self.places.clear();
        let inverse_roots = |marginal: &[f64]| marginal.iter().map(|p| 1.0 / p.sqrt()).collect::<Vec<f64>>();
        let (of_rows, of_columns) = (inverse_roots(px), inverse_roots(py));
        for entry in entries {
            let (i, j) = (usize::from(entry.i), usize::from(entry.j));
            let value = entry.probability * of_rows[i] * of_columns[j];
            if self.side > 0 {
                self.values[i * self.side + j] = value;
                if entry.multiplicity == 2.0 {
                    self.values[j * self.side + i] = value;
                }
            } else {
                self.values.push(value);
                self.places.push((entry.i, entry.j));
                if entry.multiplicity == 2.0 {
                    self.values.push(value);
                    self.places.push((entry.j, entry.i));
                }
            }
        }
    }

    /// S v when S is symmetric, else S S' v, into `product`.
    fn multiply(&mut self, vector: &[f64], product: &mut Vec<f64>) {
        product.clear();
        product.resize(vector.len(), 0.0);
        let mut between = std::mem::take(&mut self.between);
        if self.symmetric {
            self.apply(vector, product);
        } else {
            between.clear();
            between.resize(vector.len(), 0.0);
            self.apply_transposed(vector, &mut between);
            self.apply(&between, product);
        }
        self.between = between;
    }

    /// Adds S v to `product`.
    fn apply(&self, vector: &[f64], product: &mut [f64]) {
        if self.side == 0 {
            for (&value, &(i, j)) in self.values.iter().zip(&self.places) {
                product[usize::from(i)] += value * vector[usize::from(j)];
            }
        } else if self.symmetric {
            add_rows(product, vector, &self.values);
        } else {
            for (sum, row) in product.iter_mut().zip(self.values.chunks_exact(self.side)) {
                *sum += lanes::dot(row, vector);
            }
        }
    }

    /// Adds S' v to `product`.
    fn apply_transposed(&self, vector: &[f64], product: &mut [f64]) {
        if self.side == 0 {
            for (&value, &(i, j)) in self.values.iter().zip(&self.places) {
                product[usize::from(j)] += value * vector[usize::from(i)];
            }
        } else {
            add_rows(product, vector, &self.values);
        }
    }
}

/// Adds each row of a square to `sums`, times its factor; four rows at a time, so that sums are
/// fetched and stored less often.
fn add_rows(sums: &mut [f64], factors: &[f64], square: &[f64]) {
    let side = sums.len();
    let mut rows = square.chunks_exact(side);
    let (fours, rest) = factors.as_chunks::<4>();
    for [a, b, c, d] in fours {
        let four = [rows.next(), rows.next(), rows.next(), rows.next()].map(Option::unwrap_or_default);
        let [of_a, of_b, of_c, of_d] = four.map(|row| row.iter());
        for ((((sum, w), x), y), z) in sums.iter_mut().zip(of_a).zip(of_b).zip(of_c).zip(of_d) {
            *sum += (a * w + b * x) + (c * y + d * z);
        }
    }
    for (factor, row) in rest.iter().zip(rows) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
    }
}

/// Removes the part of `vector` along the unit vector `direction`; returns the length of the rest.
/// Rounding would otherwise let the eigenvalue 1 back in.
fn deflate(vector: &mut [f64], direction: &[f64]) -> f64 {
    let along = lanes::dot(vector, direction);
    vector.iter_mut().zip(direction).for_each(|(value, unit)| *value -= along * unit);
    lanes::dot(vector, vector).sqrt()
}

/// A symmetric tridiagonal matrix.
struct Tridiagonal<'a> {
    diagonal: &'a [f64],
    beside: &'a [f64],
}

impl Tridiagonal<'_> {
    /// Whether an eigenvalue lies outside -radius..radius, by Sturm's sequences (Golub and Van Loan,
    /// section 8.4): the signs of the pivots count the eigenvalues below a point.
    fn reaches_beyond(&self, radius: f64) -> bool {
        let (mut above, mut below) = (1.0_f64, 1.0_f64);
        let mut beta_squared = 0.0;
        for (index, &alpha) in self.diagonal.iter().enumerate() {
            above = alpha - radius - beta_squared / above;
            below = alpha + radius - beta_squared / below;
            // All of `above` negative: every eigenvalue is below radius; none of `below`: above -radius.
            if above >= 0.0 || below <= 0.0 {
                return true;
            }
            beta_squared = self.beside.get(index).map_or(0.0, |beta| beta * beta);
        }
        false
    }

    /// Largest magnitude of an eigenvalue, which is known to lie from `at_least` to 1; S has none above.
    fn largest_magnitude(&self, at_least: f64) -> f64 {
        const PRECISION: f64 = TOLERANCE / 32.0;
        // Laguerre's steps are few; that they ended at the right place is what Sturm's sequences tell.
        let is_largest = |guess: f64| self.reaches_beyond(guess - PRECISION) && !self.reaches_beyond(guess + PRECISION);
        if let Some(guess) = [1.0, -1.0].into_iter().map(|sign| self.descend(sign)).find(|&guess| is_largest(guess)) {
            return guess;
        }
        let (mut low, mut high) = (at_least, 1.0 + 1e-9);
        while high - low > PRECISION {
            let middle = (low + high) / 2.0;
            if self.reaches_beyond(middle) { low = middle } else { high = middle }
        }
        low
    }

    /// The largest eigenvalue of this matrix times `sign`, by Laguerre's method from above (Wilkinson,
    /// The Algebraic Eigenvalue Problem, chapter 7): p'/p and its derivative come with the pivots.
    fn descend(&self, sign: f64) -> f64 {
        const STEPS_AT_MOST: usize = 16;
        // The error after a step goes with its third power.
        const LAST_STEP: f64 = 1e-6;
        let size = self.diagonal.len() as f64;
        let mut point = 1.0 + 1e-9;
        for _ in 0..STEPS_AT_MOST {
            let (mut first, mut second) = (0.0, 0.0); // sums of 1/(x - λ) and of 1/(x - λ)²
            let (mut slope, mut bend, mut inverse) = (0.0, 0.0, 0.0); // of the pivot before: d', d'', 1/d
            let mut beta_squared = 0.0;
            for (index, &alpha) in self.diagonal.iter().enumerate() {
                let share = beta_squared * inverse * inverse;
                let pivot = point - sign * alpha - beta_squared * inverse;
                (slope, bend) = (1.0 + share * slope, share * (bend - 2.0 * slope * slope * inverse));
                inverse = 1.0 / pivot;
                let relative = slope * inverse;
                first += relative;
                second += relative * relative - bend * inverse;
                beta_squared = self.beside.get(index).map_or(0.0, |beta| beta * beta);
            }
            let root = ((size - 1.0) * (size * second - first * first)).max(0.0).sqrt();
            let step = size / (first + root);
            if !step.is_finite() {
                break;
            }
            point -= step;
            if step < LAST_STEP {
                break;
            }
        }
        point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The coefficient of a full symmetric matrix that sums to 1.
    fn coefficient(matrix: &[&[f64]]) -> f64 {
        let mut entries = Vec::new();
        for (low, row) in matrix.iter().enumerate() {
            for (high, &probability) in row.iter().enumerate().skip(low).filter(|(_, p)| **p > 0.0) {
                let multiplicity = if low == high { 1.0 } else { 2.0 };
                entries.push(Entry { i: low as u16, j: high as u16, probability, multiplicity });
            }
        }
        let marginal: Vec<f64> = matrix.iter().map(|row| row.iter().sum()).collect();
        MaximalCorrelation::default().of(&entries, &marginal, &marginal)
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
        let entries: Vec<Entry> =
            (1..count).map(|high| Entry { i: high - 1, j: high, probability: step, multiplicity: 2.0 }).collect();
        let marginal: Vec<f64> =
            (0..count).map(|level| if level == 0 || level == count - 1 { step } else { 2.0 * step }).collect();
        assert!((MaximalCorrelation::default().of(&entries, &marginal, &marginal) - 1.0).abs() < 1e-9);
        // With half the weight on the diagonal the eigenvalues become (1 + cos(pi k / 399)) / 2.
        let lazy: Vec<Entry> = entries
            .iter()
            .map(|entry| Entry { probability: entry.probability / 2.0, ..*entry })
            .chain((0..count).map(|level| Entry {
                i: level,
                j: level,
                probability: marginal[usize::from(level)] / 2.0,
                multiplicity: 1.0,
            }))
            .collect();
        let expected = (1.0 + (std::f64::consts::PI / 399.0).cos()) / 2.0;
        let found = MaximalCorrelation::default().of(&lazy, &marginal, &marginal);
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    #[test]
    fn an_asymmetric_matrix_has_the_singular_value() {
        // S = [[0.4, 0.1], [0.2, 0.3]] / sqrt(px py) with px = (0.5, 0.5), py = (0.6, 0.4): its
        // singular values are 1 and |det S| = 0.1 / sqrt(0.5 * 0.5 * 0.6 * 0.4).
        let cell = |i, j, probability| Entry { i, j, probability, multiplicity: 1.0 };
        let entries = [cell(0, 0, 0.4), cell(0, 1, 0.1), cell(1, 0, 0.2), cell(1, 1, 0.3)];
        let found = MaximalCorrelation::default().of(&entries, &[0.5, 0.5], &[0.6, 0.4]);
        assert!((found - 0.1 / 0.06_f64.sqrt()).abs() < 1e-12, "{found}");
    }
}
