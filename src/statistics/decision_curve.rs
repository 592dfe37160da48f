//! Decision curves: whether acting on a probability does more good than harm.
//!
//! Source: Vickers AJ, Elkin EB. Decision curve analysis. Med Decis Making 2006;26:565-574.

use serde::{Deserialize, Serialize};

/// At one threshold, per sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NetBenefit {
    /// The probability from which one would act: the odds a person would take of acting in vain.
    pub threshold: f64,
    /// Of acting by the model.
    pub model: f64,
    /// Of acting on everybody. Acting on nobody has 0.
    pub everybody: f64,
}

/// Net benefit at `threshold`, above 0 and below 1: true positives less false ones at the threshold's odds.
pub fn net_benefit(positive: &[bool], probability: &[f64], threshold: f64) -> NetBenefit {
    let n = positive.len() as f64;
    let odds = threshold / (1.0 - threshold);
    let acted = |wanted: bool| {
        positive.iter().zip(probability).filter(|(y, p)| **y == wanted && **p >= threshold).count() as f64 / n
    };
    let prevalence = positive.iter().filter(|&&y| y).count() as f64 / n;
    NetBenefit {
        threshold,
        model: acted(true) - acted(false) * odds,
        everybody: prevalence - (1.0 - prevalence) * odds,
    }
}
