//! What the footer of a file says beside its columns.

use ::csv::StringRecord;
use sha2::{Digest, Sha256};

/// What a file says wrote it, in the form that the format's other writers have; the version follows.
pub const WRITER: &str = "spinetriage version ";

/// Key of the provenance, as JSON.
pub const PROVENANCE: &str = "spinetriage.provenance";
/// Key of what the file may be used for.
pub const USE: &str = "spinetriage.use";
/// Key of the [`Content`]'s SHA-256, in hexadecimal.
pub const DIGEST: &str = "spinetriage.sha256";

/// The digest of all that a file says: names of columns, cells and values, in the order of the rows.
///
/// The format's own check sums are of pages, not of the figures and names around them.
pub struct Content(Sha256);

impl Content {
    /// Of a file with these columns and no row yet.
    pub fn of(header: &StringRecord) -> Self {
        let mut content = Self(Sha256::new());
        content.texts(header);
        content
    }

    /// Adds a row.
    pub fn row(&mut self, body: &StringRecord, values: &[f64]) {
        self.texts(body);
        values.iter().for_each(|value| self.0.update(value.to_le_bytes()));
    }

    /// Each text after its length, so that no two records are one sequence of bytes.
    fn texts(&mut self, texts: &StringRecord) {
        for text in texts {
            self.0.update((text.len() as u64).to_le_bytes());
            self.0.update(text);
        }
    }

    /// The digest, in hexadecimal.
    pub fn digest(self) -> String {
        format!("{:x}", self.0.finalize())
    }
}
