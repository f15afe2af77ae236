//! Client-side rate limits, so that we never draw a 429 by our own rate.
//!
//! A request goes out when every bucket that it falls in has a token, and takes all of them in that moment: a token that is
//! taken while the next bucket is still empty would be missing where it is needed. Who waits for the same of ARM's buckets
//! stands in one queue: the more urgent first, of those the one that came first; one that cannot go yet, because a bucket of its
//! service is empty, does not hold up those behind it. (governor's limiters take from one bucket each, and give nothing back.)

mod bound;
mod buckets;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use time::OffsetDateTime;
use tokio::sync::{Notify, oneshot};

use crate::events::note_wait;
use azlab_clock::Clock;
pub(crate) use bound::Workload;
use buckets::{Bucket, Demand, Urgency};

/// How long a request may stand behind more urgent ones; then it goes before them. The critical path of the largest class
/// that fits into a subscription (490 labs, 980 writes) takes 100 s.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is left of a bucket, as the moment at which it is full again.
#[derive(Debug)]
struct Level {
    bucket: Bucket,
    full_at: Duration,
}

impl Level {
    /// From when on there is a token.
    fn next(&self) -> Duration {
        self.full_at.saturating_sub(self.bucket.period * self.bucket.burst.saturating_sub(1))
    }

    fn take(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now) + self.bucket.period;
    }
}

/// Who stands where in a queue: the urgency, and the number in the order of coming.
type Place = (Urgency, u64);

/// One who waits.
#[derive(Debug)]
struct Waiter {
    /// Since when.
    since: Duration,
    /// The places of its service's buckets.
    of_service: Vec<usize>,
    /// Hears that it may go, and the name of the limit that let it go last.
    go: oneshot::Sender<&'static str>,
}

/// Those who wait for one of ARM's buckets.
#[derive(Debug)]
struct Queue {
    /// The place of that bucket.
    bucket: usize,
    waiting: BTreeMap<Place, Waiter>,
    /// Who has it lets the others go; all else sleep. Without it all would wake for each token.
    usher: Arc<tokio::sync::Mutex<()>>,
    /// Wakes the usher: somebody has come who may be able to go before those that it knows of.
    bell: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    levels: Vec<Level>,
    by_name: HashMap<String, usize>,
    queues: HashMap<usize, Queue>,
    came: u64,
}

/// The buckets of one sign-in; shared by all labs of a run.
#[derive(Debug)]
pub(crate) struct Limits {
    clock: Clock,
    start: OffsetDateTime,
    state: Mutex<State>,
}

impl State {
    /// The place of a bucket; one that nobody has asked for is full.
    fn place(&mut self, (name, bucket): (String, Bucket)) -> usize {
        let levels = &mut self.levels;
        *self.by_name.entry(name).or_insert_with(|| {
            levels.push(Level { bucket, full_at: Duration::ZERO });
            levels.len() - 1
        })
    }

    /// Lets go who can, in order. Gives the time until which nobody else can; `None` if nobody waits.
    fn usher(&mut self, queue: usize, now: Duration) -> Option<Duration> {
        let Self { levels, queues, .. } = self;
        let queue = queues.get_mut(&queue)?;
        loop {
            let own = levels[queue.bucket].next();
            let ready = |waiter: &Waiter| {
                let places = waiter.of_service.iter().map(|place| levels[*place].next());
                places.fold(own, Duration::max)
            };
            let is_patient = |waiter: &Waiter| now.saturating_sub(waiter.since) < PATIENCE;
            let impatient = queue.waiting.range((Urgency::Rest, 0)..).take_while(|(_, waiter)| !is_patient(waiter));
            let mut soonest: Option<Duration> = None;
            let mut first = None;
            // Nobody can go before ARM's own bucket has a token.
            if own > now {
                return (!queue.waiting.is_empty()).then_some(own);
            }
            for (place, waiter) in impatient.chain(&queue.waiting) {
                let at = ready(waiter);
                if at <= now {
                    first = Some(*place);
                    break;
                }
                soonest = Some(soonest.map_or(at, |soonest| soonest.min(at)));
            }
            let Some(waiter) = first.and_then(|place| queue.waiting.remove(&place)) else { return soonest };
            // The token that came last is the one that was waited for; of two that came together, the narrower bucket's.
            let places = std::iter::once(&queue.bucket).chain(&waiter.of_service);
            let last = places.map(|place| &levels[*place]).max_by_key(|level| level.next());
            // Who no longer waits takes nothing.
            if waiter.go.send(last.map_or("", |level| level.bucket.name)).is_ok() {
                for place in std::iter::once(&queue.bucket).chain(&waiter.of_service) {
                    levels[*place].take(now);
                }
            }
        }
    }
}

/// A place in a queue, given up when the request is dropped.
struct Standing<'a> {
    limits: &'a Limits,
    queue: usize,
    place: Place,
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.limits.state().queues.get_mut(&self.queue) {
            queue.waiting.remove(&self.place);
        }
    }
}

impl Limits {
    /// Full buckets.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, start: clock.now(), state: Mutex::default() }
    }

    /// Waits until a request may go out; returns how long that took, in service time, and notes it for the event that ends
    /// the resource.
    pub(crate) async fn admit(&self, method: &Method, path: &str) -> Duration {
        let before = self.clock.now();
        let Demand { arm, of_service, urgency } = Demand::of(method, path);
        let now = self.now();
        let (standing, mut may_go, usher, bell) = {
            let mut state = self.state();
            let bucket = state.place(arm);
            let of_service = of_service.into_iter().map(|one| state.place(one)).collect();
            state.came += 1;
            let place = (urgency, state.came);
            let (go, may_go) = oneshot::channel();
            let queue = state.queues.entry(bucket).or_insert_with(|| Queue {
                bucket,
                waiting: BTreeMap::new(),
                usher: Arc::default(),
                bell: Arc::default(),
            });
            queue.waiting.insert(place, Waiter { since: now, of_service, go });
            let (usher, bell) = (Arc::clone(&queue.usher), Arc::clone(&queue.bell));
            state.usher(bucket, now);
            (Standing { limits: self, queue: bucket, place }, may_go, usher, bell)
        };
        if may_go.try_recv().is_ok() {
            return Duration::ZERO;
        }
        bell.notify_one();
        let ushering = async {
            let _turn = usher.lock().await;
            loop {
                let next = self.state().usher(standing.queue, self.now());
                let wait = next.map_or(Duration::ZERO, |next| next.saturating_sub(self.now()));
                // One's own token may be among those just given.
                tokio::select! {
                    () = self.clock.sleep(wait.max(SHORTEST)) => {}
                    () = bell.notified() => {}
                }
            }
        };
        let limit = tokio::select! {
            biased;
            limit = &mut may_go => limit.unwrap_or_default(),
            () = ushering => "",
        };
        note_wait(limit, self.clock, before);
        self.clock.since(before)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.clock.since(self.start)
    }
}

/// The resolution of timers: a shorter sleep would be one of no time.
const SHORTEST: Duration = Duration::from_millis(1);

#[cfg(test)]
#[path = "limits/tests.rs"]
mod tests;
