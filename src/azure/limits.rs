//! Client-side rate limits, so that we never draw a 429 by our own rate.
//!
//! A request goes out when every bucket that it falls in has a token, and takes all of them in that moment: a token that is
//! taken while the next bucket is still empty would be missing where it is needed. Who waits for the same of ARM's buckets
//! stands in one queue: the more urgent first, of those the one that came first; one that cannot go yet, because a bucket of its
//! service is empty, does not hold up those behind it. (governor's limiters take from one bucket each, and give nothing back.)
//! When tokens come back: `level.rs`.

mod bound;
mod buckets;
mod level;
mod queue;

use std::time::Duration;

use http::Method;

use crate::events::note_wait;
use azlab_clock::Clock;
pub(crate) use bound::Workload;
use buckets::Demand;
pub(crate) use queue::Leave;
use queue::{Joined, Place, Shared};

/// The buckets of one sign-in; shared by all labs of a run.
#[derive(Debug)]
pub(crate) struct Limits(Shared);

/// A place in a queue, given up when the request is dropped.
struct Standing<'a> {
    shared: &'a Shared,
    queue: usize,
    place: Place,
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        let waiter =
            self.shared.state().queues.get_mut(&self.queue).and_then(|queue| queue.waiting.remove(&self.place));
        // Outside of the lock: it may hold leave that it has not looked at.
        drop(waiter);
    }
}

impl Limits {
    /// Full buckets.
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Shared::new(clock))
    }

    /// Waits until a request may go out, and notes how long that took, in service time, for the event that ends the resource.
    pub(crate) async fn admit(&self, method: &Method, path: &str) -> Leave {
        let shared = &self.0;
        let clock = shared.clock();
        let before = clock.now();
        let Demand { arm, of_service, urgency } = Demand::of(method, path);
        let now = shared.now();
        let (queue, Joined { place, mut may_go, usher, bell }) = {
            let mut state = shared.state();
            let bucket = state.place(arm);
            let of_service = of_service.into_iter().map(|one| state.place(one)).collect();
            (bucket, state.join(bucket, of_service, urgency, now))
        };
        let standing = Standing { shared, queue, place };
        shared.usher(standing.queue);
        if let Ok(leave) = may_go.try_recv() {
            return leave;
        }
        bell.notify_one();
        let ushering = async {
            // It ends with the wait: who is let go leaves it to another.
            let _turn = usher.lock().await;
            loop {
                let next = shared.usher(standing.queue);
                let wait = next.map_or(LONGEST, |next| next.saturating_sub(shared.now()).min(LONGEST));
                // One's own token may be among those just given.
                tokio::select! {
                    () = clock.sleep(wait.max(SHORTEST)) => {}
                    () = bell.notified() => {}
                }
            }
        };
        let leave = tokio::select! {
            biased;
            // Who stands in a queue is let go, or goes away.
            Ok(leave) = &mut may_go => leave,
            leave = ushering => leave,
        };
        note_wait(leave.limit(), clock, before);
        leave
    }
}

/// The resolution of timers: a shorter sleep would be one of no time.
const SHORTEST: Duration = Duration::from_millis(1);
/// How long an usher sleeps that waits for nothing but its bell.
const LONGEST: Duration = Duration::from_secs(3_600);

#[cfg(test)]
#[path = "limits/tests.rs"]
mod tests;
