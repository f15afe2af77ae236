//! What is known of every lab and resource from the events so far: the memory behind bars and heartbeat.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use crate::events::{Event, EventKind};
use crate::outcome::{Action, LabState};
use crate::values::ResourceKind;
use azlab_clock::Clock;

/// Moments of a run are told in service time since it began, from here on: that need not pass as the date does.
const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// All labs, in the order of their names; `None` holds what belongs to no lab.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    /// The date of the last event, and its moment of the run.
    last: Option<(OffsetDateTime, OffsetDateTime)>,
    /// Before when the service's limits do not let it end.
    earliest_end: Option<OffsetDateTime>,
    labs: BTreeMap<Option<String>, Lab>,
    /// Whether the command deletes labs.
    deletes: bool,
}

/// One lab. Resources keep the order of [`ResourceKind`], then of their names, so that rows do not change places.
#[derive(Debug, Default)]
pub(super) struct Lab {
    pub(super) resources: BTreeMap<(ResourceKind, String), Resource>,
    /// When its work began.
    pub(super) since: Option<OffsetDateTime>,
    /// How it ended.
    pub(super) ended: Option<LabState>,
    /// The code of the error with which it ended.
    pub(super) cause: Option<String>,
}

/// One resource.
#[derive(Debug)]
pub(super) struct Resource {
    /// When work on it began.
    pub(super) since: OffsetDateTime,
    pub(super) state: State,
    /// What was told of it before, each once: whether it is created, the service's status, the reason to wait.
    told: Told,
}

#[derive(Debug, Default)]
struct Told {
    create: Option<bool>,
    status: Option<String>,
    reason: Option<String>,
}

/// Where a resource stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    /// Being looked at.
    Checking,
    /// Being created, or else changed.
    Writing { create: bool },
    /// The service said so.
    Status(String),
    /// Tried again at a known time.
    Waiting { reason: String, until: OffsetDateTime },
    /// As it should be, after so many seconds.
    Done { action: Action, elapsed_s: f64 },
    /// Failed with a code, after so many seconds.
    Failed { code: String, elapsed_s: f64 },
    /// Work on it stopped before its end; what was last known of it, after so many seconds.
    Left { last: String, elapsed_s: f64 },
}

impl State {
    /// Whether something is still to come.
    pub(super) fn active(&self) -> bool {
        matches!(self, Self::Checking | Self::Writing { .. } | Self::Status(_) | Self::Waiting { .. })
    }

    /// In words. Waiting times count down to `now`.
    pub(super) fn words(&self, now: OffsetDateTime) -> String {
        match self {
            Self::Checking => "checking".to_owned(),
            Self::Writing { create: true } => "creating".to_owned(),
            Self::Writing { create: false } => "updating".to_owned(),
            Self::Status(status) => status.clone(),
            Self::Waiting { reason, until } => {
                let seconds = (*until - now).as_seconds_f64().ceil();
                if seconds > 0.0 { format!("retry in {seconds:.0}s: {reason}") } else { format!("retrying: {reason}") }
            }
            Self::Done { action, .. } => past(*action).to_owned(),
            Self::Failed { code, .. } => code.clone(),
            Self::Left { last, .. } => format!("left: {last}"),
        }
    }
}

/// An action as what has happened.
pub(super) fn past(action: Action) -> &'static str {
    match action {
        Action::Created => "created",
        Action::Updated => "updated",
        Action::Unchanged => "unchanged",
        Action::Deleted => "deleted",
        Action::Purged => "purged",
        Action::Restored => "restored",
    }
}

impl Tracker {
    /// Whether the command deletes labs: one that does not exist is done then.
    pub(super) fn deletes(&self) -> bool {
        self.deletes
    }

