//! Gradient boosting with XGBoost's gain, by `forust-ml`.

use std::collections::HashSet;

use forust_ml::gradientbooster::{GrowPolicy, MissingNodeTreatment};
use forust_ml::objective::ObjectiveType;
use forust_ml::sampler::SampleMethod;
use forust_ml::{GradientBooster, Matrix};

use super::samples::Samples;
use crate::classifier::{Boosted, Child, Link, Tree};

/// `trees` trees a class of `depth` levels, each class against the rest: `forust-ml` knows no softmax. The rest is as
/// XGBoost has it by default: L2 penalty 1, weight of a child 1 or more, 256 bins.
pub fn fit(
    samples: &Samples,
    (trees, depth, learning_rate): (usize, usize, f64),
    seed: u64,
) -> Result<Boosted, String> {
    let (n, width) = (samples.design.samples(), samples.design.features());
    let columns: Vec<f64> = (0..width).flat_map(|j| samples.design.column(j)).copied().collect();
    let data = Matrix::new(&columns, n, width);
    let mut fitted = Boosted { features: width, link: Link::OneVsRest, intercepts: Vec::new(), trees: Vec::new() };
    for class in 0..samples.classes {
        let truth: Vec<f64> = samples.labels.iter().map(|&label| f64::from(u8::from(label == class))).collect();
        let mut booster = booster(trees, depth, learning_rate as f32, seed).map_err(|e| e.to_string())?;
        booster.fit(&data, &truth, &vec![1.0; n], None).map_err(|e| e.to_string())?;
        fitted.intercepts.push(booster.base_score);
        fitted.trees.push(booster.trees.iter().map(flat).collect());
    }
    Ok(fitted)
}

fn booster(
    trees: usize,
    depth: usize,
    learning_rate: f32,
    seed: u64,
) -> Result<GradientBooster, forust_ml::errors::ForustError> {
    GradientBooster::new(
        ObjectiveType::LogLoss,
        trees,
        learning_rate,
        depth,
        usize::MAX,
        0.0,   // L1 penalty
        1.0,   // L2 penalty
        0.0,   // least gain of a split
        0.0,   // no bound on a leaf
        1.0,   // least weight of a child
        0.0,   // replaced by the class's log odds
        256,   // bins
        false, // parallel: folds and kinds are what runs on threads
        false, // nothing is missing
        None,
        1.0, // all samples,
        0.2,
        0.1,
        1.0, // all features
        seed,
        f64::NAN,
        false,
        SampleMethod::None,
        GrowPolicy::DepthWise,
        None,
        None,
        true, // start at the class's log odds
        HashSet::new(),
        MissingNodeTreatment::AssignToParent,
        0,
        false,
    )
}

fn flat(tree: &forust_ml::tree::Tree) -> Tree {
    let mut result = Tree::default();
    below(tree, 0, &mut result);
    result
}

/// Copies what is below node `number`.
fn below(tree: &forust_ml::tree::Tree, number: usize, into: &mut Tree) -> Child {
    let node = &tree.nodes[number];
    if node.is_leaf {
        return into.leaf(&[f64::from(node.weight_value)]);
    }
    // Theirs go left when below the value, ours up to it.
    let at = into.split(node.split_feature, node.split_value.next_down());
    let (left, right) = (below(tree, node.left_child, into), below(tree, node.right_child, into));
    into.join(at, left, right);
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::Classifier;
    use crate::training::design::Design;

    #[test]
    fn the_flat_trees_say_what_the_booster_says() {
        // Few values, so that many samples lie on a threshold.
        let rows: Vec<Vec<f64>> = (0..60_u16).map(|i| vec![f64::from(i % 7), f64::from(i * 5 % 11) - 5.0]).collect();
        let labels: Vec<usize> = (0..60).map(|i| usize::from(i % 7 + i * 5 % 11 > 8)).collect();
        let design = Design::from_rows(&rows);
        let fitted = fit(&Samples { design: &design, labels: &labels, classes: 2 }, (20, 3, 0.3), 1).unwrap();
        let columns: Vec<f64> = (0..2).flat_map(|j| design.column(j)).copied().collect();
        let data = Matrix::new(&columns, 60, 2);
        let mut theirs = booster(20, 3, 0.3, 1).unwrap();
        let truth: Vec<f64> = labels.iter().map(|&label| label as f64).collect();
        theirs.fit(&data, &truth, &[1.0; 60], None).unwrap();
        let sums = theirs.predict(&data, false);
        // Against the first class alone, whose sum starts at 0 and has no trees, a share is a function of ours.
        let alone = Boosted {
            intercepts: vec![0.0, fitted.intercepts[1]],
            trees: vec![vec![], fitted.trees[1].clone()],
            ..fitted
        };
        let alone = Classifier::GradientBoosting(alone);
        for (row, sum) in rows.iter().zip(sums) {
            let p = 1.0 / (1.0 + (-sum).exp());
            let says = alone.probabilities(row)[1];
            assert!((says - p / (p + 0.5)).abs() < 1e-12, "{row:?}: {says} is {}", p / (p + 0.5));
        }
    }
}
