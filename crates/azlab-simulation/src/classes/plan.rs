//! What a seed of the family of classes means.

use std::fmt;

use super::draw;
use super::file::{ClassFile, PEOPLE, Row, SUBSCRIPTIONS};
use super::world;
use crate::faults::Trouble;
use crate::hands::Break;
use crate::plan::{Pace, Stop};
use crate::simulated::Simulated;
use crate::world::Report;

/// Everything about one simulation of a class. The same plan gives the same run.
#[derive(Clone, Debug)]
pub struct ClassPlan {
    /// Where it came from.
    pub seed: u64,
    /// How long things take.
    pub pace: Pace,
    /// How many subscriptions there are.
    pub subscriptions: usize,
    /// What is scarce where: a place in `SUBSCRIPTIONS`, a location, the usage, and how much there is of it.
    pub quotas: Vec<(usize, &'static str, &'static str, i64)>,
    /// Whether others have resources in each subscription.
    pub neighbours: bool,
    /// The file at the start.
    pub file: ClassFile,
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// Whether swaps that were cut off are finished before the last provision, or after it.
    pub finishes_swaps_first: bool,
    /// Whether the class is torn down in the end.
    pub ends_with_teardown: bool,
}

/// One command, or two at once, with what happens before and to them.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is changed before.
    pub changes: Vec<Change>,
    /// Seconds that pass before.
    pub after_s: f64,
    /// The command lines; the second one begins `apart_s` after the first.
    pub lines: Vec<String>,
    /// Seconds between two commands at once.
    pub apart_s: f64,
    /// How the first is cut off.
    pub stop: Stop,
    /// What goes wrong at the service and on the way to it.
    pub troubles: Vec<Trouble>,
    /// Whether `status` is asked afterwards.
    pub look: bool,
}

/// What somebody changes between two commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A row is put in at this place.
    Added(usize, Row),
    /// The row of this lab is gone.
    Removed(&'static str),
    /// The lab of a row is for somebody else now.
    Attendee(&'static str, usize),
    /// A row has another name, and with it another lab.
    Renamed(&'static str, usize),
    /// The rows stand the other way round.
    Reversed,
    /// There are so many spares.
    Spares(usize),
    /// A region of a subscription has no capacity for clusters any more; whether the cluster's operation tells that.
    Full(usize, &'static str, bool),
    /// All regions have capacity.
    Room,
    /// Whether somebody may write in a subscription.
    Rights(usize, bool),
    /// The lab is broken.
    Broken(&'static str, Break),
    /// The host gives somebody the role Reader on the lab.
    Granted(&'static str, usize),
}

impl ClassPlan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        draw::plan(seed)
    }
}

impl Simulated for ClassPlan {
    const REPLAY: &'static str = "--family class ";

    fn seed(&self) -> u64 {
        self.seed
    }

    fn size(&self) -> usize {
        let of = |step: &Step| {
            2 + step.troubles.len()
                + step.lines.len()
                + step.changes.len()
                + usize::from(step.stop != Stop::No)
                + usize::from(step.look)
        };
        let flags = [self.neighbours, self.finishes_swaps_first, self.ends_with_teardown, self.file.ttl.is_some()];
        self.steps.iter().map(of).sum::<usize>()
            + flags.into_iter().filter(|on| *on).count()
            + self.quotas.len()
            + self.file.rows.len()
    }

    fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut with = |change: &dyn Fn(&mut Self)| {
            let mut candidate = self.clone();
            change(&mut candidate);
            if candidate.size() < self.size() {
                all.push(candidate);
            }
        };
        for at in 0..self.steps.len() {
            with(&|plan| drop(plan.steps.remove(at)));
            with(&|plan| plan.steps[at].troubles.clear());
            for trouble in 0..self.steps[at].troubles.len() {
                with(&|plan| drop(plan.steps[at].troubles.remove(trouble)));
            }
            for change in 0..self.steps[at].changes.len() {
                with(&|plan| {
                    plan.steps[at].changes.remove(change);
                });
            }
            with(&|plan| plan.steps[at].stop = Stop::No);
            with(&|plan| plan.steps[at].look = false);
            with(&|plan| plan.steps[at].lines.truncate(1));
        }
        for row in (0..self.file.rows.len()).filter(|_| self.file.rows.len() > 1) {
            with(&|plan| {
                plan.file.rows.remove(row);
            });
        }
        for quota in 0..self.quotas.len() {
            with(&|plan| {
                plan.quotas.remove(quota);
            });
        }
        with(&|plan| plan.neighbours = false);
        with(&|plan| plan.ends_with_teardown = false);
        with(&|plan| plan.finishes_swaps_first = false);
        with(&|plan| plan.file.ttl = None);
        all
    }

    async fn simulate(&self) -> Report {
        world::run(self).await
    }
}

impl fmt::Display for ClassPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: a class of", self.seed)?;
        for row in &self.file.rows {
            write!(f, " {}", row.lab())?;
            if let Some(location) = row.location {
                write!(f, " (in {location})")?;
            }
        }
        write!(f, " and {} spares", self.file.spares)?;
        for place in &self.file.places {
            write!(f, ", to {:?} of {}", place.locations, SUBSCRIPTIONS[place.subscription].0)?;
            if let Some(most) = place.max_labs {
                write!(f, " at most {most}")?;
            }
        }
        if self.file.moves {
            write!(f, ", moving")?;
        }
        for (subscription, location, usage, limit) in &self.quotas {
            write!(f, ", {limit} {usage} in {location} of {}", SUBSCRIPTIONS[*subscription].0)?;
        }
        if self.neighbours {
            write!(f, ", beside others")?;
        }
        for step in &self.steps {
            for change in &step.changes {
                write!(f, ", then {change}")?;
            }
            write!(f, ", then {}", step.lines.join(" and at once "))?;
            if step.stop != Stop::No {
                write!(f, " ({:?})", step.stop)?;
            }
        }
        write!(f, ", at last provision{}", if self.ends_with_teardown { " and teardown" } else { "" })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |person: &usize| PEOPLE[*person].lab;
        match self {
            Self::Added(at, row) => write!(f, "a row {} at {at}", row.lab()),
            Self::Removed(lab) => write!(f, "no row {lab}"),
            Self::Attendee(lab, who) => write!(f, "the row {lab} for {}", of(who)),
            Self::Renamed(lab, who) => write!(f, "the row {lab} called {}", of(who)),
            Self::Reversed => write!(f, "the rows reversed"),
            Self::Spares(count) => write!(f, "{count} spares"),
            Self::Full(subscription, location, by_operation) => {
                let how = if *by_operation { "operation" } else { "request" };
                write!(f, "{location} of {} full by {how}", SUBSCRIPTIONS[*subscription].0)
            }
            Self::Room => write!(f, "room everywhere"),
            Self::Rights(subscription, on) => {
                write!(f, "{} rights in {}", if *on { "all" } else { "no" }, SUBSCRIPTIONS[*subscription].0)
            }
            Self::Broken(lab, what) => write!(f, "{lab} broken: {what:?}"),
            Self::Granted(lab, who) => write!(f, "Reader on {lab} for {}", of(who)),
        }
    }
}
