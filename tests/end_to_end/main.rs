//! The daemon's binary against real peers: DCMTK as modality, Orthanc as PACS and as router.
//!
//! Needs what `scripts/test` installs (storescu, Orthanc, dciodvfy, dsrdump, sqlite3, strace, libfaketime, ONNX Runtime
//! in vendor/, pydicom-data in vendor/python); what is missing is a failure that names it.

mod access;
mod again;
mod audit;
mod backbones;
#[path = "../support/bundles.rs"]
mod bundles;
mod clock;
mod commitment;
#[path = "../support/commitment_messages.rs"]
mod commitment_messages;
mod conflicts;
mod crash;
mod daemon;
mod delivery_faults;
mod detectors;
mod disk_full;
#[path = "../support/features.rs"]
mod features;
mod films;
mod forwarding;
mod kills;
mod memory;
mod modality;
mod objects;
mod order;
mod orthanc;
mod pause;
#[path = "../support/ports.rs"]
mod ports;
mod procfs;
mod reasons;
#[path = "../support/recording_archive.rs"]
mod recording_archive;
mod routing;
mod same_answer;
#[path = "../support/scripted_pacs.rs"]
mod scripted_pacs;
mod soak;
mod stuck;
mod studies;
mod tools;
mod trace;
mod training;
mod workers;
