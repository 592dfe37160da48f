//! Scores to probabilities.

/// Makes scores probabilities: each its exponential's share of their sum. Finite scores cannot overflow.
pub(crate) fn softmax(scores: &mut [f64]) {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

/// As [`softmax`], of scores that nobody needs any more.
pub(crate) fn probabilities_of(mut scores: Vec<f64>) -> Vec<f64> {
    softmax(&mut scores);
    scores
}
