//! What of a set is drawn rather than told: ROC points, reliability, decision curves.

use serde::{Deserialize, Serialize};

use crate::statistics::{Bin, NetBenefit, Point, net_benefit, reliability};

/// Parts of 0 to 1 that calibration looks at.
pub const CALIBRATION_BINS: usize = 10;

/// Thresholds of a decision curve: each hundredth between 0 and 1.
const THRESHOLDS: std::ops::RangeInclusive<u8> = 1..=99;

/// A point of an ROC curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// The probability from which the class is called; null at the point where it never is.
    pub threshold: Option<f64>,
    /// Share of the bodies of the class that are called.
    pub sensitivity: f64,
    /// Share of the others that are called, 1 less the specificity.
    pub false_positive_rate: f64,
}

impl From<Point> for RocPoint {
    fn from(point: Point) -> Self {
        Self {
            threshold: Some(point.threshold).filter(|t| t.is_finite()),
            sensitivity: point.sensitivity,
            false_positive_rate: point.false_positive_rate,
        }
    }
}

/// Whether probabilities mean what they say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Expected calibration error over [`CALIBRATION_BINS`] equal bins: mean distance of said and happened, 0 to 1.
    pub expected_error: f64,
    /// The bins, from 0 up.
    pub bins: Vec<Bin>,
}

impl Calibration {
    pub(super) fn of(happened: &[bool], said: &[f64]) -> Self {
        let (bins, expected_error) = reliability(happened, said, CALIBRATION_BINS);
        Self { expected_error, bins }
    }
}

/// Net benefit over thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionCurve {
    /// What one would act on.
    pub of: String,
    /// Share of bodies that it is true for: the net benefit of perfect knowledge.
    pub prevalence: f64,
    /// Net benefit per body at each threshold.
    pub points: Vec<NetBenefit>,
}

impl DecisionCurve {
    pub(super) fn of(of: String, positive: &[bool], probability: &[f64]) -> Self {
        let points = THRESHOLDS.map(|t| net_benefit(positive, probability, f64::from(t) / 100.0));
        Self {
            of,
            prevalence: positive.iter().filter(|&&p| p).count() as f64 / positive.len() as f64,
            points: points.collect(),
        }
    }
}
