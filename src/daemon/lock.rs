//! One daemon a state folder.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::error::DaemonError;

/// Holds the state folder until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

impl StateLock {
    /// Takes the folder, or says that another daemon has it.
    #[allow(clippy::disallowed_methods, reason = "once, before anything runs")]
    pub fn take(state_dir: &Path) -> Result<Self, DaemonError> {
        let path = state_dir.join("lock");
        // Not emptied: a start that is refused changes nothing.
        let open = File::options().write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|source| DaemonError::StateFolder { path: path.clone(), source })?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| DaemonError::AlreadyRunning(state_dir.to_owned()))?;
        Ok(Self { _file: file })
    }
}
