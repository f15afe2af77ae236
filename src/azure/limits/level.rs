//! What is left of a bucket of the service's, at least.
//!
//! The service takes a token when a request arrives, and nobody but the service knows when that is: after the request was sent, and
//! before it was answered. A token that was counted back from when its request was let go could be spent a second time before the
//! service has it again: requests that a busy machine or a slow network has held up arrive together. So a token is held until the
//! answer is there, and comes back from then on; then no order of arrivals finds the service's bucket empty.

use std::collections::BTreeSet;
use std::time::Duration;

use super::buckets::Bucket;

/// What is left of a bucket.
#[derive(Debug)]
pub(super) struct Level {
    /// The bucket.
    pub(super) bucket: Bucket,
    /// When all that has been counted back is there again.
    full_at: Duration,
    /// Tokens of requests that were let go and are not sent yet.
    granted: u32,
    /// Requests that were sent and are not answered, by the moment from which on they count as arrived.
    sent: BTreeSet<(Duration, u64)>,
}

impl Bucket {
    /// How long after it was sent a request may still arrive, where no answer tells that it has: half of the time for which the
    /// burst lasts at the bucket's own rate. Holding tokens longer would slow down whoever waits for them; the other half is for
    /// those who come late for theirs.
    fn longest_way(self) -> Duration {
        match self.burst {
            0 | 1 => self.period,
            burst => self.period * (burst - 1) / 2,
        }
    }
}

impl Level {
    /// A full bucket.
    pub(super) fn full(bucket: Bucket) -> Self {
        Self { bucket, full_at: Duration::ZERO, granted: 0, sent: BTreeSet::new() }
    }

    /// From when on there is a token, if nothing is answered before; `None` if nobody can say before something is sent. What has
    /// come back by `now` is counted.
    pub(super) fn next(&mut self, now: Duration) -> Option<Duration> {
        while let Some((arrived, _)) = self.sent.first().copied().filter(|(arrived, _)| *arrived <= now) {
            self.sent.pop_first();
            self.come_back(arrived);
        }
        match self.bucket.burst.checked_sub(self.held() + 1) {
            Some(spare) => Some(self.full_at.saturating_sub(self.bucket.period * spare)),
            None => self.sent.first().map(|(arrived, _)| self.full_at.max(*arrived) + self.bucket.period),
        }
    }

    /// Tokens that do not come back yet.
    fn held(&self) -> u32 {
        self.granted.saturating_add(u32::try_from(self.sent.len()).unwrap_or(u32::MAX))
    }

    /// Whether whoever waits may go sooner once a token is given back or begins to come back.
    pub(super) fn is_held_up(&self) -> bool {
        self.held() >= self.bucket.burst
    }

    /// Takes a token for a request that is about to be sent.
    pub(super) fn take(&mut self) {
        self.granted += 1;
    }

    /// A request that has a token is not sent after all.
    pub(super) fn give_back(&mut self) {
        self.granted = self.granted.saturating_sub(1);
    }

    /// The request `number` is sent at `now`.
    pub(super) fn send(&mut self, number: u64, now: Duration) {
        self.granted = self.granted.saturating_sub(1);
        self.sent.insert((now + self.bucket.longest_way(), number));
    }

    /// The request `number`, sent at `sent`, was answered at `now`.
    pub(super) fn answer(&mut self, number: u64, sent: Duration, now: Duration) {
        // First what has come back before.
        self.next(now);
        if self.sent.remove(&(sent + self.bucket.longest_way(), number)) {
            self.come_back(now);
        }
    }

    /// A token comes back from `moment` on; moments never go back.
    fn come_back(&mut self, moment: Duration) {
        self.full_at = self.full_at.max(moment) + self.bucket.period;
    }
}
