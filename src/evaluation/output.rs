//! A report as it goes out: JSON, a page, and tables for a terminal.

use super::report::Report;
use super::{page, text};

impl Report {
    /// `report.json`, indented; equal reports give equal bytes.
    ///
    /// # Errors
    /// None that a report of [`super::evaluate`] can meet: its numbers are finite.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| json + "\n")
    }

    /// `report.html`: one file that needs nothing else, for reading and printing.
    pub fn to_html(&self) -> String {
        page::of(self)
    }

    /// The tables of a study for a terminal. `lay_out` aligns rows under their header.
    pub fn to_text(&self, lay_out: impl Fn(&[&str], &[Vec<String>]) -> String) -> String {
        text::of(self, lay_out)
    }
}
