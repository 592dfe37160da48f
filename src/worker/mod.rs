//! Worker: analysis in a child process, so that no file can harm the daemon.
//!
//! Owns: the conversation between daemon and worker, and the limits a worker runs under.
//! In: jobs as JSON lines on standard input. Out: replies as JSON lines on standard output.
//! Never: opens a socket or the database; a worker that dies takes one attempt of one job with it.

mod limits;
mod process;
mod protocol;
mod serve;

pub use process::{WorkerCommand, WorkerError, WorkerProcess};
pub use protocol::{Reply, Request, WrittenObject};
pub use serve::serve;
