//! Small systems of linear equations: a calibration has a few unknowns, a fusion model a dozen features.

/// `x` of `a x = b` for a symmetric positive definite `a` of a few rows, by elimination.
pub fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for below in i + 1..n {
            let factor = a[below][i] / a[i][i];
            let (upper, lower) = a.split_at_mut(below);
            lower[0].iter_mut().zip(&upper[i]).skip(i).for_each(|(l, u)| *l -= factor * u);
            b[below] -= factor * b[i];
        }
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - known) / a[i][i];
    }
    b
}

/// The inverse of such an `a`.
pub fn inverse(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    // Of a symmetric matrix a column of the inverse is a row of it.
    let unit = |i: usize| (0..a.len()).map(|j| f64::from(u8::from(i == j))).collect();
    (0..a.len()).map(|i| solved(a.to_vec(), unit(i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_undoes_its_matrix() {
        let a = vec![vec![4.0, 1.0, 0.5], vec![1.0, 3.0, -0.2], vec![0.5, -0.2, 2.0]];
        let b = inverse(&a);
        for (i, row) in a.iter().enumerate() {
            // A row of the inverse is a column of it.
            for (j, column) in b.iter().enumerate() {
                let product: f64 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12, "{i} {j} {product}");
            }
        }
    }
}
