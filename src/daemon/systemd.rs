//! systemd's readiness and watchdog messages; silent where systemd is not the parent.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::store::Store;

/// Tells systemd that images are accepted.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Tells systemd that shutdown has begun.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd did not take a notification");
    }
}

/// Pets the watchdog for as long as the database answers: a daemon that cannot write its queue is
/// better restarted. Returns only when no watchdog is asked for.
pub async fn pet_watchdog(store: Store) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let pause = (limit / 3).max(Duration::from_millis(100));
    loop {
        match tokio::time::timeout(limit / 3, store.ping()).await {
            Ok(Ok(())) => tell(&[NotifyState::Watchdog]),
            Ok(Err(error)) => tracing::error!(%error, "The database does not answer: systemd's watchdog is not petted"),
            Err(_) => tracing::error!("The database is too slow: systemd's watchdog is not petted"),
        }
        tokio::time::sleep(pause).await;
    }
}
