//! The DIMSE room against real peers (DCMTK) and against hostile ones written here.
//!
//! Needs `echoscu`, `storescu`, `storescp`, `dcmconv` and `dcmcjpeg` of DCMTK on the path; their
//! absence is a failure that says so.

mod archive;
mod hostile_datasets;
mod hostile_peers;
mod objects;
mod real_peers;
mod sending;
mod serving;
mod wire;
