//! Files of features, as CSV or, when the name ends in `.parquet`, as Parquet: a row a body, with its box, class, set
//! and patient, and a column a feature.
//!
//! Owns: both formats, and what is written beside a file about whose features it holds. Comes in: bodies and features,
//! a film at a time. Goes out: rows, the same of either format. Never: judges what a row says (that is
//! [`super::table`]).

mod csv;
mod finished;
mod name;
mod parquet;
mod part;
mod provenance;
mod source;

pub(super) use finished::open;
pub use name::Format;
pub(crate) use name::beside;
pub use part::{FeaturesFile, Found};
pub use provenance::Provenance;
pub(super) use source::{Row, Source};

#[cfg(test)]
mod tests;
