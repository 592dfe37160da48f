//! The configuration that a command is about.

use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Settings};

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigurationFile {
    /// Configuration file
    #[arg(long = "config", value_name = "FILE", default_value = "/etc/spinetriage/spinetriage.toml", global = true)]
    pub(super) path: PathBuf,
}

impl ConfigurationFile {
    /// Reads the file; every problem in it is in the error.
    pub(super) fn load(&self) -> Result<Settings, config::Problems> {
        config::load(&self.path)
    }

    /// The daemon's database.
    pub(super) fn database(&self) -> Result<PathBuf, config::Problems> {
        Ok(database_of(&self.load()?))
    }
}

/// Where the database of these settings lies.
pub(super) fn database_of(settings: &Settings) -> PathBuf {
    settings.storage.state_dir.join(crate::daemon::DATABASE)
}
