//! Slots for connections: so many at once. When all are taken, the connection for whose client the server has waited
//! longest gives way to a new one, so that no number of idle clients keeps a working one out.
//!
//! A connection that has waited for its client for a while (idle, in the middle of a head or a body, slow to read) can be closed
//! without loss: HTTP clients expect that of a connection that they do not use. One that was used a moment ago is not closed: its
//! client may be sending the next request on it. Until one of the two changes, a new connection waits, and those behind it wait in
//! the system's queue. One whose request is being answered keeps its slot.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use azlab_clock::{Clock, Stopwatch};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The slots of one server.
pub(super) struct Slots {
    most: usize,
    /// How long a connection must have waited for its client before it can be closed for another.
    unused: Duration,
    /// Real time.
    clock: Clock,
    taken: Mutex<Taken>,
    /// A slot is free, or has begun to wait for its client.
    changed: Notify,
}

#[derive(Default)]
struct Taken {
    slots: usize,
    /// Slots given away whose connections are not closed yet.
    given: usize,
    turns: u64,
    /// Connections that wait for their client, the longest wait first.
    waiting: BTreeMap<u64, Waiting>,
}

/// A connection that waits for its client.
struct Waiting {
    closed: CancellationToken,
    since: Stopwatch,
}

impl Taken {
    /// Puts a connection at the end of those that wait.
    fn wait(&mut self, closed: &CancellationToken, clock: Clock) -> u64 {
        self.turns += 1;
        self.waiting.insert(self.turns, Waiting { closed: closed.clone(), since: clock.stopwatch() });
        self.turns
    }

    /// Closes the connection that has waited longest, if that is as long as `unused`; gives how long it has to wait still. `None` if
    /// one is closed, is being closed already, or none waits.
    fn close_one(&mut self, unused: Duration) -> Option<Duration> {
        if self.given > 0 {
            return None;
        }
        let longest = self.waiting.first_entry()?;
        let rest = unused.saturating_sub(longest.get().since.elapsed());
        if !rest.is_zero() {
            return Some(rest);
        }
        longest.remove().closed.cancel();
        self.given += 1;
        None
    }
}

impl Slots {
    pub(super) fn new(most: usize, unused: Duration, clock: Clock) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), unused, clock, taken: Mutex::default(), changed: Notify::new() })
    }

    /// A slot for a new connection; if there is none, the longest waiting connection is closed first. Waits while
    /// every connection's request is being answered, or was a moment ago.
    pub(super) async fn take(self: &Arc<Self>) -> Slot {
        loop {
            let changed = self.changed.notified();
            if let Some(slot) = self.try_take() {
                return slot;
            }
            let rest = self.taken().close_one(self.unused);
            match rest {
                None => changed.await,
                Some(rest) => tokio::select! {
                    () = changed => {}
                    () = self.clock.sleep(rest) => {}
                },
            }
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Slot> {
        let mut taken = self.taken();
        if taken.slots >= self.most {
            return None;
        }
        taken.slots += 1;
        let closed = CancellationToken::new();
        let turn = Mutex::new(Some(taken.wait(&closed, self.clock)));
        Some(Slot { slots: self.clone(), closed, turn })
    }

    /// Closes the connection that has waited longest for its client, if one waits and none is being closed already: the system has
    /// no room for more.
    pub(super) fn make_room(&self) {
        self.taken().close_one(Duration::ZERO);
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's slot, given back when it is dropped.
pub(super) struct Slot {
    slots: Arc<Slots>,
    closed: CancellationToken,
    /// Its slot among those that wait; none while its request is being answered.
    turn: Mutex<Option<u64>>,
}

impl Slot {
    /// A request has arrived whole; the slot is kept until [`Self::waits`]. `false` if it has just been given away: then
    /// the request must not be served, for nobody would get the answer.
    #[must_use]
    pub(super) fn works(&self) -> bool {
        let mut taken = self.slots.taken();
        match self.turn().take() {
            Some(turn) => taken.waiting.remove(&turn).is_some(),
            None => !self.closed.is_cancelled(),
        }
    }

    /// The answer is on its way, and the client's turn has come.
    pub(super) fn waits(&self) {
        let mut taken = self.slots.taken();
        if !self.closed.is_cancelled() {
            *self.turn() = Some(taken.wait(&self.closed, self.slots.clock));
        }
        drop(taken);
        self.slots.changed.notify_waiters();
    }

    /// Ends when the slot is given to another connection.
    pub(super) async fn given_away(&self) {
        self.closed.cancelled().await;
    }

    fn turn(&self) -> MutexGuard<'_, Option<u64>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        taken.slots -= 1;
        if self.closed.is_cancelled() {
            taken.given -= 1;
        }
        if let Some(turn) = self.turn().take() {
            taken.waiting.remove(&turn);
        }
        drop(taken);
        self.slots.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn slots(most: usize, unused: Duration) -> Arc<Slots> {
        Slots::new(most, unused, Clock::real())
    }

    fn now(slots: &Arc<Slots>) -> Slot {
        slots.take().now_or_never().expect("a free slot")
    }

    #[tokio::test]
    async fn who_has_waited_longest_gives_way_and_who_works_stays() {
        let slots = slots(3, Duration::ZERO);
        let (first, second, third) = (now(&slots), now(&slots), now(&slots));
        assert!(first.works());
        let mut fourth = Box::pin(slots.take());
        assert!(fourth.as_mut().now_or_never().is_none());
        assert!(second.given_away().now_or_never().is_some(), "the longest that waits");
        assert!(first.given_away().now_or_never().is_none() && third.given_away().now_or_never().is_none());
        assert!(!second.works(), "its request is not served any more");
        drop(second);
        let fourth = fourth.await;
        first.waits();
        assert!(third.works() && fourth.works());
        assert!(slots.take().now_or_never().is_none());
        assert!(first.given_away().now_or_never().is_some());
    }

    #[tokio::test]
    async fn where_all_work_a_new_one_waits_until_one_does_not() {
        let slots = slots(1, Duration::ZERO);
        let first = now(&slots);
        assert!(first.works());
        let mut second = Box::pin(slots.take());
        assert!(second.as_mut().now_or_never().is_none());
        assert!(first.given_away().now_or_never().is_none());
        first.waits();
        assert!(second.as_mut().now_or_never().is_none());
        assert!(first.given_away().now_or_never().is_some());
        drop(first);
        let _second = second.await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_used_a_moment_ago_is_not_closed_for_a_new_one() {
        let unused = Duration::from_secs(2);
        let slots = slots(1, unused);
        let first = now(&slots);
        assert!(first.works());
        first.waits();
        let mut second = Box::pin(slots.take());
        for _ in 0..3 {
            // Its client sends the next request just in time.
            let early = Clock::real().timeout(unused - Duration::from_millis(1), second.as_mut()).await;
            assert!(early.is_err() && first.works(), "the request is served");
            assert!(second.as_mut().now_or_never().is_none());
            first.waits();
        }
        let closed = async {
            first.given_away().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(second, closed);
        assert!(second.works());
    }
}
