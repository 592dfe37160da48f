//! Norms: how a body's heights compare with those of intact bodies of its level.

use serde::Deserialize;

use crate::findings::Morphometry;

/// `[norms]` of the manifest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Norms {
    /// Where the numbers are from, in words.
    pub source: String,
    pub level: Vec<OfLevels>,
    /// Of a body whose level nobody knows: of all levels, with wider limits.
    pub unknown: Heights,
}

/// What intact bodies of some levels have.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfLevels {
    pub names: Vec<String>,
    #[serde(flatten)]
    pub heights: Heights,
}

/// Mean and standard deviation of ratios of heights among intact bodies.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Heights {
    /// Anterior over posterior.
    pub wedge: [f64; 2],
    /// Middle over posterior.
    pub biconcave: [f64; 2],
}

impl Norms {
    /// Writes into `measured` how many standard deviations its ratios are from the mean of its level.
    pub fn compare(&self, measured: &mut Morphometry, level: Option<&str>) {
        let of_level = |level: &str| self.level.iter().find(|of| of.names.iter().any(|name| name == level));
        let norm = level.and_then(of_level).map_or(self.unknown, |of| of.heights);
        let score = |value: f64, [mean, deviation]: [f64; 2]| (value - mean) / deviation;
        measured.wedge_score = Some(score(measured.wedge_ratio, norm.wedge));
        measured.biconcave_score = Some(score(measured.biconcave_ratio, norm.biconcave));
    }

    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let known = self.level.iter().map(|of| (of.names.join(", "), of.heights));
        for (of, Heights { wedge, biconcave }) in known.chain([("unknown".to_owned(), self.unknown)]) {
            for (key, [mean, deviation]) in [("wedge", wedge), ("biconcave", biconcave)] {
                if !(mean.is_finite() && deviation > 0.0 && deviation.is_finite()) {
                    return Err(format!("[norms] {key} of {of} needs a mean and a positive standard deviation"));
                }
            }
        }
        Ok(())
    }
}
