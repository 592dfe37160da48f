//! What a report shows of LASSO's path.

use super::lasso::{CrossValidation, Model};
use crate::evaluation::{PathFeature, PathRecord};

/// Of the models of a path (one a penalty of `found`), whose features `name` names; `chosen` is the index of the
/// penalty taken.
pub fn path_record(
    models: &[Model],
    found: &CrossValidation,
    chosen: usize,
    name: impl Fn(usize) -> String,
) -> PathRecord {
    let classes = models.first().map_or(0, |m| m.intercepts.len());
    let mut used: Vec<usize> = models.iter().flat_map(|m| m.coefficients.iter().map(|(f, _)| *f)).collect();
    used.sort_unstable();
    used.dedup();
    let along = |feature: usize| -> Vec<Vec<f64>> {
        let of = |m: &Model| m.coefficients.iter().find(|(f, _)| *f == feature).map(|(_, c)| c.clone());
        models.iter().map(|m| of(m).unwrap_or_else(|| vec![0.0; classes])).collect()
    };
    PathRecord {
        penalties: found.penalties.clone(),
        loss: found.loss.clone(),
        standard_error: found.standard_error.clone(),
        best: found.best(),
        chosen,
        features: used.iter().map(|&f| PathFeature { name: name(f), coefficients: along(f) }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_models_is_recorded() {
        let model = |penalty, coefficients| Model { penalty, intercepts: vec![0.0; 2], coefficients };
        let models = [model(0.2, vec![]), model(0.1, vec![(4, vec![0.5, -0.5])])];
        let found = CrossValidation { penalties: vec![0.2, 0.1], loss: vec![0.7, 0.6], standard_error: vec![0.1; 2] };
        let record = path_record(&models, &found, 0, |f| format!("feature {f}"));
        assert_eq!((record.best, record.chosen, record.selected(0), record.selected(1)), (1, 0, 0, 1));
        assert_eq!(record.features[0].name, "feature 4");
        assert_eq!(record.features[0].coefficients, [vec![0.0, 0.0], vec![0.5, -0.5]]);
        assert_eq!(record.check(2), Ok(()));
    }
}
