//! How long something has been going on, and how often it came: what limits count by.

use std::time::Duration;

use time::OffsetDateTime;

/// A moment of an attempt: its date, and by the time in which the program could act, by which limits count.
#[derive(Clone, Copy)]
pub(super) struct TimeSpec {
    /// The date.
    pub(crate) at: OffsetDateTime,
    /// The time in which the program could act, since the attempt began.
    pub(crate) awake: Duration,
}

/// Since when something has been going on, and how often.
#[derive(Default)]
pub(super) struct Streak {
    since: Option<Duration>,
    /// How often.
    pub(crate) count: u32,
}

impl Streak {
    /// One more; returns how long it has been going on.
    pub(crate) fn more(&mut self, now: TimeSpec) -> Duration {
        self.count += 1;
        now.awake.saturating_sub(*self.since.get_or_insert(now.awake))
    }
}
