//! The daemon's binary against real peers: DCMTK as modality, Orthanc as PACS and as router.
//!
//! Needs what `scripts/test` installs (storescu, Orthanc, dciodvfy, dsrdump, sqlite3, strace, ONNX Runtime in
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
mod kills;
mod memory;
mod modality;
mod objects;
mod order;
mod orthanc;
mod procfs;
mod reasons;
#[path = "../support/recording_archive.rs"]
mod recording_archive;
mod routing;
mod same_answer;
mod soak;
mod studies;
mod tools;
mod trace;
mod training;
mod workers;
