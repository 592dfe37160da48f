//! Sums in several lanes: as fast as the processor's vectors allow and with smaller rounding errors
//! than one running sum; the order is fixed, so the bits are the same everywhere.

use std::array;

const LANES: usize = 4;
/// One number a lane.
pub(super) type Lanes = [f64; LANES];

/// Sum of `term` over `values`.
pub(super) fn sum(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let [sum] = sums(values, |values| [values.map(&term)]);
    sum
}

/// Sums of several terms in one pass over `values`, of which `terms` gets one a lane; what a lane
/// answers is about its own value only.
pub(super) fn sums<const N: usize>(values: &[f64], terms: impl Fn(Lanes) -> [Lanes; N]) -> [f64; N] {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [[0.0; LANES]; N];
    for chunk in chunks {
        let terms = terms(*chunk);
        sums = array::from_fn(|n| array::from_fn(|lane| sums[n][lane] + terms[n][lane]));
    }
    let mut last = [0.0; LANES];
    last[..rest.len()].copy_from_slice(rest);
    let terms = terms(last);
    array::from_fn(|n| terms[n][..rest.len()].iter().fold(total(sums[n]), |sum, term| sum + term))
}

/// The products of two numbers a lane.
#[inline]
pub(super) fn product(a: Lanes, b: Lanes) -> Lanes {
    array::from_fn(|lane| a[lane] * b[lane])
}

/// Scalar product of two vectors of one length.
#[inline]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a_chunks, a_rest), (b_chunks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    total(sums) + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

/// Smallest and largest of finite `values`, of which there is at least one.
pub(super) fn range(values: &[f64]) -> (f64, f64) {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] { value } else { high[lane] };
        }
    }
    let low = low.iter().chain(rest).copied().fold(f64::INFINITY, f64::min);
    let high = high.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}

/// Whether `test` holds for all values. Looks at every one, which is the fastest when it mostly does.
pub(super) fn all(values: &[f64], test: impl Fn(f64) -> bool) -> bool {
    values.iter().fold(true, |all, &value| all & test(value))
}

/// How often each index below `size` occurs. Two counts take turns, as neighbours are often alike and
/// one would wait for the other.
pub(super) fn histogram(indices: impl Iterator<Item = usize>, size: usize) -> Vec<usize> {
    let mut counts = vec![[0_usize; 2]; size];
    for (turn, index) in indices.enumerate() {
        let count = &mut counts[index][turn % 2];
        *count = count.wrapping_add(1);
    }
    counts.into_iter().map(|[even, odd]| even + odd).collect()
}

fn total(sums: [f64; LANES]) -> f64 {
    let [a, b, c, d] = sums;
    (a + b) + (c + d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_counts_once() {
        for count in [1_u32, 7, 8, 9, 100] {
            let values: Vec<f64> = (1..=count).map(f64::from).collect();
            let expected = f64::from(count * (count + 1) / 2);
            assert_eq!(sum(&values, |value| value), expected);
            assert_eq!(dot(&values, &vec![2.0; count as usize]), 2.0 * expected);
            assert_eq!(range(&values), (1.0, f64::from(count)));
        }
    }
}
