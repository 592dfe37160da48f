//! Analysis: one radiograph in, its findings out.
//!
//! Owns: the pipeline detect, crop, features, fusion as one readable function.
//! In: a [`crate::imaging::Radiograph`] and a loaded bundle. Out: [`Findings`].
//! Never: touches the network or the database.

mod findings;

pub use findings::{BundleIdentity, ClassName, Findings, ImageIdentity, Vertebra};
