//! Of features that are nearly copies of each other, one.

use super::design::Design;

/// Indices of the features of which none correlates with an earlier one by `limit` or more, in absolute
/// value; constant ones are left out. `scores` are standard scores (see [`super::standard_scores`]).
pub fn distinct(scores: &Design, limit: f64) -> Vec<usize> {
    let length = |j: usize| scores.column(j).iter().map(|z| z * z).sum::<f64>().sqrt();
    let mut kept: Vec<(usize, f64)> = Vec::new();
    for j in 0..scores.features() {
        let own = length(j);
        let copies = |&(other, of_other): &(usize, f64)| {
            let product: f64 = scores.column(j).iter().zip(scores.column(other)).map(|(a, b)| a * b).sum();
            product.abs() >= limit * own * of_other
        };
        if own > 0.0 && !kept.iter().any(copies) {
            kept.push((j, own));
        }
    }
    kept.into_iter().map(|(j, _)| j).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_copies_stays() {
        let a = [1.0, -1.0, 1.0, -1.0];
        let b = [1.0, 1.0, -1.0, -1.0];
        let rows: Vec<Vec<f64>> = (0..4).map(|i| vec![a[i], 0.0, -a[i], b[i], b[i] + 0.1 * a[i]]).collect();
        assert_eq!(distinct(&Design::from_rows(&rows), 0.95), [0, 3]);
        assert_eq!(distinct(&Design::from_rows(&rows), 0.999), [0, 3, 4]);
    }
}
