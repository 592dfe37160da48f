//! Which model judged.

use serde::{Deserialize, Serialize};

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
}

/// A class of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassName {
    /// Code, for example `ASTLOF-1`.
    pub code: String,
    /// Name, for example `compression fracture`.
    pub name: String,
}
