//! Gradient boosting with XGBoost's gain, by `forust-ml`.

use std::collections::HashSet;

use forust_ml::gradientbooster::{GrowPolicy, MissingNodeTreatment};
use forust_ml::objective::ObjectiveType;
use forust_ml::sampler::SampleMethod;
use forust_ml::{GradientBooster, Matrix};

use super::Samples;
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
