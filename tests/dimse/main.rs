//! The DIMSE room against real peers (DCMTK, Orthanc) and against hostile ones written here.
//!
//! Needs `echoscu`, `storescu`, `storescp`, `dcmconv` and `dcmcjpeg` of DCMTK on the path, and Orthanc;
//! their absence is a failure that says so.

mod archive;
mod commitment;
mod hostile_datasets;
mod hostile_peers;
mod objects;
mod orthanc;
mod played;
#[path = "../support/ports.rs"]
mod ports;
mod real_peers;
mod sending;
mod serving;
mod wire;
