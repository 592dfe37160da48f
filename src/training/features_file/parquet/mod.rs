//! Files of features as Parquet: text as strings, boxes and features as DOUBLE, the class as INT64, nothing null.
//!
//! Beside the columns a file carries whose features they are, that they are for research only, and a digest by which
//! damage is told.

mod footer;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{open, provenance};
pub use write::from_csv;
