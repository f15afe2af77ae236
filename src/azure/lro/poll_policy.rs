//! How long, and how often, to poll.

use std::time::Duration;

/// How to wait.
#[derive(Clone, Copy, Debug)]
pub struct PollPolicy {
    /// The longest wait in service time.
    pub(crate) limit: Duration,
    /// The pause between polls when the service does not say: this share of the time gone by, but at least `floor`.
    pub(crate) share: f64,
    /// The shortest pause.
    pub(crate) floor: Duration,
    /// The longest pause.
    pub(crate) ceiling: Duration,
}

impl PollPolicy {
    /// For operations of minutes: a finished one is noticed within the larger of 2 s and 1 % of its duration.
    ///
    /// The pause is 0.8 % of the time gone by, at least 1.5 s: together with the poll's own 0.1 s that stays below
    /// max(2 s, 1 %). At most 1/1.5 s = 0.67 polls a second, below AKS's 2/s a subscription and region.
    pub const fn minutes(limit: Duration) -> Self {
        Self { limit, share: 0.008, floor: Duration::from_millis(1500), ceiling: Duration::from_secs(15) }
    }

    /// For operations of seconds: the same promise, with a shorter first pause. At most one poll a second.
    pub const fn seconds(limit: Duration) -> Self {
        Self { limit, share: 0.008, floor: Duration::from_millis(1000), ceiling: Duration::from_secs(10) }
    }

    /// The time between two looks of several who look together, at a list: 4 s for operations of minutes, which is about 1 % of
    /// what a cluster takes.
    pub(super) fn step(&self) -> Duration {
        Duration::from_secs(if self.floor > Self::seconds(self.limit).floor { 4 } else { 2 })
    }

    /// The pause before the next look, when so much time has gone by.
    pub(crate) fn pause(&self, gone: Duration) -> Duration {
        gone.mul_f64(self.share).clamp(self.floor, self.ceiling)
    }
}
