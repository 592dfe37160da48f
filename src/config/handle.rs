//! The settings in force, shared by every part of the daemon.

use std::sync::Arc;

use tokio::sync::watch;

use super::Settings;

/// Hands out the settings in force. Take one snapshot with [`current`](Self::current) for one
/// decision (an association, a job) and keep it until that decision is done; clones of the handle
/// share the settings.
#[derive(Debug, Clone)]
pub struct SettingsHandle {
    in_force: watch::Sender<Arc<Settings>>,
}

impl SettingsHandle {
    /// A handle on `settings`.
    pub fn new(settings: Settings) -> Self {
        Self { in_force: watch::Sender::new(Arc::new(settings)) }
    }

    /// The settings in force now.
    pub fn current(&self) -> Arc<Settings> {
        self.in_force.borrow().clone()
    }

    /// A receiver that wakes when the settings are replaced. It knows the present ones as seen.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Settings>> {
        self.in_force.subscribe()
    }

    /// Puts `settings` in force for every decision that starts from now on.
    pub fn replace(&self, settings: Settings) {
        self.in_force.send_replace(Arc::new(settings));
    }
}
