//! Where an object came from.

use std::net::IpAddr;
use std::path::PathBuf;

use super::IntakeError;

/// The door that an object came by, and who brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An association.
    Association {
        /// Calling AE title.
        calling: String,
        /// Where it called from.
        address: IpAddr,
    },
    /// A folder that files are put into.
    Folder(PathBuf),
}

impl Origin {
    /// The AE title by which `[[forward]]` and the audit know the sender; empty for a folder, which has none.
    pub fn ae_title(&self) -> &str {
        match self {
            Self::Association { calling, .. } => calling,
            Self::Folder(_) => "",
        }
    }

    /// What the sender is told of a failure: a peer has its status too.
    pub fn told(&self, error: &IntakeError) -> String {
        match self {
            Self::Association { .. } => format!("{}: {error}", error.status()),
            Self::Folder(_) => error.to_string(),
        }
    }

    /// An address, or the folder's name.
    pub fn address(&self) -> String {
        match self {
            Self::Association { address, .. } => address.to_string(),
            Self::Folder(folder) => folder.display().to_string(),
        }
    }
}
