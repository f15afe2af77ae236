//! Who is stuck, and since when: a rule on what the board has seen of a lab, look by look. For how long is told in the
//! service's time.
//!
//! - A lab's *situation* is what it is at, what its resources are at, which run is at work, and which checks fail. What counts is
//!   since when it has not changed, as far as the board has seen it: from its first look on.
//! - A check of `verify` that fails, and a resource that failed while no run is at work, are stuck at once.
//! - What is missing or differs while neither a run nor Azure is at work is stuck after [`ALONE`].
//! - What does not change while one of them is at work is stuck after [`SLOW`].

use std::collections::HashMap;
use std::time::Duration;

use time::OffsetDateTime;

use crate::outcome::LabState;
use crate::outcome::state::{AtWork, ResourceState};
use crate::pages::board::Kind;
use crate::values::ResourceKind;
use azlab_clock::Clock;

/// Between two steps of a run, nothing is at work for seconds; a run that waits for a region's limits does so under a lease.
const ALONE: Duration = Duration::from_secs(2 * 60);
/// The longest step is a cluster's creation, of five minutes (azure-facts.md); a slow region takes ten.
const SLOW: Duration = Duration::from_secs(15 * 60);

/// Resources that a seat names; a projector has few words.
const TOLD: usize = 2;

/// What a look shows of a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Situation {
    /// Its state; the code of the error, if it cannot be read.
    pub(super) state: Result<LabState, String>,
    /// The run at work on it.
    pub(super) run: Option<AtWork>,
    /// Its resources: what each is at, and the service's word.
    pub(super) resources: Vec<(ResourceKind, ResourceState, Option<String>)>,
    /// The checks that fail, by their ids.
    pub(super) failed: Vec<&'static str>,
}

impl Situation {
    /// Whether it is `other`, but for how fresh its run's lease is.
    fn is(&self, other: &Self) -> bool {
        let run = |one: &Self| one.run.as_ref().map(|run| (run.command.clone(), run.since.clone()));
        (&self.state, &self.resources, &self.failed, run(self))
            == (&other.state, &other.resources, &other.failed, run(other))
    }

    /// What is not as it should be, in words: what failed, else what Azure is at work on, else the first of what is missing.
    fn wrong(&self) -> String {
        let of = |wanted: &[ResourceState]| -> Vec<String> {
            let wrong = self.resources.iter().filter(|(_, state, _)| wanted.contains(state));
            wrong.map(|(kind, state, status)| format!("{kind} {}", words(*state, status.as_deref()))).collect()
        };
        let groups =
            [&[ResourceState::Failed][..], &[ResourceState::Busy], &[ResourceState::Differs, ResourceState::Absent]];
        let told = groups.into_iter().map(of).find(|told| !told.is_empty()).unwrap_or_default();
        match told.len() {
            0..=TOLD => told.join(", "),
            count => format!("{} and {} more", told[..TOLD].join(", "), count - TOLD),
        }
    }

    fn has(&self, wanted: ResourceState) -> bool {
        self.resources.iter().any(|(_, state, _)| *state == wanted)
    }
}

/// What a resource is at, in words.
pub(super) fn words(state: ResourceState, status: Option<&str>) -> String {
    let word = state.word();
    status.map_or_else(|| word.to_owned(), |status| format!("{word} ({status})"))
}

/// What the board says of a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) kind: Kind,
    pub(super) since: OffsetDateTime,
    pub(super) why: Option<String>,
}

/// What was seen of each lab so far.
#[derive(Debug)]
pub(super) struct Story {
    labs: HashMap<String, (Situation, OffsetDateTime)>,
    /// Service seconds in a second between two dates.
    rate: f64,
}

impl Story {
    /// Nothing yet.
    pub(super) fn new(clock: &Clock) -> Self {
        Self { labs: HashMap::new(), rate: clock.rate() }
    }

    /// What the lab `key` is, which a look at `now` shows in this situation.
    pub(super) fn judge(&mut self, key: &str, situation: Situation, now: OffsetDateTime) -> Judged {
        let since = match self.labs.get(key) {
            Some((before, since)) if before.is(&situation) => *since,
            _ => now,
        };
        let (kind, why) = judged(&situation, (now - since) * self.rate);
        self.labs.insert(key.to_owned(), (situation, since));
        Judged { kind, since, why }
    }

    /// Forgets the labs that `is_there` does not name.
    pub(super) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.labs.retain(|key, _| is_there(key));
    }
}

