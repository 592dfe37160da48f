//! The DIMSE room against real peers (DCMTK, Orthanc) and against hostile ones written here.

mod archive;
mod commitment;
mod hostile_datasets;
mod hostile_peers;
mod objects;
mod orthanc;
mod played;
mod real_peers;
mod sending;
mod serving;
mod wire;
