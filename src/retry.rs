//! Pauses between attempts.

use std::time::Duration;

/// Pauses that double from one attempt to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The first.
    pub after: Duration,
    /// The longest.
    pub at_most: Duration,
}

impl Retry {
    /// The pause after the `attempt`th failed attempt (1 the first). `jitter` (0 to 1) takes up to a quarter off,
    /// so that a PACS that comes back is not met by everybody at once.
    pub fn pause(self, attempt: u32, jitter: f64) -> Duration {
        let doubled = self.after.saturating_mul(1 << attempt.saturating_sub(1).min(30));
        doubled.min(self.at_most).mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_longest_and_jitter_only_shortens() {
        let retry = Retry { after: Duration::from_secs(2), at_most: Duration::from_secs(600) };
        assert_eq!(retry.pause(1, 0.0), Duration::from_secs(2));
        assert_eq!(retry.pause(4, 0.0), Duration::from_secs(16));
        assert_eq!(retry.pause(u32::MAX, 0.0), Duration::from_secs(600));
        assert_eq!(retry.pause(1, 1.0), Duration::from_millis(1500));
    }
}
