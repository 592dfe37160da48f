//! Gradient boosting as LightGBM does it: leaf by leaf, on binned features.
//!
//! Ke G et al. LightGBM: a highly efficient gradient boosting decision tree. NIPS 2017:3146-3154; the objective, the
//! gain and what is not in [`Rule`] are those of LightGBM's `multiclass` with its defaults, and its trees are those of
//! LightGBM (`tests/data/classifiers/boosting.json`) but for its bin of zeros and its estimate of how many samples a
//! leaf holds. Ours and no crate's: `lightgbm3` compiles LightGBM, which wants CMake 3.28 and libclang (Debian 12 has
//! neither); `forust-ml` grows the leaf with the largest loss and not the one with the largest gain, has no softmax
//! and no least number of samples.

use super::samples::Samples;
use crate::classifier::{Boosted, Child, Link, Tree, probabilities_of};

/// Bins of a feature at most; LightGBM's `max_bin`.
const BINS: usize = 255;
/// Samples of a bin at least; LightGBM's `min_data_in_bin`.
const LEAST_BIN: usize = 3;
/// LightGBM's `min_sum_hessian_in_leaf`.
const LEAST_HESSIAN: f64 = 1e-3;

/// How trees grow.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Rounds, of one tree a class.
    pub trees: usize,
    /// Leaves of a tree at most.
    pub leaves: usize,
    /// Part of a tree's answer that is taken.
    pub learning_rate: f64,
    /// Samples of a leaf at least.
    pub least_leaf: usize,
}

/// Boosts the softmax of a sum of trees for each class; nothing in it is left to chance.
pub fn fit(samples: &Samples, rule: &Rule) -> Boosted {
    let (n, classes) = (samples.labels.len(), samples.classes);
    let features: Vec<Binned> = (0..samples.design.features()).map(|j| Binned::new(samples.design.column(j))).collect();
    let intercepts: Vec<f64> = (0..classes).map(|k| (samples.of(k) as f64 / n as f64).ln()).collect();
    let mut trees = vec![Vec::new(); classes];
    let mut scores = vec![intercepts.clone(); n];
    for _ in 0..rule.trees {
        let probabilities: Vec<Vec<f64>> = scores.iter().cloned().map(probabilities_of).collect();
        let mut any_split = false;
        for (class, trees) in trees.iter_mut().enumerate() {
            let slope = |i: usize| probabilities[i][class] - f64::from(u8::from(samples.labels[i] == class));
            // LightGBM's factor, with which a step is as long for softmax as for the logistic function.
            let factor = classes as f64 / (classes as f64 - 1.0);
            let bend = |i: usize| factor * probabilities[i][class] * (1.0 - probabilities[i][class]);
            let slopes: Vec<(f64, f64)> = (0..n).map(|i| (slope(i), bend(i))).collect();
            let grown = Growing { features: &features, slopes: &slopes, rule }.grow();
            any_split |= grown.len() > 1;
            for node in grown.iter().filter(|node| node.split.is_none()) {
                node.rows.iter().for_each(|&i| scores[i][class] += node.answer(rule));
            }
            trees.push(flat(&grown, &features, rule));
        }
        if !any_split {
            break;
        }
    }
    Boosted { features: features.len(), link: Link::Softmax, intercepts, trees }
}

/// A feature in bins.
struct Binned {
    /// The bin of each sample.
    bin: Vec<usize>,
    /// The largest value of each bin but the last, or rather what is half-way to the next.
    upper: Vec<f64>,
}

impl Binned {
    /// Bins of about as many samples each; equal values share one.
    fn new(column: &[f64]) -> Self {
        let mut sorted = column.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let wanted = sorted.len().div_ceil(BINS).max(LEAST_BIN);
        let mut upper = Vec::new();
        let mut held = 0;
        for pair in sorted.windows(2) {
            held += 1;
            let middle = pair[0] + (pair[1] - pair[0]) / 2.0;
            if held >= wanted && pair[0] <= middle && middle < pair[1] {
                upper.push(middle);
                held = 0;
            }
        }
        let bin = column.iter().map(|v| upper.partition_point(|u| u < v)).collect();
        Self { bin, upper }
    }
}

/// A leaf, or what was one.
struct Node {
    rows: Vec<usize>,
    slope: f64,
    bend: f64,
    /// The best way to split it, while it is a leaf.
    best: Option<Split>,
    /// How it was split, and the numbers of its children.
    split: Option<(Split, usize, usize)>,
}

