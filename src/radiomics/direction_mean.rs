//! The mean of features over directions, as GLCM and GLRLM take it.

/// Sums the features of one direction after the other.
#[derive(Debug)]
pub(super) struct DirectionMean<const N: usize> {
    sums: Option<[(&'static str, f64); N]>,
    directions: f64,
}

impl<const N: usize> DirectionMean<N> {
    pub fn new() -> Self {
        Self { sums: None, directions: 0.0 }
    }

    /// Adds a direction; every one has the same names in the same order.
    pub fn add(&mut self, values: [(&'static str, f64); N]) {
        self.directions += 1.0;
        match &mut self.sums {
            None => self.sums = Some(values),
            Some(sums) => sums.iter_mut().zip(values).for_each(|(sum, (_, value))| sum.1 += value),
        }
    }

    /// The mean, `None` when no direction was added.
    pub fn finish(self) -> Option<[(&'static str, f64); N]> {
        self.sums.map(|sums| sums.map(|(name, sum)| (name, sum / self.directions)))
    }
}
