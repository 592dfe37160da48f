//! What operating points are to reach, for `train` and `evaluate`.

use clap::Args;

use crate::training::triage::Targets;

/// Targets of the two operating points.
#[derive(Debug, Clone, Args)]
pub struct Reach {
    /// Part of the studies with a fracture that the sensitive operating point calls
    #[arg(long, value_name = "PART", default_value_t = Targets::default().sensitivity, value_parser = part)]
    sensitivity: f64,
    /// Part of the studies without one that the specific operating point does not call
    #[arg(long, value_name = "PART", default_value_t = Targets::default().specificity, value_parser = part)]
    specificity: f64,
    /// Part of the whole bodies that the sensitive operating point does not call
    #[arg(long, value_name = "PART", default_value_t = Targets::default().bodies[0], value_parser = part)]
    sensitive_body_specificity: f64,
    /// Part of the whole bodies that the specific operating point does not call
    #[arg(long, value_name = "PART", default_value_t = Targets::default().bodies[1], value_parser = part)]
    specific_body_specificity: f64,
}

impl Reach {
    /// The same as values.
    pub fn targets(&self) -> Targets {
        let Self { sensitivity, specificity, .. } = *self;
        let bodies = [self.sensitive_body_specificity, self.specific_body_specificity];
        Targets { sensitivity, specificity, bodies }
    }
}

fn part(text: &str) -> Result<f64, String> {
    let part = text.parse().ok().filter(|part: &f64| *part > 0.0 && *part <= 1.0);
    part.ok_or_else(|| "a part of 1 is needed, such as 0.95".to_owned())
}
