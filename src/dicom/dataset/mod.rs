//! A bounded walk through a dataset while it arrives (PS3.5 section 7).
//!
//! Owns: element headers, nesting, lengths, inflating; a handful of top-level values.
//! In: dataset bytes in chunks of any size. Out: a [`DatasetSummary`], or a [`ScanError`] that names
//! the element. Constant memory, no recursion, no allocation by a stated length.
//! Never: keeps the dataset, looks at pixels, or repairs anything.

mod collect;
mod element;
mod error;
mod header;
mod inflate;
mod limits;
mod nesting;
mod scanner;
mod summary;
mod walk;

pub(crate) use collect::{Collect, Place, Repeated};
pub use element::ElementName;
pub use error::ScanError;
pub(crate) use header::Header;
pub use limits::{MAX_DEPTH, MAX_VALUE_BYTES};
pub use scanner::Scanner;
pub use summary::DatasetSummary;
pub(crate) use walk::Walk;

#[cfg(test)]
mod tests;
