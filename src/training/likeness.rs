//! How far a body's features may lie from those of the training set.

use super::design::Design;
use super::linear_system::inverse;
use crate::model::Likeness;

/// Held against features that say nearly the same: added to the diagonal of the correlations.
const RIDGE: f64 = 0.1;
/// The part of the training set that lies nearer than what the limit is a multiple of.
const INNER: f64 = 0.99;
/// How much farther than that a body may lie. Wide: what is far out is most often a severe fracture, which must not
/// be put aside; this is for what is no vertebra or no film.
const TIMES: f64 = 2.5;

/// Of the standard scores [bodies, features] of the training set; `None` without features.
pub fn fit(scores: &Design) -> Option<Likeness> {
    let (n, width) = (scores.samples() as f64, scores.features());
    if width == 0 {
        return None;
    }
    let product = |i: usize, j: usize| scores.column(i).iter().zip(scores.column(j)).map(|(a, b)| a * b).sum::<f64>();
    let entry = |i: usize, j: usize| product(i, j) / n + if i == j { RIDGE } else { 0.0 };
    let covariance: Vec<Vec<f64>> = (0..width).map(|i| (0..width).map(|j| entry(i, j)).collect()).collect();
    let mut likeness = Likeness { precision: inverse(&covariance), at_most: f64::INFINITY };
    let mut distances: Vec<f64> = (0..scores.samples()).map(|i| likeness.distance(&scores.row(i))).collect();
    distances.sort_by(f64::total_cmp);
    likeness.at_most = TIMES * distances[(INNER * (n - 1.0)).round() as usize];
    (likeness.at_most > 0.0).then_some(likeness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_the_pattern_of_the_set_is_far_from_it() {
        let rows: Vec<Vec<f64>> = (0..200).map(|i| f64::from(i - 100) / 58.0).map(|z| vec![z, z]).collect();
        let likeness = fit(&Design::from_rows(&rows)).unwrap();
        let [along, across] = [[2.0, 2.0], [2.0, -2.0]].map(|at| likeness.distance(&at));
        assert!(across > 3.0 * along, "{along} {across}");
        assert!(rows.iter().all(|row| likeness.distance(row) <= likeness.at_most));
        assert!(likeness.distance(&[9.0, -9.0]) > likeness.at_most);
        assert_eq!(fit(&Design::from_rows(&vec![vec![]; 3])), None);
    }
}
