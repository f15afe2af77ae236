//! What a run tells of a class, against the world.

use std::collections::BTreeSet;

use azlab::outcome::{Exit, LabOutcome, LabState};
use azlab_sandbox::{Inventory, SUBSCRIPTION_ID};

use super::bodies::Body;
use super::command::Command;
use super::file::ClassFile;
use super::judge::short_of_hers;
use crate::drive::Ran;
use crate::oracle::{Invariant, Violation};

/// What there is.
pub struct World<'a> {
    /// The file.
    pub file: &'a ClassFile,
    /// Everything.
    pub inventory: &'a Inventory,
    /// The labs.
    pub bodies: &'a [Body],
    /// Role assignments that the host gave.
    pub granted: &'a BTreeSet<String>,
}

fn labs(ran: &Ran) -> &[LabOutcome] {
    ran.finished.as_ref().and_then(|finished| finished.result.labs.as_deref()).unwrap_or_default()
}

impl World<'_> {
    /// The group that is told of a lab.
    fn body(&self, told: &LabOutcome) -> Option<&Body> {
        let subscription = told.subscription.as_deref().unwrap_or(SUBSCRIPTION_ID);
        let is_it = |body: &&Body| {
            body.group.eq_ignore_ascii_case(&told.resource_group)
                && body.subscription.eq_ignore_ascii_case(subscription)
        };
        self.bodies.iter().find(is_it)
    }

    fn short(&self, body: &Body) -> Vec<String> {
        let mut short = body.short_of_ready(self.inventory);
        if self.file.lists(&body.lab) {
            short.extend(short_of_hers(body, self.file, self.granted));
        }
        short
    }
}

/// Judges the result of a run beside which no other one ran.
pub fn judge(ran: &Ran, world: &World<'_>, hidden: bool) -> Vec<Violation> {
    let command = Command(&ran.line);
    let mut lies = Vec::new();
    for told in labs(ran).iter().filter(|told| told.error.is_none()) {
        let name = &told.name;
        match (command.verb(), told.state) {
            ("provision" | "reset" | "swap", LabState::Ready) => match world.body(told) {
                Some(body) if body.lab == *name => {
                    let mut short = world.short(body);
                    // Who is made ready alone is ready whatever becomes of the rest of a swap.
                    short.retain(|what| command.verb() != "swap" || !what.contains("access"));
                    lies.extend(short.into_iter().map(|what| format!("{name} is told as ready, and {what}")));
                }
                found => lies.push(format!(
                    "{name} is told as {}, which is {:?}",
                    told.resource_group,
                    found.map(|body| &body.lab)
                )),
            },
            ("teardown" | "sweep", LabState::Deleted | LabState::Absent) if !hidden => {
                let is_left = |body: &&Body| body.lab == *name && !body.is_going;
                if let Some(left) = world.bodies.iter().find(is_left).filter(|_| command.verb() == "teardown") {
                    lies.push(format!("{name} is told as gone, and {} is there", left.id));
                }
            }
            _ => {}
        }
    }
    if ran.exit() == Some(Exit::Done) && command.verb() == "provision" {
        let told: BTreeSet<&str> = labs(ran).iter().map(|lab| lab.name.as_str()).collect();
        let silent = command.labs(world.file).into_iter().filter(|lab| !told.contains(lab.as_str()));
        lies.extend(silent.map(|lab| format!("done, and nothing is told of {lab}")));
    }
    lies.into_iter().map(|what| Invariant::HonestResult.broken(format!("{}: {what}", ran.line))).collect()
}

/// Judges `status`, asked while nothing went wrong of a class that was as `before` says.
pub fn judge_status(ran: &Ran, before: &[Body], world: &World<'_>) -> Vec<Violation> {
    let mut lies = Vec::new();
    if ran.exit() != Some(Exit::Done) {
        lies.push(format!("status ends with {:?}: {}", ran.exit(), crate::trace::errors(ran)));
    }
    // A swap that is not finished leaves two groups with one name.
    let swapped: BTreeSet<&str> =
        world.bodies.iter().filter_map(|body| Some([body.lab.as_str(), body.replaces()?.1])).flatten().collect();
    for lab in world.file.labs().iter().filter(|lab| !swapped.contains(lab.as_str())) {
        let told = labs(ran).iter().find(|told| told.name == *lab);
        let is_it = |body: &&Body| body.lab == *lab && !body.is_going;
        // It may have gone while it was looked at.
        if before.iter().chain(world.bodies).any(|body| body.lab == *lab && body.is_going) {
            continue;
        }
        let body = world.bodies.iter().find(is_it);
        let state = told.map(|told| told.state);
        let short = body.map(|body| world.short(body)).unwrap_or_default();
        let is_true = match (body, state) {
            (None, Some(LabState::Absent)) => true,
            (Some(body), Some(LabState::Paused)) => body.is_paused(),
            (Some(_), Some(LabState::Ready)) => short.is_empty(),
            (Some(_), Some(LabState::Incomplete)) => !short.is_empty(),
            _ => false,
        };
        let is_there =
            told.and_then(|told| world.body(told)).is_some_and(|found| body.is_some_and(|body| body.is(found)));
        if !is_true || (body.is_some() && !is_there) {
            let (at, where_told) = (body.map(|body| &body.id), told.map(|told| &told.resource_group));
            lies.push(format!(
                "status says {state:?} of {lab} in {where_told:?}; it is {at:?}, and {}",
                short.join("; ")
            ));
        }
    }
    lies.into_iter().map(|what| Invariant::HonestStatus.broken(what)).collect()
}
