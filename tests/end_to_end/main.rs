//! The daemon's binary against real peers: DCMTK as modality, Orthanc as PACS and as router.
//!
//! Needs what `scripts/test` installs (storescu, Orthanc, dciodvfy, dsrdump, sqlite3, ONNX Runtime in
//! vendor/, pydicom-data in vendor/python); what is missing is a failure that names it.

mod access;
mod audit;
mod backbones;
#[path = "../support/bundles.rs"]
mod bundles;
mod crash;
mod daemon;
mod detectors;
#[path = "../support/features.rs"]
mod features;
mod films;
mod memory;
mod orthanc;
mod reasons;
mod routing;
mod same_answer;
mod studies;
mod tools;
mod training;
mod workers;
