//! Whether a destination takes objects at all. Its associations share this, so that an outage is tried, logged and
//! audited once, not once for each object that waits.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::retry::Retry;

/// The state of one destination.
#[derive(Debug, Default)]
pub struct Outage {
    state: Mutex<State>,
    /// Told when a pause ends before its time.
    ends: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Failures since the destination last answered well.
    failures: u32,
    /// When the first of them was.
    since: Option<Instant>,
    /// Whether they are an outage, and were told.
    has_begun: bool,
    /// Nothing is tried before.
    until: Option<Instant>,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There was no association: the destination is out of reach.
    Association,
    /// One object was broken off or put off, which may be the object's fault. Two in a row are the destination's.
    Object,
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// How long nothing is tried.
    pub pause: Duration,
    /// Whether it is known by now that this is an outage, and was not before.
    pub begins_outage: bool,
}

/// An outage that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Attempts that failed.
    pub failures: u32,
    /// From the first of them.
    pub lasted: Duration,
}

impl Outage {
    /// How long nothing is to be tried from now.
    pub fn pause_left(&self) -> Option<Duration> {
        let left = self.state().until?.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then_some(left)
    }

    /// The destination could not be reached, broke off or asked to be left alone. What another association found
    /// out meanwhile counts once.
    pub fn failed(&self, fault: Fault, retry: Retry) -> Failure {
        if let Some(pause) = self.pause_left() {
            return Failure { pause, begins_outage: false };
        }
        let mut state = self.state();
        state.failures += 1;
        let (now, pause) = (Instant::now(), retry.pause(state.failures, rand::random()));
        state.until = Some(now + pause);
        state.since.get_or_insert(now);
        let is_outage = fault == Fault::Association || state.failures > 1;
        let begins_outage = is_outage && !state.has_begun;
        state.has_begun |= is_outage;
        Failure { pause, begins_outage }
    }

    /// The next attempt need not wait: the configuration has changed, perhaps for that reason.
    pub fn forgive(&self) {
        self.state().until = None;
        self.ends.send_replace(());
    }

    /// Tells when a pause ends before its time: the configuration has changed, or another lane has got an answer.
    pub fn ends(&self) -> watch::Receiver<()> {
        self.ends.subscribe()
    }

    /// The destination answered an object, well or with a reason that is the object's own: the outage that is over
    /// now, if there was one.
    pub fn answered(&self) -> Option<Ended> {
        let State { failures, since, has_begun, .. } = std::mem::take(&mut *self.state());
        if failures > 0 {
            self.ends.send_replace(());
        }
        since.filter(|_| has_begun).map(|since| Ended { failures, lasted: since.elapsed() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked meanwhile left a whole state behind: nothing in here can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry { after: Duration::from_secs(100), at_most: Duration::from_secs(1000) };

    #[test]
    fn failures_of_several_associations_are_one_until_the_pause_is_over() {
        let outage = Outage::default();
        assert_eq!(outage.pause_left(), None);
        let first = outage.failed(Fault::Association, RETRY);
        assert!(first.begins_outage && first.pause >= Duration::from_secs(75) && first.pause <= RETRY.after);
        let second = outage.failed(Fault::Association, RETRY);
        assert!(!second.begins_outage && second.pause <= first.pause);
        outage.forgive();
        assert_eq!(outage.pause_left(), None);
        assert_eq!(outage.answered().unwrap().failures, 1);
    }

    #[test]
    fn pauses_grow_and_an_answer_ends_them() {
        let outage = Outage::default();
        let retry = Retry { after: Duration::from_millis(4), at_most: Duration::from_secs(1) };
        let mut last = Duration::ZERO;
        for number in 1..=3 {
            let failure = outage.failed(Fault::Object, retry);
            assert_eq!(failure.begins_outage, number == 2, "two objects in a row are no object's fault");
            assert!(failure.pause > last, "{failure:?} after {last:?}");
            last = failure.pause;
            std::thread::sleep(last);
        }
        let ended = outage.answered().unwrap();
        assert!(ended.failures == 3 && ended.lasted >= Duration::from_millis(15), "{ended:?}");
        assert_eq!((outage.pause_left(), outage.answered()), (None, None));
    }

    #[test]
    fn an_object_that_fails_among_others_is_no_outage() {
        let outage = Outage::default();
        for _ in 0..3 {
            assert!(!outage.failed(Fault::Object, RETRY).begins_outage);
            assert!(outage.pause_left().is_some());
            assert_eq!(outage.answered(), None);
        }
    }
}
