//! One penalty after another, each from where the last one ended.

use super::model::Model;
use crate::classifier::softmax;
use crate::training::design::Design;

/// Rounds of Newton steps, and sweeps inside one: far more than a fit takes.
const ROUNDS: usize = 500;
const SWEEPS: usize = 100;
/// A weight below this is of a sample whose class is certain already.
const LEAST_WEIGHT: f64 = 1e-6;

pub struct Solver<'a> {
    design: &'a Design,
    classes: usize,
    /// The optimality conditions hold to this part of the penalty.
    exact: f64,
    /// 1 where the sample is of the class, else 0; class by class.
    truth: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
    /// Coefficients of each class, a value a feature.
    coefficients: Vec<Vec<f64>>,
    /// Linear predictors, class by class.
    scores: Vec<Vec<f64>>,
}

impl<'a> Solver<'a> {
    /// With the intercepts that fit when no feature does.
    pub fn new(design: &'a Design, labels: &[usize], classes: usize, exact: f64) -> Self {
        let n = design.samples();
        let truth: Vec<Vec<f64>> =
            (0..classes).map(|k| labels.iter().map(|&l| f64::from(u8::from(l == k))).collect()).collect();
        // A class without samples would have an intercept of minus infinity.
        let shares = truth.iter().map(|t| (t.iter().sum::<f64>().max(1e-3) / n as f64).ln());
        let intercepts: Vec<f64> = shares.collect();
        let scores = intercepts.iter().map(|b| vec![*b; n]).collect();
        Self {
            design,
            classes,
            exact,
            truth,
            intercepts,
            coefficients: vec![vec![0.0; design.features()]; classes],
            scores,
        }
    }

    /// Probabilities, class by class.
    fn probabilities(&self) -> Vec<Vec<f64>> {
        let mut result = self.scores.clone();
        let mut row = vec![0.0; self.classes];
        for i in 0..self.design.samples() {
            row.iter_mut().zip(&result).for_each(|(r, class)| *r = class[i]);
            softmax(&mut row);
            row.iter().zip(&mut result).for_each(|(r, class)| class[i] = *r);
        }
        result
    }

    /// What is left to explain, (truth - probability) / samples, class by class.
    fn residuals(&self) -> Vec<Vec<f64>> {
        let n = self.design.samples() as f64;
        let mut residuals = self.probabilities();
        for (residual, truth) in residuals.iter_mut().zip(&self.truth) {
            residual.iter_mut().zip(truth).for_each(|(r, t)| *r = (t - *r) / n);
        }
        residuals
    }

    /// The largest slope of the loss along feature `j`, over the classes.
    pub fn steepest(&self, j: usize) -> f64 {
        steepest(self.design.column(j), &self.residuals())
    }

    /// The model at `penalty`; the solver stands at that of `before`.
    pub fn solve(&mut self, penalty: f64, before: f64) -> Model {
        let residuals = self.residuals();
        let strong = 2.0 * penalty - before;
        let mut active: Vec<bool> = (0..self.design.features())
            .map(|j| self.is_used(j) || steepest(self.design.column(j), &residuals) >= strong)
            .collect();
        loop {
            let listed: Vec<usize> = (0..active.len()).filter(|&j| active[j]).collect();
            self.fit(penalty, &listed);
            let residuals = self.residuals();
            let mut complete = true;
            for (j, active) in active.iter_mut().enumerate().filter(|(_, active)| !**active) {
                if steepest(self.design.column(j), &residuals) > penalty * (1.0 + self.exact) {
                    *active = true;
                    complete = false;
                }
            }
            if complete {
                return self.model(penalty);
            }
        }
    }

    fn is_used(&self, j: usize) -> bool {
        self.coefficients.iter().any(|class| class[j] != 0.0)
    }

    fn model(&self, penalty: f64) -> Model {
        // Only differences between the classes' intercepts matter.
        let mean = self.intercepts.iter().sum::<f64>() / self.classes as f64;
        let used = (0..self.design.features()).filter(|&j| self.is_used(j));
        Model {
            penalty,
            intercepts: self.intercepts.iter().map(|b| b - mean).collect(),
            coefficients: used.map(|j| (j, self.coefficients.iter().map(|class| class[j]).collect())).collect(),
        }
    }

    /// Fits the coefficients of the `active` features.
    fn fit(&mut self, penalty: f64, active: &[usize]) {
        for _ in 0..ROUNDS {
            for class in 0..self.classes {
                self.improve(class, penalty, active);
            }
            if self.is_optimal(penalty, active) {
                return;
            }
        }
    }

    /// Whether no coefficient of `active` features, and no intercept, wants to move.
    fn is_optimal(&self, penalty: f64, active: &[usize]) -> bool {
        let residuals = self.residuals();
        residuals.iter().zip(&self.coefficients).all(|(residual, coefficients)| {
            let still = |&j: &usize| {
                let slope = dot(self.design.column(j), residual);
                let excess = match coefficients[j] {
                    0.0 => slope.abs() - penalty,
                    b => (slope - penalty * b.signum()).abs(),
                };
                excess <= self.exact * penalty
            };
            residual.iter().sum::<f64>().abs() <= self.exact * penalty && active.iter().all(still)
        })
    }