fn judged(situation: &Situation, unchanged: time::Duration) -> (Kind, Option<String>) {
    let state = match &situation.state {
        Err(code) => return (Kind::Unknown, Some(format!("cannot be read: {code}"))),
        Ok(state) => *state,
    };
    let wrong = situation.wrong();
    let is_at_work = situation.run.is_some() || situation.has(ResourceState::Busy);
    if is_at_work {
        let is_slow = unchanged >= SLOW;
        let why = match (is_slow, wrong.is_empty()) {
            (false, true) => None,
            (false, false) => Some(wrong),
            (true, true) => Some("nothing changes".to_owned()),
            (true, false) => Some(format!("nothing changes: {wrong}")),
        };
        return (if is_slow { Kind::Stuck } else { Kind::Working }, why);
    }
    match state {
        LabState::Absent | LabState::Deleted => (Kind::Absent, None),
        LabState::Paused => (Kind::Paused, None),
        LabState::Ready if situation.failed.is_empty() => (Kind::Ready, None),
        LabState::Ready => {
            let failed = situation.failed.iter().map(|id| id.replace('_', " ")).collect::<Vec<_>>().join(", ");
            (Kind::Stuck, Some(format!("verify fails: {failed}")))
        }
        LabState::Incomplete | LabState::Failed | LabState::Interrupted => {
            if situation.has(ResourceState::Failed) {
                (Kind::Stuck, Some(wrong))
            } else if unchanged >= ALONE {
                (Kind::Stuck, Some(format!("nobody is at work: {wrong}")))
            } else {
                (Kind::Incomplete, Some(wrong))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-04-20 08:00 UTC);

    fn at(minutes: f64) -> OffsetDateTime {
        START + time::Duration::seconds_f64(minutes * 60.0)
    }

    fn story() -> Story {
        Story { labs: HashMap::new(), rate: 1.0 }
    }

    fn cluster(state: ResourceState, status: Option<&str>) -> Situation {
        let lab = if state == ResourceState::Ready { LabState::Ready } else { LabState::Incomplete };
        let resources = vec![(ResourceKind::Cluster, state, status.map(str::to_owned))];
        Situation { state: Ok(lab), run: None, resources, failed: Vec::new() }
    }

    fn run(renewed: &str) -> Option<AtWork> {
        let text = |text: &str| text.to_owned();
        Some(AtWork { command: text("provision"), by: text("ada@laptop"), since: text("s"), renewed: text(renewed) })
    }

    #[test]
    fn what_failed_is_stuck_at_once_and_since_it_was_seen_first() {
        let mut story = story();
        let failed = cluster(ResourceState::Failed, Some("Failed"));
        let first = story.judge("a", failed.clone(), at(1.0));
        assert_eq!((first.kind, first.since), (Kind::Stuck, at(1.0)));
        assert_eq!(first.why.as_deref(), Some("cluster failed (Failed)"));
        assert_eq!(story.judge("a", failed.clone(), at(9.0)).since, at(1.0));
        let repaired = Situation { run: run("x"), ..failed };
        assert_eq!(story.judge("a", repaired, at(10.0)).kind, Kind::Working, "somebody repairs it");
    }

    #[test]
    fn what_nobody_works_on_is_stuck_after_two_minutes() {
        let mut story = story();
        let absent = cluster(ResourceState::Absent, None);
        assert_eq!(story.judge("a", absent.clone(), at(0.0)).kind, Kind::Incomplete);
        assert_eq!(story.judge("a", absent.clone(), at(1.9)).kind, Kind::Incomplete);
        let stuck = story.judge("a", absent, at(2.0));
        assert_eq!((stuck.kind, stuck.since), (Kind::Stuck, at(0.0)));
        assert_eq!(stuck.why.as_deref(), Some("nobody is at work: cluster absent"));
    }

    #[test]
    fn work_is_stuck_after_fifteen_minutes_without_a_change_whoever_renews_the_lease() {
        let mut story = story();
        let busy = |status, renewed| Situation { run: run(renewed), ..cluster(ResourceState::Busy, Some(status)) };
        assert_eq!(story.judge("a", busy("Creating", "1"), at(0.0)).kind, Kind::Working);
        assert_eq!(story.judge("a", busy("Creating", "2"), at(14.0)).kind, Kind::Working);
        assert_eq!(story.judge("a", busy("Updating", "2"), at(14.5)).kind, Kind::Working, "it changed");
        assert_eq!(story.judge("a", busy("Updating", "3"), at(29.0)).kind, Kind::Working);
        let stuck = story.judge("a", busy("Updating", "4"), at(29.5));
        assert_eq!((stuck.kind, stuck.since), (Kind::Stuck, at(14.5)));
        assert_eq!(stuck.why.as_deref(), Some("nothing changes: cluster busy (Updating)"));
        assert_eq!(story.judge("a", cluster(ResourceState::Ready, None), at(30.0)).kind, Kind::Ready);
    }

    #[test]
    fn a_ready_lab_whose_check_fails_is_stuck_and_one_that_cannot_be_read_is_unknown() {
        let mut story = story();
        let ready = cluster(ResourceState::Ready, None);
        let failing = Situation { failed: vec!["role_assignment"], ..ready.clone() };
        let judged = story.judge("a", failing, at(3.0));
        assert_eq!((judged.kind, judged.why.as_deref()), (Kind::Stuck, Some("verify fails: role assignment")));
        let unread = Situation { state: Err("AuthorizationFailed".to_owned()), ..ready };
        let judged = story.judge("a", unread, at(4.0));
        assert_eq!((judged.kind, judged.since), (Kind::Unknown, at(4.0)));
        assert_eq!(judged.why.as_deref(), Some("cannot be read: AuthorizationFailed"));
    }

    #[test]
    fn what_does_not_exist_or_is_paused_is_never_stuck() {
        let mut story = story();
        for (state, kind) in [(LabState::Absent, Kind::Absent), (LabState::Paused, Kind::Paused)] {
            let situation = Situation { state: Ok(state), run: None, resources: Vec::new(), failed: Vec::new() };
            assert_eq!(story.judge("a", situation.clone(), at(0.0)).kind, kind);
            assert_eq!(story.judge("a", situation, at(500.0)).kind, kind);
        }
        story.keep(|_| false);
        assert!(story.labs.is_empty());
    }
}
