//! The rooms of the library from outside: each against files and programs of others, and against whatever may come.
//!
//! Needs what `scripts/test` installs: DCMTK, Orthanc, dicom3tools, PixelMed, ONNX Runtime and Python in vendor/. What
//! is missing is a failure that names it.

mod assessment;
mod config;
mod detectors;
mod dimse;
mod external_classifier;
mod extract;
mod imaging;
mod model;
mod no_spine;
mod radiomics;
mod radiomics_ibsi;
mod radiomics_preprocess;
mod radiomics_properties;
mod report;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod training;
