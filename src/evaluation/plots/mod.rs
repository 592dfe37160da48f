//! Pictures of a study, as SVG that stands in its page.
//!
//! Written here and not by a plotting crate: a chart is axes, lines and marks, and this way dashes, fonts, legends
//! below the curves and escaping are as a printed page needs them.

mod axis;
mod calibration;
mod chart;
mod coefficients;
mod colour;
mod cross_validation;
mod decision;
mod operating;
mod path;
mod roc;

pub use calibration::reliability;
pub use coefficients::{Shown, table as coefficients};
pub use colour::{against_white, class as class_colour, heat};
pub use cross_validation::loss;
pub use decision::{of_classes, of_fracture};
pub use operating::operating_points;
pub use path::of_class as path;
pub use roc::curves;
