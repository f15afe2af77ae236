//! What must hold. Each invariant judges from the sandbox's own state and request log, never from azlab's word.

pub mod app;
pub mod buckets;
pub mod lab;
pub mod lease;
pub mod result;
pub mod run;
pub mod told;
pub mod writes;

use std::collections::BTreeMap;

use azlab_sandbox::{Inventory, Sandbox};

use super::hands::group_of;

/// Something that must hold did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Invariant {
    /// The last command comes to its goal in at most two more runs.
    ReachesItsGoal,
    /// What passes by itself is got over in the same run.
    GetsOver,
    /// Nothing is created or written twice.
    NothingTwice,
    /// What is not ours stays as it is.
    NotOurs,
    /// JSON result and exit code agree with the world.
    HonestResult,
    /// `status` tells the truth.
    HonestStatus,
    /// Requests stay inside the published buckets, and pauses that the service asks for are kept.
    InsideBuckets,
    /// No secret in anything that is told.
    NoSecret,
    /// Nothing outlives its run.
    NothingOutlives,
    /// Every run ends, in bounded time and with a bounded rate of requests.
    Progress,
    /// No request that the service does not understand.
    WellFormed,
    /// A lab of a class goes only when somebody says so: by teardown, sweep, a rebuild, a swap, or a move out of a full region.
    NobodyLosesALab,
    /// Nobody has access to a lab of somebody else's, and everybody keeps the access to her own.
    OnlyTheirOwn,
    /// A lab is made where the file allows, and stays there, whatever the roster says later.
    StaysInItsPlace,
}

impl Invariant {
    /// A violation of it.
    pub fn broken(self, what: impl Into<String>) -> Violation {
        Violation { invariant: self, what: what.into() }
    }
}

/// What exists at one moment.
pub fn inventory(sandbox: &Sandbox) -> Inventory {
    sandbox.inventory().expect("the inventory")
}

/// Whether an id is part of this lab: its group, its nodes' group, its soft-deleted accounts.
pub fn is_of(lab: &str, id: &str) -> bool {
    let (id, group) = (id.to_ascii_lowercase(), group_of(lab).to_ascii_lowercase());
    id.split('/').any(|segment| segment == group || segment.starts_with(&format!("mc_{group}_")))
}

/// Whether an id is of this subscription and part of this group: in it, or in its nodes' group, or soft-deleted out of it.
pub fn is_in(subscription: &str, group: &str, id: &str) -> bool {
    let (id, group) = (id.to_ascii_lowercase(), group.to_ascii_lowercase());
    let is_here = id.starts_with(&format!("/subscriptions/{}/", subscription.to_ascii_lowercase()));
    is_here && id.split('/').any(|segment| segment == group || segment.starts_with(&format!("mc_{group}_")))
}

/// Everything that is of none of these labs, by id, as text to compare byte by byte.
pub fn others(inventory: &Inventory, labs: &[&str]) -> BTreeMap<String, String> {
    let items = inventory.resources.iter().chain(&inventory.soft_deleted);
    let others = items.filter(|item| !labs.iter().any(|lab| is_of(lab, &item.id)));
    others.map(|item| (item.id.clone(), format!("{} {}", item.state, item.body))).collect()
}

/// What of `before` is not the same in `now`, and what is new in it.
pub fn changed(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Violation> {
    let gone = before.iter().filter(|(id, text)| now.get(*id) != Some(text)).map(|(id, _)| match now.get(id) {
        None => format!("{id} is gone"),
        Some(_) => format!("{id} was changed"),
    });
    let new = now.keys().filter(|id| !before.contains_key(*id)).map(|id| format!("{id} is new"));
    gone.chain(new).map(|what| Invariant::NotOurs.broken(what)).collect()
}
