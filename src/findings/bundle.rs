//! Which model judged.

use serde::{Deserialize, Serialize};

use super::Triage;

/// Which bundle, exactly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BundleIdentity {
    /// Name, for example `demo`.
    pub name: String,
    /// Version, for example `0.1.0`.
    pub version: String,
    /// SHA-256 (hex) of `bundle.toml`, which itself carries the digest of every other file.
    pub digest: String,
    /// The classes from the least to the most severe, in the order of [`Vertebra::probabilities`].
    pub classes: Vec<ClassName>,
    /// Thresholds that decide what is found, in words for the report; empty in findings of before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<String>,
    /// What makes one result of a study's bodies; `None` of a bundle without operating points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triage: Option<Triage>,
}

/// A class of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassName {
    /// Code, for example `ASTLOF-1`.
    pub code: String,
    /// Name, for example `compression fracture`.
    pub name: String,
}

impl ClassName {
    /// Whether a body of this class, number `index` of its bundle, is fractured: ASTLOF's codes say so, of another
    /// system the first class is the whole one.
    pub fn is_fracture(&self, index: usize) -> bool {
        match self.code.as_str() {
            "ASTLOF-0" => false,
            "ASTLOF-1" | "ASTLOF-2" => true,
            _ => index > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_astlof_say_which_classes_are_fractures_and_of_another_system_all_but_the_first_are() {
        let fractures = |codes: [&str; 3]| {
            [0, 1, 2].map(|i| ClassName { code: codes[i].into(), name: String::new() }.is_fracture(i))
        };
        assert_eq!(fractures(["ASTLOF-1", "ASTLOF-0", "ASTLOF-2"]), [true, false, true]);
        assert_eq!(fractures(["A0", "A1", "A2"]), [false, true, true]);
    }
}
