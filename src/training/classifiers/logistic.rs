//! Logistic regression, by `linfa-logistic`.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2};

use super::samples::Samples;
use crate::classifier::Linear;

/// The slope of the objective at which it rests: coefficients are then as exact as one can print them.
const EXACT: f64 = 1e-8;
/// Far more than a fit takes.
const STEPS: u64 = 10_000;

/// Minimises `sum over samples of -ln P(right class) + sum of squared coefficients / (2 c)`; intercepts are free.
pub fn fit(samples: &Samples, c: f64) -> Result<Linear, String> {
    let Samples { design, labels, classes } = samples;
    let (n, width) = (design.samples(), design.features());
    let records = Array2::from_shape_fn((n, width), |(i, j)| design.column(j)[i]);
    let dataset = DatasetBase::new(records, Array1::from(labels.to_vec()));
    // With two classes scikit-learn fits one vector, the difference of ours: its square is twice the two of ours.
    let alpha = if *classes == 2 { 2.0 / c } else { 1.0 / c };
    let model = MultiLogisticRegression::default().alpha(alpha).max_iterations(STEPS).gradient_tolerance(EXACT);
    let fitted = model.fit(&dataset).map_err(|e| e.to_string())?;
    let row = |class: usize| fitted.params().column(class).to_vec();
    // Only differences between the classes' intercepts matter.
    let mean = fitted.intercept().sum() / *classes as f64;
    Ok(Linear {
        intercepts: fitted.intercept().iter().map(|b| b - mean).collect(),
        coefficients: (0..*classes).map(row).collect(),
    })
}
