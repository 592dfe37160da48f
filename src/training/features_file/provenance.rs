//! Whose features a file holds.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What features are of. Equal provenance: equal features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The program's name and version.
    pub program: String,
    /// Name of the bundle that computed them.
    pub bundle: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of what decides its features, in hexadecimal.
    pub features_digest: String,
    /// SHA-256 of the cases, in hexadecimal.
    pub cases_digest: String,
    /// Whose boxes: `given` or `detected`.
    pub boxes: String,
}

impl Provenance {
    /// What a JSON file says; `None` when it says nothing of the kind.
    pub(super) fn read(file: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(file).ok()?).ok()
    }
}

#[cfg(test)]
impl Provenance {
    /// One that differs from others by its boxes alone.
    pub(crate) fn of_boxes(boxes: &str) -> Self {
        let text = || "x".to_owned();
        Self {
            program: text(),
            bundle: text(),
            version: text(),
            features_digest: text(),
            cases_digest: text(),
            boxes: boxes.to_owned(),
        }
    }
}