    /// One Newton step of a class, shortened until the objective falls.
    fn improve(&mut self, class: usize, penalty: f64, active: &[usize]) {
        let n = self.design.samples() as f64;
        let p = &self.probabilities()[class];
        let weights: Vec<f64> = p.iter().map(|p| (p * (1.0 - p)).max(LEAST_WEIGHT) / n).collect();
        let residual: Vec<f64> = self.truth[class].iter().zip(p).map(|(t, p)| (t - p) / n).collect();
        let mut step = Quadratic { design: self.design, weights: &weights, residual };
        let (mut intercept, mut moved) = (0.0, vec![0.0; active.len()]);
        let curvature: Vec<f64> = active.iter().map(|&j| step.curvature(j)).collect();
        for sweep in 0..SWEEPS {
            let mut largest = step.centre(&mut intercept);
            for (at, &j) in active.iter().enumerate() {
                // After the first sweep those that rest at 0 are left alone.
                let now = self.coefficients[class][j] + moved[at];
                if sweep > 0 && now == 0.0 && moved[at] == 0.0 {
                    continue;
                }
                largest = largest.max(step.descend(j, curvature[at], now, penalty, &mut moved[at]));
            }
            if largest < self.exact * 1e-2 * penalty {
                break;
            }
        }
        self.walk(class, penalty, active, intercept, &moved);
    }

    /// Goes the step, or the half of it, or the half of that, that does not raise the objective.
    fn walk(&mut self, class: usize, penalty: f64, active: &[usize], intercept: f64, moved: &[f64]) {
        let mut along = vec![intercept; self.design.samples()];
        for (&j, &m) in active.iter().zip(moved).filter(|(_, m)| **m != 0.0) {
            along.iter_mut().zip(self.design.column(j)).for_each(|(a, x)| *a += m * x);
        }
        let size = |solver: &Self| active.iter().map(|&j| solver.coefficients[class][j].abs()).sum::<f64>() * penalty;
        let before = self.loss() + size(self);
        let (from, scores) = (self.coefficients[class].clone(), self.scores[class].clone());
        let mut length = 1.0;
        for _ in 0..30 {
            for (&j, &m) in active.iter().zip(moved) {
                self.coefficients[class][j] = from[j] + length * m;
            }
            self.scores[class].iter_mut().zip(&scores).zip(&along).for_each(|((s, from), a)| *s = from + length * a);
            if self.loss() + size(self) <= before + 1e-14 {
                break;
            }
            length /= 2.0;
        }
        self.intercepts[class] += length * intercept;
    }

    /// Mean of -ln P(right class).
    fn loss(&self) -> f64 {
        let n = self.design.samples();
        let of = |i: usize| {
            let largest = self.scores.iter().map(|class| class[i]).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = self.scores.iter().map(|class| (class[i] - largest).exp()).sum();
            let own: f64 = self.scores.iter().zip(&self.truth).map(|(class, t)| class[i] * t[i]).sum();
            largest + sum.ln() - own
        };
        (0..n).map(of).sum::<f64>() / n as f64
    }
}

/// The loss of one class as a parabola around where it stands.
struct Quadratic<'a> {
    design: &'a Design,
    weights: &'a [f64],
    /// What the step so far leaves to explain.
    residual: Vec<f64>,
}

impl Quadratic<'_> {
    fn curvature(&self, j: usize) -> f64 {
        self.design.column(j).iter().zip(self.weights).map(|(x, w)| w * x * x).sum()
    }

    /// Moves the intercept to its best; how much that took off the slope.
    fn centre(&mut self, intercept: &mut f64) -> f64 {
        let slope: f64 = self.residual.iter().sum();
        let step = slope / self.weights.iter().sum::<f64>();
        *intercept += step;
        self.residual.iter_mut().zip(self.weights).for_each(|(r, w)| *r -= step * w);
        slope.abs()
    }

    /// Moves feature `j`, whose coefficient is `now`, to its best; how much that took off the slope.
    fn descend(&mut self, j: usize, curvature: f64, now: f64, penalty: f64, moved: &mut f64) -> f64 {
        if curvature == 0.0 {
            return 0.0;
        }
        let column = self.design.column(j);
        let wanted = dot(column, &self.residual) + curvature * now;
        // At the largest penalty the two are equal but for rounding.
        let best = wanted.signum() * (wanted.abs() - penalty * (1.0 + 1e-12)).max(0.0) / curvature;
        let step = best - now;
        if step != 0.0 {
            *moved += step;
            self.residual.iter_mut().zip(column).zip(self.weights).for_each(|((r, x), w)| *r -= step * w * x);
        }
        curvature * step.abs()
    }
}

fn steepest(column: &[f64], residuals: &[Vec<f64>]) -> f64 {
    residuals.iter().map(|residual| dot(column, residual).abs()).fold(0.0, f64::max)
}

/// The sum of products, in four parts so that a processor can add them side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (x, y) in a4.iter().zip(b4) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f64>()
}
