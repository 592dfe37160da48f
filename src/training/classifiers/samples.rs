//! What a classifier is fitted on.

use crate::training::design::Design;

/// Samples with their classes; each class has a sample or more.
pub(super) struct Samples<'a> {
    /// Standard scores.
    pub design: &'a Design,
    pub labels: &'a [usize],
    pub classes: usize,
}

impl Samples<'_> {
    /// The standard scores, a row a sample.
    pub fn rows(&self) -> Vec<Vec<f64>> {
        (0..self.design.samples()).map(|i| self.design.row(i)).collect()
    }

    /// How many samples a class has.
    pub fn of(&self, class: usize) -> usize {
        self.labels.iter().filter(|&&label| label == class).count()
    }
}
