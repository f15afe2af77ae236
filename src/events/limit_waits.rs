//! What requests waited for the service's limits: noted where they wait, told by the event that ends their resource.
//!
//! The generated SDK crates stand between a resource and the channel, so the note travels with the task (as the work on a
//! resource does) and not through their arguments.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use super::Events;
use azlab_clock::Clock;

/// What is told of one limit is at least this long; shorter waits are part of any request.
const NOTICEABLE: Duration = Duration::from_secs(1);
/// Two waits for one limit with less than this between them are told as one.
const GAP: Duration = Duration::from_secs(1);
/// Entries of one resource; what comes after them is added to the last entry of its limit.
const MOST: usize = 16;

tokio::task_local! {
    static NOTES: RefCell<Notes>;
}

/// A resource's wait for a limit of the service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitWait {
    /// Which: `identity writes`, `ARM reads`; `429 SubscriptionRequestsThrottled` where the service itself asked to wait.
    pub limit: String,
    /// When it began, in the seconds of `elapsed_s`.
    pub from_s: f64,
    /// For how long, in service milliseconds.
    pub waited_ms: u64,
}

/// What was noted.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<Note>);

#[derive(Debug)]
struct Note {
    limit: String,
    began: OffsetDateTime,
    ended: OffsetDateTime,
    waited: Duration,
}

/// Does `work`, and gives what its requests waited for.
pub(crate) async fn noting_waits<T>(work: impl Future<Output = T>) -> (T, Notes) {
    let noted = async { (work.await, NOTES.with(RefCell::take)) };
    NOTES.scope(RefCell::default(), noted).await
}

/// Notes that a request has waited for `limit` since `began`, if it is part of work whose waits are noted.
pub(crate) fn note_wait(limit: &str, clock: Clock, began: OffsetDateTime) {
    // Outside of such work nobody asks.
    let _ = NOTES.try_with(|notes| notes.borrow_mut().add(limit, began, clock.now(), clock.rate()));
}

impl Notes {
    /// A wait from date to date, of which each second is `rate` seconds of the service.
    fn add(&mut self, limit: &str, began: OffsetDateTime, ended: OffsetDateTime, rate: f64) {
        let waited = (ended - began).unsigned_abs().mul_f64(rate);
        if waited.is_zero() {
            return;
        }
        let is_full = self.0.len() >= MOST;
        let last = self.0.iter_mut().rfind(|note| note.limit == limit);
        match last.filter(|note| is_full || (began - note.ended).as_seconds_f64() * rate < GAP.as_secs_f64()) {
            Some(note) => (note.ended, note.waited) = (ended, note.waited + waited),
            None if is_full => {}
            None => self.0.push(Note { limit: limit.to_owned(), began, ended, waited }),
        }
    }

    /// Both.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl Events {
    /// What was noted, as an event tells it: the limits that were waited for noticeably.
    pub(crate) fn waits(&self, notes: Notes) -> Vec<LimitWait> {
        let mut totals: HashMap<&str, Duration> = HashMap::new();
        for note in &notes.0 {
            *totals.entry(&note.limit).or_default() += note.waited;
        }
        let elapsed = self.elapsed();
        let tell = |note: &Note| LimitWait {
            limit: note.limit.clone(),
            from_s: elapsed.saturating_sub(self.clock.since(note.began)).as_secs_f64(),
            waited_ms: u64::try_from(note.waited.as_millis()).unwrap_or(u64::MAX),
        };
        let is_noticeable = |note: &&Note| totals.get(note.limit.as_str()).is_some_and(|total| *total >= NOTICEABLE);
        notes.0.iter().filter(is_noticeable).map(tell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn at(seconds: f64) -> OffsetDateTime {
        EPOCH + Duration::from_secs_f64(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_one_limit_are_told_together_and_what_is_short_is_not_told() {
        let clock = Clock::scaled(EPOCH, 1.0);
        let (events, _heard) = Events::channel(clock);
        let ((), notes) = noting_waits(async {
            for (limit, pause, wait) in [
                ("identity writes", 1.0, 2.0),
                ("identity writes", 0.5, 0.5),
                ("ARM reads", 0.0, 0.9),
                ("identity writes", 4.1, 0.25),
            ] {
                clock.sleep(Duration::from_secs_f64(pause)).await;
                let began = clock.now();
                clock.sleep(Duration::from_secs_f64(wait)).await;
                note_wait(limit, clock, began);
            }
            clock.sleep(Duration::from_secs_f64(0.75)).await;
        })
        .await;
        let wait = |from_s, waited_ms| LimitWait { limit: "identity writes".to_owned(), from_s, waited_ms };
        assert_eq!(events.waits(notes), [wait(1.0, 2_500), wait(9.0, 250)]);
        note_wait("of nobody", clock, at(0.0));
    }

    #[test]
    fn however_often_a_resource_waits_its_event_stays_short_and_no_time_is_lost() {
        let mut notes = Notes::default();
        for number in 0..1_000 {
            notes.add("AKS operations", at(f64::from(number) * 10.0), at(f64::from(number) * 10.0 + 2.0), 1.0);
        }
        assert_eq!(notes.0.len(), MOST);
        assert_eq!(notes.0.iter().map(|note| note.waited).sum::<Duration>(), Duration::from_secs(2_000));
    }
}
