//! Who was taken for what.

/// Counts [true class][called class].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion(pub Vec<Vec<usize>>);

/// The class of the largest probability, the first of several: what the router reports.
pub fn most_probable(probabilities: &[f64]) -> usize {
    let mut best = 0;
    for (class, p) in probabilities.iter().enumerate() {
        if *p > probabilities[best] {
            best = class;
        }
    }
    best
}

impl Confusion {
    /// Of samples of `classes` classes.
    pub fn of(labels: &[usize], probabilities: &[Vec<f64>], classes: usize) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (&label, p) in labels.iter().zip(probabilities) {
            counts[label][most_probable(p)] += 1;
        }
        Self(counts)
    }

    fn all(&self) -> usize {
        self.0.iter().flatten().sum()
    }

    fn called(&self, class: usize) -> usize {
        self.0.iter().map(|row| row[class]).sum()
    }

    /// Share of samples called what they are; `None` without samples.
    pub fn accuracy(&self) -> Option<f64> {
        share((0..self.0.len()).map(|c| self.0[c][c]).sum(), self.all())
    }

    /// Share of the samples of `class` that are called so.
    pub fn sensitivity(&self, class: usize) -> Option<f64> {
        share(self.0[class][class], self.0[class].iter().sum())
    }

    /// Share of the other samples that are not called `class`.
    pub fn specificity(&self, class: usize) -> Option<f64> {
        let others = self.all() - self.0[class].iter().sum::<usize>();
        share(others - (self.called(class) - self.0[class][class]), others)
    }

    /// Share of what is called `class` that is.
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.0[class][class], self.called(class))
    }

    /// Share of samples that one-vs-rest thresholding by the largest probability puts on the right side of `class`.
    pub fn one_vs_rest_accuracy(&self, class: usize) -> Option<f64> {
        let wrong = self.0[class].iter().sum::<usize>() + self.called(class) - 2 * self.0[class][class];
        share(self.all() - wrong, self.all())
    }

    /// Cohen's kappa: agreement beyond chance; `None` when chance alone agrees always.
    pub fn kappa(&self) -> Option<f64> {
        let all = self.all() as f64;
        let chance: f64 =
            (0..self.0.len()).map(|c| self.0[c].iter().sum::<usize>() as f64 * self.called(c) as f64).sum::<f64>()
                / (all * all);
        self.accuracy().filter(|_| chance < 1.0).map(|agreed| (agreed - chance) / (1.0 - chance))
    }
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
