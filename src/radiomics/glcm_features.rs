//! The 24 features of one co-occurrence matrix (Haralick 1973; IBSI 3.6; PyRadiomics names).

use super::discretise::Levels;
use super::glcm::Matrix;
use super::plogp;

/// Names, in the order of [`of_matrix`].
pub(super) const NAMES: [&str; 24] = [
    "Autocorrelation",
    "ClusterProminence",
    "ClusterShade",
    "ClusterTendency",
    "Contrast",
    "Correlation",
    "DifferenceAverage",
    "DifferenceEntropy",
    "DifferenceVariance",
    "Id",
    "Idm",
    "Idmn",
    "Idn",
    "Imc1",
    "Imc2",
    "InverseVariance",
    "JointAverage",
    "JointEnergy",
    "JointEntropy",
    "MCC",
    "MaximumProbability",
    "SumAverage",
    "SumEntropy",
    "SumSquares",
];

/// Values of the features of one direction.
pub(super) fn of_matrix(matrix: &Matrix, levels: &Levels) -> [f64; 24] {
    let level = |index: u16| levels.present[usize::from(index)];
    let highest = levels.highest();
    let mut margin = vec![0.0; levels.present.len()];
    let (mut by_difference, mut by_sum) = (vec![0.0; highest as usize], vec![0.0; 2 * highest as usize + 1]);
    let (mut mean, mut autocorrelation, mut energy, mut entropy, mut maximum) = (0.0, 0.0, 0.0, 0.0, 0.0f64);
    for &(i, j, p) in &matrix.cells {
        let (a, b) = (level(i), level(j));
        margin[usize::from(i)] += p;
        by_difference[(a - b).abs() as usize] += p;
        by_sum[(a + b) as usize] += p;
        mean += a * p;
        autocorrelation += a * b * p;
        energy += p * p;
        entropy -= plogp(p);
        maximum = maximum.max(p);
    }
    let mut cluster = [0.0; 3];
    let (mut covariance, mut variance, mut hxy1) = (0.0, 0.0, 0.0);
    for &(i, j, p) in &matrix.cells {
        let (a, b) = (level(i) - mean, level(j) - mean);
        for (power, sum) in (2..).zip(&mut cluster) {
            *sum += (a + b).powi(power) * p;
        }
        covariance += a * b * p;
        variance += a * a * p;
        hxy1 -= p * (margin[usize::from(i)] * margin[usize::from(j)] + f64::EPSILON).log2();
    }
    let occupied: Vec<f64> = margin.iter().copied().filter(|p| *p > 0.0).collect();
    let hx = -occupied.iter().map(|p| plogp(*p)).sum::<f64>();
    let hxy2 = -occupied.iter().map(|a| occupied.iter().map(|b| plogp(a * b)).sum::<f64>()).sum::<f64>();

    let over = |histogram: &[f64], f: &dyn Fn(f64, f64) -> f64| {
        histogram.iter().enumerate().map(|(k, p)| f(k as f64, *p)).sum::<f64>()
    };
    let difference_average = over(&by_difference, &|k, p| k * p);
    [
        autocorrelation,
        cluster[2],
        cluster[1],
        cluster[0],
        over(&by_difference, &|k, p| k * k * p),
        if variance > 0.0 { covariance / variance } else { 1.0 },
        difference_average,
        -over(&by_difference, &|_, p| plogp(p)),
        over(&by_difference, &|k, p| (k - difference_average).powi(2) * p),
        over(&by_difference, &|k, p| p / (1.0 + k)),
        over(&by_difference, &|k, p| p / (1.0 + k * k)),
        over(&by_difference, &|k, p| p / (1.0 + (k / highest).powi(2))),
        over(&by_difference, &|k, p| p / (1.0 + k / highest)),
        if hx > 0.0 { (entropy - hxy1) / hx } else { 0.0 },
        if hxy2 > entropy { (1.0 - (-2.0 * (hxy2 - entropy)).exp()).sqrt() } else { 0.0 },
        over(&by_difference[1..], &|k, p| p / ((k + 1.0) * (k + 1.0))),
        mean,
        energy,
        entropy,
        maximal_correlation(matrix, &margin),
        maximum,
        over(&by_sum, &|k, p| k * p),
        -over(&by_sum, &|_, p| plogp(p)),
        variance,
    ]
}

/// Maximal Correlation Coefficient: for a symmetric matrix the second largest magnitude of an
/// eigenvalue of `D^-1/2 P D^-1/2`, D the marginal distribution. The largest is 1 with the known
/// eigenvector `sqrt(margin)`, which is kept out while the square of the matrix is iterated. 1 where
/// only one level occurs.
fn maximal_correlation(matrix: &Matrix, margin: &[f64]) -> f64 {
    let root: Vec<f64> = margin.iter().map(|p| p.sqrt()).collect();
    if margin.iter().filter(|p| **p > 0.0).count() < 2 {
        return 1.0;
    }
    let cells: Vec<(usize, usize, f64)> = matrix
        .cells
        .iter()
        .map(|&(i, j, p)| (usize::from(i), usize::from(j), p / (root[usize::from(i)] * root[usize::from(j)])))
        .collect();
    let times = |v: &[f64], out: &mut [f64]| {
        out.fill(0.0);
        for &(i, j, p) in &cells {
            out[i] += p * v[j];
        }
    };
    let without_first = |v: &mut [f64]| {
        let along: f64 = v.iter().zip(&root).map(|(a, b)| a * b).sum();
        v.iter_mut().zip(&root).for_each(|(a, b)| *a -= along * b);
        let length = v.iter().map(|a| a * a).sum::<f64>().sqrt();
        v.iter_mut().for_each(|a| *a /= length.max(f64::MIN_POSITIVE));
        length
    };
    // Any start that is not orthogonal to the wanted vector serves; the golden ratio's multiples
    // have no symmetry in common with a matrix.
    let mut v: Vec<f64> = (0..margin.len())
        .map(|i| if margin[i] > 0.0 { (i as f64 * 0.618_033_988_7).fract() - 0.5 } else { 0.0 })
        .collect();
    let mut half = vec![0.0; v.len()];
    let mut next = v.clone();
    if without_first(&mut v) == 0.0 {
        return 0.0;
    }
    let mut square = 0.0;
    for _ in 0..MOST_ITERATIONS {
        times(&v, &mut half);
        let rayleigh = half.iter().map(|a| a * a).sum::<f64>();
        times(&half, &mut next);
        std::mem::swap(&mut v, &mut next);
        let length = without_first(&mut v);
        let settled = (rayleigh - square).abs() <= 1e-15 * rayleigh;
        square = rayleigh;
        if settled || length < 1e-150 {
            break;
        }
    }
    square.sqrt()
}

/// Far more than any matrix of a radiograph needs; bounds the time on hostile input.
const MOST_ITERATIONS: usize = 20_000;
