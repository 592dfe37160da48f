//! Features in standard deviations from their mean, both of the training set.

use super::design::Design;

/// Mean and scale of each feature, of the samples it was fitted on.
#[derive(Debug, Clone, PartialEq)]
pub struct StandardScores {
    /// Means of the defined values.
    pub mean: Vec<f64>,
    /// Their standard deviations (divided by n).
    pub scale: Vec<f64>,
}

impl StandardScores {
    /// Of all samples of `design`. NaN where no sample has a feature.
    pub fn fit(design: &Design) -> Self {
        let of = |j: usize| {
            let defined = || design.column(j).iter().copied().filter(|v| v.is_finite());
            let n = defined().count() as f64;
            let mean = defined().sum::<f64>() / n;
            (mean, (defined().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
        };
        let (mean, scale) = (0..design.features()).map(of).unzip();
        Self { mean, scale }
    }

    /// The scores of `design`'s features; 0, the mean, where a feature is undefined, as when the router serves.
    pub fn apply(&self, design: &Design) -> Design {
        let score =
            |i: usize, j: usize| Some((design.column(j)[i] - self.mean[j]) / self.scale[j]).filter(|z| z.is_finite());
        let row = |i: usize| (0..design.features()).map(|j| score(i, j).unwrap_or(0.0)).collect();
        Design::from_rows(&(0..design.samples()).map(row).collect::<Vec<Vec<f64>>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_of_the_samples_that_were_fitted() {
        let train = Design::from_rows(&[vec![1.0, 5.0], vec![3.0, 5.0], vec![f64::NAN, 5.0]]);
        let scores = StandardScores::fit(&train);
        assert_eq!((scores.mean.as_slice(), scores.scale.as_slice()), ([2.0, 5.0].as_slice(), [1.0, 0.0].as_slice()));
        let other = scores.apply(&Design::from_rows(&[vec![5.0, 9.0], vec![f64::NAN, f64::NAN]]));
        assert_eq!((other.row(0), other.row(1)), (vec![3.0, 0.0], vec![0.0, 0.0]), "a constant feature says nothing");
    }
}
