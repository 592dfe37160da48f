//! Ranks with ties at their middle.

/// Ranks of `values`, the least 1; equal values share the mean of their ranks.
pub fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let tied = order[first..].iter().take_while(|&&i| values[i] == values[order[first]]).count();
        // Ranks first + 1 to first + tied.
        let middle = first as f64 + (tied + 1) as f64 / 2.0;
        for &i in &order[first..first + tied] {
            ranks[i] = middle;
        }
        first += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(mid_ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
        assert_eq!(mid_ranks(&[0.0, -0.0]), [1.5, 1.5], "the two zeros are one value");
        assert!(mid_ranks(&[]).is_empty());
    }
}
