//! Those who wait for the service's limits, and the leave that each is given to send its request.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::buckets::{Bucket, Urgency};
use super::level::Level;
use azlab_clock::{Clock, Stopwatch};

/// How long a request may stand behind more urgent ones; then it goes before them. The critical path of the largest class
/// that fits into a subscription (490 labs, 980 writes) takes 100 s.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who stands where in a queue: the urgency, and the number in the order of coming.
pub(super) type Place = (Urgency, u64);

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiter {
    /// Since when.
    since: Duration,
    /// The places of its service's buckets.
    of_service: Vec<usize>,
    /// Hears that it may go.
    go: oneshot::Sender<Leave>,
}

/// Those who wait for one of ARM's buckets.
#[derive(Debug)]
pub(super) struct Queue {
    /// The place of that bucket.
    bucket: usize,
    pub(super) waiting: BTreeMap<Place, Waiter>,
    usher: Arc<tokio::sync::Mutex<()>>,
    bell: Arc<Notify>,
}

/// What somebody has who has joined a queue.
pub(super) struct Joined {
    pub(super) place: Place,
    /// Gives the leave.
    pub(super) may_go: oneshot::Receiver<Leave>,
    /// Who has it lets the others go; all else sleep. Without it all would wake for each token.
    pub(super) usher: Arc<tokio::sync::Mutex<()>>,
    /// Wakes the usher: somebody may be able to go before the time that it knows of.
    pub(super) bell: Arc<Notify>,
}

/// The buckets and the queues of one sign-in.
#[derive(Debug, Default)]
pub(super) struct State {
    levels: Vec<Level>,
    by_name: HashMap<String, usize>,
    pub(super) queues: HashMap<usize, Queue>,
    came: u64,
}

/// [`State`] and its clock; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    clock: Clock,
    /// Tokens come back in the time in which the program could act: a date that is set forward brings none.
    since: Stopwatch,
    state: Arc<Mutex<State>>,
}

impl Shared {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, since: clock.stopwatch(), state: Arc::default() }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.since.elapsed()
    }

    /// Lets go who can, in order. Gives the time until which nobody else can; `None` if nobody waits, or if that cannot be said
    /// before the bell rings.
    pub(super) fn usher(&self, queue: usize) -> Option<Duration> {
        let now = self.now();
        self.state().usher(self, queue, now)
    }
}

impl State {
    /// The place of a bucket; one that nobody has asked for is full.
    pub(super) fn place(&mut self, (name, bucket): (String, Bucket)) -> usize {
        let levels = &mut self.levels;
        *self.by_name.entry(name).or_insert_with(|| {
            levels.push(Level::full(bucket));
            levels.len() - 1
        })
    }

    /// Puts somebody into the queue of the bucket at `bucket`; gives the place, and who tells that it is one's turn.
    pub(super) fn join(&mut self, bucket: usize, of_service: Vec<usize>, urgency: Urgency, now: Duration) -> Joined {
        self.came += 1;
        let place = (urgency, self.came);
        let (go, may_go) = oneshot::channel();
        let queue = self.queues.entry(bucket).or_insert_with(|| Queue {
            bucket,
            waiting: BTreeMap::new(),
            usher: Arc::default(),
            bell: Arc::default(),
        });
        queue.waiting.insert(place, Waiter { since: now, of_service, go });
        Joined { place, may_go, usher: Arc::clone(&queue.usher), bell: Arc::clone(&queue.bell) }
    }

    fn usher(&mut self, shared: &Shared, queue: usize, now: Duration) -> Option<Duration> {
        let Self { levels, queues, .. } = self;
        let queue = queues.get_mut(&queue)?;
        loop {
            // Nobody can go before ARM's own bucket has a token.
            let own = levels[queue.bucket].next(now)?;
            if own > now {
                return (!queue.waiting.is_empty()).then_some(own);
            }
            let is_patient = |waiter: &Waiter| now.saturating_sub(waiter.since) < PATIENCE;
            let impatient = queue.waiting.range((Urgency::Rest, 0)..).take_while(|(_, waiter)| !is_patient(waiter));
            let mut soonest: Option<Duration> = None;
            let mut first = None;
            for (place, waiter) in impatient.chain(&queue.waiting) {
                let mut places = waiter.of_service.iter();
                // The first that is empty says enough.
                let waits = places.find_map(|place| match levels[*place].next(now) {
                    Some(at) if at <= now => None,
                    later => Some(later),
                });
                let Some(later) = waits else {
                    first = Some(*place);
                    break;
                };
                soonest = soonest.into_iter().chain(later).min();
            }
            let Some((place, waiter)) = first.and_then(|place| queue.waiting.remove_entry(&place)) else {
                return soonest;
            };
            let Waiter { of_service, go, .. } = waiter;
            let places: Vec<usize> = std::iter::once(queue.bucket).chain(of_service).collect();
            // The token that came last is the one that was waited for; of two that came together, the narrower bucket's.
            let last = places.iter().copied().max_by_key(|place| levels[*place].next(now));
            let leave = Leave {
                shared: shared.clone(),
                number: place.1,
                queue: queue.bucket,
                places,
                limit: last.map_or("", |place| levels[place].bucket.name),
                sent: None,
            };
            leave.places.iter().for_each(|place| levels[*place].take());
            // Who no longer waits takes nothing.
            if let Err(mut leave) = go.send(leave) {
                leave.places.drain(..).for_each(|place| levels[place].give_back());
            }
        }
    }
}

/// Leave to send one request. Its tokens come back from the answer on, or from when the request has arrived for sure; whoever drops
/// it before it is sent gives them back.
#[derive(Debug)]
pub(crate) struct Leave {
    shared: Shared,
    number: u64,
    queue: usize,
    /// The places of its buckets; none once nothing is to be said about it any more.
    places: Vec<usize>,
    limit: &'static str,
    /// When the request was sent.
    sent: Option<Duration>,
}

impl Leave {
    /// The name of the limit that let it go last.
    pub(super) fn limit(&self) -> &'static str {
        self.limit
    }

    /// The request is sent now: what is held up before has not reached the service.
    pub(crate) fn send(&mut self) {
        let now = self.shared.now();
        if self.sent.replace(now).is_none() {
            self.tell(|level| level.send(self.number, now));
        }
    }

    /// The request was answered now: it has arrived.
    pub(crate) fn answer(mut self) {
        let now = self.shared.now();
        if let Some(sent) = self.sent {
            self.tell(|level| level.answer(self.number, sent, now));
            self.places.clear();
        }
    }

    /// Tells each level, and wakes the usher where somebody may go sooner than it thought.
    fn tell(&self, change: impl Fn(&mut Level)) {
        if self.places.is_empty() {
            return;
        }
        let mut state = self.shared.state();
        let mut is_sooner = false;
        for place in &self.places {
            let level = &mut state.levels[*place];
            is_sooner |= level.is_held_up();
            change(level);
        }
        if let Some(queue) = state.queues.get(&self.queue).filter(|queue| is_sooner && !queue.waiting.is_empty()) {
            queue.bell.notify_one();
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        // What was sent and has no answer may still be on its way.
        if self.sent.is_none() {
            self.tell(Level::give_back);
        }
    }
}