#[derive(Debug, Clone, Copy)]
struct Split {
    feature: usize,
    /// The last bin that goes left.
    bin: usize,
    gain: f64,
}

impl Node {
    /// What is added to the scores of its samples.
    fn answer(&self, rule: &Rule) -> f64 {
        -rule.learning_rate * self.slope / self.bend.max(LEAST_HESSIAN)
    }
}

struct Growing<'a> {
    features: &'a [Binned],
    /// First and second derivative of the loss of each sample.
    slopes: &'a [(f64, f64)],
    rule: &'a Rule,
}

impl Growing<'_> {
    /// Splits the leaf that gains most until there are enough, or none gains. A tree that does not split says nothing.
    fn grow(&self) -> Vec<Node> {
        let mut nodes = vec![self.node((0..self.slopes.len()).collect())];
        for _ in 1..self.rule.leaves {
            let gain = |node: &Node| node.best.map_or(0.0, |split| split.gain);
            // Of equal ones the first.
            let chosen = (0..nodes.len()).rev().max_by(|&a, &b| gain(&nodes[a]).total_cmp(&gain(&nodes[b])));
            let Some((parent, split)) = chosen.and_then(|at| Some((at, nodes[at].best.take()?))) else { break };
            let bins = &self.features[split.feature].bin;
            let rows = std::mem::take(&mut nodes[parent].rows);
            let (left, right) = rows.into_iter().partition(|&i| bins[i] <= split.bin);
            nodes[parent].split = Some((split, nodes.len(), nodes.len() + 1));
            nodes.push(self.node(left));
            nodes.push(self.node(right));
        }
        if nodes.len() == 1 {
            nodes[0].slope = 0.0;
        }
        nodes
    }

    fn node(&self, rows: Vec<usize>) -> Node {
        let slope = rows.iter().map(|&i| self.slopes[i].0).sum();
        let bend = rows.iter().map(|&i| self.slopes[i].1).sum();
        let mut node = Node { rows, slope, bend, best: None, split: None };
        if node.rows.len() >= 2 * self.rule.least_leaf {
            node.best = self.best(&node);
        }
        node
    }

    fn best(&self, node: &Node) -> Option<Split> {
        let mut best: Option<Split> = None;
        let before = node.slope * node.slope / node.bend;
        for (feature, binned) in self.features.iter().enumerate() {
            let mut bins = vec![(0.0, 0.0, 0); binned.upper.len() + 1];
            for &i in &node.rows {
                let (slope, bend) = self.slopes[i];
                let held = &mut bins[binned.bin[i]];
                *held = (held.0 + slope, held.1 + bend, held.2 + 1);
            }
            let (mut slope, mut bend, mut count) = (0.0, 0.0, 0_usize);
            // From the right, as LightGBM does: of thresholds that part the samples alike the largest is taken.
            for bin in (0..binned.upper.len()).rev() {
                let held = bins[bin + 1];
                (slope, bend, count) = (slope + held.0, bend + held.1, count + held.2);
                let (other_slope, other_bend) = (node.slope - slope, node.bend - bend);
                let fewest = count.min(node.rows.len() - count);
                if fewest < self.rule.least_leaf.max(1) || bend.min(other_bend) < LEAST_HESSIAN {
                    continue;
                }
                let gain = slope * slope / bend + other_slope * other_slope / other_bend - before;
                if gain > best.map_or(0.0, |b| b.gain) {
                    best = Some(Split { feature, bin, gain });
                }
            }
        }
        best
    }
}

fn flat(nodes: &[Node], features: &[Binned], rule: &Rule) -> Tree {
    let mut tree = Tree::default();
    below(nodes, 0, features, rule, &mut tree);
    tree
}

/// Copies what is below node `number`.
fn below(nodes: &[Node], number: usize, features: &[Binned], rule: &Rule, into: &mut Tree) -> Child {
    let Some((split, left, right)) = nodes[number].split else {
        return into.leaf(&[nodes[number].answer(rule)]);
    };
    let at = into.split(split.feature, features[split.feature].upper[split.bin]);
    let (left, right) = (below(nodes, left, features, rule, into), below(nodes, right, features, rule, into));
    into.join(at, left, right);
    at
}