    /// Takes in an event; false if it repeats what the one before said.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        let at = moment(event.elapsed_s);
        self.last = Some((event.at, at));
        let lab = self.labs.entry(event.lab.clone()).or_default();
        match &event.kind {
            EventKind::RunStarted { command, .. } => self.deletes = matches!(*command, "teardown" | "sweep"),
            EventKind::LabStarted { .. } => lab.since = Some(at),
            EventKind::ResourceStarted { resource, name } => lab.resource(*resource, name, at).state = State::Checking,
            EventKind::ResourceWriting { resource, name, create, .. } => {
                let resource = lab.resource(*resource, name, at);
                resource.state = State::Writing { create: *create };
                return resource.told.create.replace(*create) != Some(*create);
            }
            EventKind::ResourceStatus { resource, name, status } => {
                let resource = lab.resource(*resource, name, at);
                resource.state = State::Status(status.clone());
                return resource.told.status.replace(status.clone()).as_ref() != Some(status);
            }
            EventKind::ResourceWaiting { resource, name, reason, retry_in_s } => {
                let resource = lab.resource(*resource, name, at);
                let until = at.saturating_add(Duration::seconds_f64(sane(*retry_in_s)));
                resource.state = State::Waiting { reason: reason.clone(), until };
                return resource.told.reason.replace(reason.clone()).as_ref() != Some(reason);
            }
            EventKind::ResourceFinished { resource, name, action, elapsed_s, .. } => {
                lab.resource(*resource, name, at).state = State::Done { action: *action, elapsed_s: *elapsed_s };
            }
            EventKind::ResourceFailed { resource, name, error, .. } => {
                let resource = lab.resource(*resource, name, at);
                let elapsed_s = (at - resource.since).as_seconds_f64();
                resource.state = State::Failed { code: error.code.clone(), elapsed_s };
            }
            EventKind::LabFinished { state, error, .. } => {
                lab.ended = Some(*state);
                lab.cause = error.as_ref().map(|error| error.code.clone());
                lab.leave(at);
            }
            EventKind::RunPlanned { bound_s } => {
                self.earliest_end = Some(at.saturating_add(Duration::seconds_f64(sane(*bound_s))));
            }
            EventKind::RunFinished { .. } => self.leave(at),
            EventKind::Serving { .. }
            | EventKind::BoardServing { .. }
            | EventKind::AppObject { .. }
            | EventKind::AppWaiting { .. }
            | EventKind::Check { .. }
            | EventKind::LabMoved { .. }
            | EventKind::ModelSelected(_)
            | EventKind::Request { .. }
            | EventKind::Retrying { .. }
            | EventKind::Note { .. }
            | EventKind::LabBusy { .. }
            | EventKind::Interrupted { .. } => {}
        }
        true
    }

    /// No event will come any more: nothing is waited for.
    pub(super) fn leave(&mut self, at: OffsetDateTime) {
        self.earliest_end = None;
        self.labs.values_mut().for_each(|lab| lab.leave(at));
    }

    /// The moment of the run that it is by `clock`; the command began at [`START`].
    pub(super) fn now(&self, clock: &Clock) -> OffsetDateTime {
        self.last.map_or(START, |(date, at)| moment((at - START).as_seconds_f64() + clock.since(date).as_secs_f64()))
    }

    /// Seconds on the service's clock since the command began.
    pub(super) fn elapsed_s(&self, now: OffsetDateTime) -> f64 {
        (now - START).as_seconds_f64()
    }

    /// Seconds that are left at least, by the service's limits; `None` once they have passed.
    pub(super) fn left_s(&self, now: OffsetDateTime) -> Option<f64> {
        self.earliest_end.map(|end| (end - now).as_seconds_f64()).filter(|left| *left >= 1.0)
    }

    /// Whether there is more than one lab, so that each must be named.
    pub(super) fn several(&self) -> bool {
        self.labs.keys().flatten().nth(1).is_some()
    }

    /// The labs with their names, in order.
    pub(super) fn labs(&self) -> impl Iterator<Item = (Option<&str>, &Lab)> {
        self.labs.iter().map(|(name, lab)| (name.as_deref(), lab))
    }

    /// Whether anything is under way.
    pub(super) fn active(&self) -> bool {
        self.labs.values().any(|lab| lab.active().next().is_some())
    }
}

impl Lab {
    /// The resources that are under way, in order.
    pub(super) fn active(&self) -> impl Iterator<Item = (ResourceKind, &str, &Resource)> {
        self.resources
            .iter()
            .filter(|(_, resource)| resource.state.active())
            .map(|((kind, name), resource)| (*kind, name.as_str(), resource))
    }

    fn resource(&mut self, kind: ResourceKind, name: &str, at: OffsetDateTime) -> &mut Resource {
        let fresh = || Resource { since: at, state: State::Checking, told: Told::default() };
        let resource = self.resources.entry((kind, name.to_owned())).or_insert_with(fresh);
        if !resource.state.active() {
            *resource = fresh();
        }
        resource
    }

    fn leave(&mut self, at: OffsetDateTime) {
        for resource in self.resources.values_mut().filter(|resource| resource.state.active()) {
            let last = match &resource.state {
                // A countdown that stands still would lie.
                State::Waiting { reason, .. } => reason.clone(),
                state => state.words(at),
            };
            resource.state = State::Left { last, elapsed_s: (at - resource.since).as_seconds_f64() };
        }
    }
}

/// The moment of the run so many service seconds after its beginning.
fn moment(elapsed_s: f64) -> OffsetDateTime {
    START + Duration::seconds_f64(sane(elapsed_s))
}

/// The longest time that is counted: a century, far inside what dates can hold.
const LONGEST_S: f64 = 100.0 * 366.0 * 86_400.0;

/// Seconds that arithmetic on dates survives.
fn sane(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.clamp(0.0, LONGEST_S) } else { 0.0 }
}
