//! Commands on a class that are cut at each single request, before and after its effect.

use super::draw::step;
use super::file::{ClassFile, Place, Row};
use super::plan::{ClassPlan, Step};
use crate::crash_points::{Cut, cut_at};
use crate::plan::{Pace, Stop};
use crate::run;

/// A command on a class, to be cut everywhere.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What is run before.
    pub before: &'static [&'static str],
    /// The command.
    pub line: &'static str,
    /// How many spares there are.
    pub spares: usize,
}

/// Two attendees whose labs go to two subscriptions: made, swapped, and taken away.
pub const CASES: [Case; 5] = [
    Case { before: &[], line: "provision --all", spares: 0 },
    Case { before: &["provision --all"], line: "swap -l ada --broken keep", spares: 1 },
    Case { before: &["provision --all"], line: "swap -l ada --broken teardown --yes", spares: 1 },
    Case { before: &["provision --all"], line: "pause --all", spares: 0 },
    Case { before: &["provision --all"], line: "teardown --all --yes", spares: 0 },
];

impl Case {
    /// The case, cut in one way.
    pub fn cut(&self, stop: Stop) -> ClassPlan {
        let row = |who| Row { name: who, attendee: who, location: None };
        let place = |subscription, location| Place { subscription, locations: vec![location], max_labs: None };
        let pace =
            Pace { recorded: false, factor: 0.3, late_principals_s: 0.0, purge_conflict_s: 0.0, page_size: 1000 };
        let first = Place { max_labs: Some(1), ..place(1, "swedencentral") };
        let mut steps: Vec<Step> = self.before.iter().map(|line| step(line)).collect();
        steps.push(Step { stop, ..step(self.line) });
        ClassPlan {
            seed: 0,
            pace,
            subscriptions: 2,
            quotas: Vec::new(),
            neighbours: false,
            file: ClassFile {
                places: vec![first, place(0, "westeurope")],
                moves: false,
                spares: self.spares,
                ttl: Some("8h"),
                rows: vec![row(0), row(1)],
            },
            steps,
            finishes_swaps_first: false,
            ends_with_teardown: true,
        }
    }
}

/// Cuts a case at each of its requests, or at one of `every`, before and after the request's effect.
pub fn cut(case: &Case, every: usize) -> Cut {
    cut_at(every, |stop| run(&case.cut(stop)))
}
