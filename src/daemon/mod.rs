//! Daemon: wires the rooms together and keeps them running.
//!
//! Owns: recovery at the start, the receiver, the supervised workers, the deliverer, the housekeeper, reload,
//! shutdown.
//! In: [`crate::config::Settings`] and a signal to stop. Out: reports, and images that are passed on, at their
//! destinations.
//! Never: decodes pixels or parses a whole dataset; what it knows is in SQLite and in the spool.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod bundle;
mod error;
mod free_space;
mod hanging;
mod housekeeper;
mod listen;
mod lock;
mod planner;
mod receiver;
mod recovery;
mod reload;
mod run;
mod stuck;
mod supervisor;
mod systemd;
mod workers;

pub use error::DaemonError;
pub use run::{DATABASE, Daemon, run, stop_signal};
