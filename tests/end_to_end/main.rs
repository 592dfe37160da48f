//! The program itself: the daemon against real peers, DCMTK as modality, Orthanc as PACS and as router, and the
//! commands as a user runs them.
//!
//! Needs what `scripts/test` installs (storescu, Orthanc, dciodvfy, dsrdump, sqlite3, strace, libfaketime, ONNX Runtime
//! in vendor/, pydicom-data in vendor/python); what is missing is a failure that names it.

mod access;
mod again;
mod audit;
mod backbones;
mod clock;
mod command_line;
mod commitment;
mod commitment_messages;
mod conflicts;
mod crash;
mod daemon;
mod delivery_faults;
mod detectors;
mod disk_full;
mod films;
mod forwarding;
mod kills;
mod logging;
mod memory;
mod modality;
mod nothing_replaced;
mod objects;
mod order;
mod orthanc;
mod pause;
mod procfs;
mod radiomics_command;
mod reasons;
mod recording_archive;
mod routing;
mod same_answer;
mod scripted_pacs;
mod soak;
mod stuck;
mod studies;
#[path = "../support/mod.rs"]
mod support;
mod tools;
mod trace;
mod training;
mod triage;
mod upkeep;
mod workers;
