//! Parts of the service go on after a disk that was full or a database that failed: what they know is in SQLite and
//! in the spool, so that they begin again where they stopped.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

/// Pause before a part begins again.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 2000 });
/// How often a failure that goes on is logged.
const LOG_AGAIN: Duration = Duration::from_secs(300);

/// An error that says whether what met it can go on after a pause.
pub trait MayHeal: std::error::Error {
    /// Whether it may be over by itself: a full disk, a database that was busy or refused something.
    fn may_heal(&self) -> bool;
}

/// Runs `part` until it ends, or fails with something that does not heal; at a failure that may heal it begins again
/// after a pause, unless `stop` has turned true.
///
/// # Errors
/// That of a `part` which cannot heal.
pub async fn endure<F, E>(what: &str, mut stop: watch::Receiver<bool>, part: impl Fn() -> F) -> Result<(), E>
where
    F: Future<Output = Result<(), E>>,
    E: MayHeal,
{
    let mut logged: Option<Instant> = None;
    loop {
        let begun = Instant::now();
        match part().await {
            Err(error) if error.may_heal() => {
                // One that ran well for long has failed anew.
                let is_new = begun.elapsed() > LOG_AGAIN || logged.is_none_or(|at| at.elapsed() > LOG_AGAIN);
                if is_new {
                    tracing::error!(%error, "{what} has failed; it is tried again until it works");
                    logged = Some(Instant::now());
                }
            }
            ended => {
                if ended.is_ok() && logged.is_some() {
                    tracing::info!("{what} works again");
                }
                return ended;
            }
        }
        if *stop.borrow() {
            return Ok(());
        }
        tokio::select! { () = sleep(PAUSE) => {}, _ = stop.changed() => {} }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Debug, PartialEq, thiserror::Error)]
    enum Failure {
        #[error("the disk is full")]
        Full,
        #[error("it is broken")]
        Broken,
    }

    impl MayHeal for Failure {
        fn may_heal(&self) -> bool {
            *self == Self::Full
        }
    }

    #[tokio::test]
    async fn a_failure_that_may_heal_is_tried_again_and_another_is_not() {
        let (_keep, stop) = watch::channel(false);
        let tries = Cell::new(0);
        let part = || async {
            tries.set(tries.get() + 1);
            if tries.get() < 4 { Err(Failure::Full) } else { Ok(()) }
        };
        endure("a part", stop.clone(), part).await.unwrap();
        assert_eq!(tries.get(), 4);
        let broken = || async { Err(Failure::Broken) };
        assert_eq!(endure("a part", stop, broken).await, Err(Failure::Broken));
    }

    #[tokio::test]
    async fn a_part_that_cannot_heal_ends_with_the_daemon() {
        let (stopping, stop) = watch::channel(false);
        let part = || async {
            stopping.send_replace(true);
            Err(Failure::Full)
        };
        endure("a part", stop, part).await.unwrap();
    }
}
