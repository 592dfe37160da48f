//! What `evaluate` says of probabilities when the truth is known.
//!
//! Comes in: labels and probabilities, as they are. Goes out: numbers with their intervals. A figure that
//! the samples do not define (an area with one class only) is `None`, never a number that looks like one.
//! Never: reads a file, draws, or chooses a model.

mod bootstrap;
mod calibration;
mod confusion;
mod decision_curve;
mod delong;
mod multiple;
mod normal;
mod proportion;
mod rank;
mod roc;

pub use bootstrap::{Bootstrap, Resampled};
pub use calibration::{Bin, binary_brier, binary_calibration_error, brier, log_loss, reliability};
pub use confusion::{Confusion, most_probable};
pub use decision_curve::{NetBenefit, net_benefit};
pub use delong::{Areas, Difference, Interval, areas};
pub use multiple::holm;
pub use proportion::wilson;
pub use roc::{Point, area, curve, macro_area, micro_area, youden};

#[cfg(test)]
mod golden;
