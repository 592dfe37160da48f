//! Why delivering has to stop.

use crate::endure::MayHeal;
use crate::store::StoreError;

/// What a destination does is no error: it is written down.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A lane broke down: a bug.
    #[error("a lane of the delivery broke down: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl MayHeal for DeliveryError {
    fn may_heal(&self) -> bool {
        match self {
            // What the database refuses of one thing must not end what goes on beside it.
            Self::Store(error) => error.may_heal() || error.concerns_one(),
            Self::Task(_) => false,
        }
    }
}
