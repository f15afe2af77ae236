//! What a run knows of one lab's lease: whether it holds it, and who else does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::lab::lease::Lease;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::values::{IfBusy, Writer};

/// One run's side of one lab's lease. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Leasing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: Writer,
    command: &'static str,
    if_busy: IfBusy,
    lab: String,
    group: String,
    group_id: String,
    state: Mutex<State>,
    /// One branch of the recipe takes it for all.
    taking: tokio::sync::Mutex<()>,
    /// Told when the lease is held.
    taken: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct State {
    hold: Hold,
    /// The other run that people were told of last.
    told: Option<Lease>,
}

/// How far a run has come with its own lease.
#[derive(Debug, Default)]
pub(super) enum Hold {
    /// Not taken yet.
    #[default]
    Open,
    /// Written, or maybe written.
    Held(Lease),
    /// This run has none, and takes none.
    Without,
}

impl Leasing {
    /// The side of the run `writer` of `command` on `lab`.
    pub(crate) fn new(writer: &Writer, command: &'static str, if_busy: IfBusy, lab: &LabSpec) -> Self {
        Self(Arc::new(Inner {
            writer: writer.clone(),
            command,
            if_busy,
            lab: lab.name.clone(),
            group: lab.group.clone(),
            group_id: lab.group_id(),
            state: Mutex::default(),
            taking: tokio::sync::Mutex::default(),
            taken: tokio::sync::Notify::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lab(&self) -> &str {
        &self.0.lab
    }

    pub(super) fn group(&self) -> &str {
        &self.0.group
    }

    pub(super) fn group_id(&self) -> &str {
        &self.0.group_id
    }

    /// What tells this run from the others, as a part of a tag's name.
    pub(super) fn run(&self) -> String {
        self.0.writer.in_tag_name()
    }

    pub(super) fn if_busy(&self) -> IfBusy {
        self.0.if_busy
    }

    /// The turn of one branch to take the lease.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.taking.lock().await
    }

    pub(super) fn hold(&self, hold: Hold) {
        let is_held = matches!(hold, Hold::Held(_));
        self.state().hold = hold;
        if is_held {
            self.0.taken.notify_one();
        }
    }

    /// Until the lease is held. One waits at a time.
    pub(super) async fn until_held(&self) {
        while self.held().is_none() {
            self.0.taken.notified().await;
        }
    }

    pub(super) fn held(&self) -> Option<Lease> {
        match &self.state().hold {
            Hold::Held(lease) => Some(lease.clone()),
            Hold::Open | Hold::Without => None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state().hold, Hold::Open)
    }

    /// What this run would say of itself at `now`.
    pub(super) fn own(&self, now: OffsetDateTime) -> Lease {
        Lease::new(&self.0.writer, self.0.command, now)
    }

    /// The lease that another run holds by `tags` at `now`.
    pub(super) fn of_another(&self, now: OffsetDateTime, tags: &Tags) -> Option<Lease> {
        Lease::of_another(tags, &self.0.writer, now)
    }

    /// Notes another run's lease, and says whether people were not told of it yet.
    pub(super) fn is_news(&self, lease: Lease) -> bool {
        let mut state = self.state();
        let is_same = |told: &Lease| told.since == lease.since && told.by == lease.by;
        let is_news = !state.told.as_ref().is_some_and(is_same);
        state.told = Some(lease);
        is_news
    }

    /// The other run that people were told of last.
    pub(crate) fn told(&self) -> Option<Lease> {
        self.state().told.clone()
    }

    /// Whether that run is still at work at `now`, as far as is known.
    pub(super) fn is_beside(&self, now: OffsetDateTime) -> bool {
        self.state().told.as_ref().is_some_and(|told| !told.is_stale(&self.0.writer, now))
    }
}
