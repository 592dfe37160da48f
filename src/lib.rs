//! spinetriage: a DICOM router daemon that triages spine X-rays in the background.
//!
//! Research use only, not for diagnosis.
//!
//! The way of the data, one room a step: [`dimse`] receives an image, [`intake`] makes it a file of the [`spool`] and a
//! row of the [`store`], [`worker`] processes run [`analysis`] ([`imaging`], [`model`], [`radiomics`]) and [`report`],
//! [`delivery`] sends what is due, and [`daemon`] ties them together. [`findings`] are the words that all of them speak.
//! [`training`] makes the models, of which [`classifier`] is the fitted last step; [`evaluation`] says what they are worth.
//! Which room may use which: `docs/architecture.md`.

pub mod analysis;
mod causes;
pub mod classifier;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod delivery;
pub mod dicom;
pub mod dimse;
mod endure;
pub mod evaluation;
pub mod findings;
mod guard;
pub mod identifiers;
pub mod imaging;
pub mod intake;
mod logging;
pub mod model;
mod parallel;
pub mod radiomics;
pub mod radiomics_files;
pub mod report;
pub mod retry;
pub mod spool;
pub mod statistics;
pub mod store;
pub mod training;
mod unfinished;
pub mod worker;

/// The sentence every surface that shows a result carries.
pub const RESEARCH_USE_ONLY: &str = "Research use only, not for diagnosis";
