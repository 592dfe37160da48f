//! Receiver operating characteristic curves.

/// A point of a curve: what happens when everything with at least this score is called positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The score; infinite at the point where nothing is called positive.
    pub threshold: f64,
    /// Share of the positive samples that are called so.
    pub sensitivity: f64,
    /// Share of the negative samples that are called positive, 1 less the specificity.
    pub false_positive_rate: f64,
}

/// The curve of `score`, from (0, 0) to (1, 1), a point for each different score. Empty with one class only.
pub fn curve(positive: &[bool], score: &[f64]) -> Vec<Point> {
    let all_positive = positive.iter().filter(|&&p| p).count() as f64;
    let all_negative = positive.len() as f64 - all_positive;
    if all_positive == 0.0 || all_negative == 0.0 {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|&a, &b| score[b].total_cmp(&score[a]));
    let mut points = vec![Point { threshold: f64::INFINITY, sensitivity: 0.0, false_positive_rate: 0.0 }];
    let (mut hit, mut wrong) = (0.0, 0.0);
    for (at, &i) in order.iter().enumerate() {
        if positive[i] {
            hit += 1.0
        } else {
            wrong += 1.0
        }
        if order.get(at + 1).is_none_or(|&next| score[next] != score[i]) {
            points.push(Point {
                threshold: score[i],
                sensitivity: hit / all_positive,
                false_positive_rate: wrong / all_negative,
            });
        }
    }
    points
}

/// The point of `curve` with the largest sum of sensitivity and specificity (Youden WJ, Cancer 1950;3:32-35), the one
/// with the highest threshold of several; `None` for an empty curve.
pub fn youden(curve: &[Point]) -> Option<Point> {
    let index = |p: &Point| p.sensitivity - p.false_positive_rate;
    curve.iter().copied().reduce(|best, p| if index(&p) > index(&best) { p } else { best })
}

/// The mean of the one-vs-rest areas of all classes; `None` when a class is missing or alone. This is not the
/// area under an averaged curve.
pub fn macro_area(labels: &[usize], probabilities: &[Vec<f64>]) -> Option<f64> {
    let classes = probabilities.first()?.len();
    let areas: Option<Vec<f64>> = (0..classes)
        .map(|class| {
            let positive: Vec<bool> = labels.iter().map(|&l| l == class).collect();
            let score: Vec<f64> = probabilities.iter().map(|p| p[class]).collect();
            area(&positive, &score)
        })
        .collect();
    areas.map(|areas| areas.iter().sum::<f64>() / classes as f64)
}

/// The area of every probability of every sample against whether it is that of the sample's class.
pub fn micro_area(labels: &[usize], probabilities: &[Vec<f64>]) -> Option<f64> {
    let positive: Vec<bool> =
        labels.iter().zip(probabilities).flat_map(|(&l, p)| (0..p.len()).map(move |c| c == l)).collect();
    area(&positive, &probabilities.concat())
}

/// The area under the curve of `score`; `None` with one class only.
pub fn area(positive: &[bool], score: &[f64]) -> Option<f64> {
    let m = positive.iter().filter(|&&p| p).count() as f64;
    let n = positive.len() as f64 - m;
    let ranks = super::rank::mid_ranks(score);
    let sum: f64 = positive.iter().zip(&ranks).filter(|(p, _)| **p).map(|(_, r)| r).sum();
    (m > 0.0 && n > 0.0).then(|| (sum - m * (m + 1.0) / 2.0) / (m * n))
}
