//! Samples in rows, features in columns, as the solvers want them.

/// A table [samples, features], a feature's values beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    samples: usize,
    values: Vec<f64>,
}

impl Design {
    /// From rows of one length.
    ///
    /// # Panics
    /// When a row has another length than the first: the caller has checked its file.
    pub fn from_rows(rows: &[Vec<f64>]) -> Self {
        let features = rows.first().map_or(0, Vec::len);
        assert!(rows.iter().all(|row| row.len() == features), "every row has {features} values");
        let values = (0..features).flat_map(|j| rows.iter().map(move |row| row[j])).collect();
        Self { samples: rows.len(), values }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.values.len().checked_div(self.samples).unwrap_or(0)
    }

    /// The values of feature `j`.
    pub fn column(&self, j: usize) -> &[f64] {
        &self.values[j * self.samples..(j + 1) * self.samples]
    }

    /// Only these samples, in this order.
    pub fn rows(&self, samples: &[usize]) -> Self {
        let values = (0..self.features()).flat_map(|j| samples.iter().map(move |&i| self.column(j)[i])).collect();
        Self { samples: samples.len(), values }
    }

    /// Only these features, in this order.
    pub fn columns(&self, features: &[usize]) -> Self {
        Self { samples: self.samples, values: features.iter().flat_map(|&j| self.column(j)).copied().collect() }
    }

    /// The values of sample `i`.
    pub fn row(&self, i: usize) -> Vec<f64> {
        (0..self.features()).map(|j| self.column(j)[i]).collect()
    }
}
