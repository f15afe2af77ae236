//! What the limits leave of a command's time, from what it has done: the bound beside the time of a class.

use std::collections::HashMap;

use super::work::Work;
use crate::azure::limits::Workload;
use crate::lab::spec::LabSpec;
use crate::outcome::LabOutcome;
use crate::recipe::teardown_plan::TeardownPlan;
use crate::values::{Action, LabState, ResourceKind};

/// Seconds on the service's clock that the command took at least; `None` for a single lab, whose time is that of its resources.
/// Subscriptions have buckets of their own: the slowest counts.
pub(super) fn bound_s(works: &[Work], labs: &[LabOutcome]) -> Option<f64> {
    if labs.len() < 2 {
        return None;
    }
    let of_group: HashMap<&str, &Work> = works.iter().map(|work| (work.lab.group.as_str(), work)).collect();
    slowest_s(labs.iter().filter_map(|lab| {
        let work = of_group.get(lab.resource_group.as_str())?;
        Some((work.lab.subscription.as_str(), done(work, lab)))
    }))
}

/// The same of the load that each lab is, with its subscription: `None` of nothing.
pub(super) fn slowest_s<'a>(loads: impl Iterator<Item = (&'a str, Workload)>) -> Option<f64> {
    let mut all: HashMap<&str, Workload> = HashMap::new();
    loads.for_each(|(subscription, load)| all.entry(subscription).or_default().add(load));
    let slowest = all.values().map(Workload::bound_s).max_by(f64::total_cmp)?;
    // A tenth of a second, as `elapsed_s` is told to people.
    Some((slowest * 10.0).round() / 10.0)
}

/// What it takes to make `lab`, of which nothing exists if it `is_new`. What another one lacks is not known yet, so only the
/// look at it counts.
pub(super) fn of_making(lab: &LabSpec, is_new: bool) -> Workload {
    // An account that labs share, and what is deployed there, is none of the lab's.
    let (accounts, deployments) = if lab.is_sharing() { (0, 0) } else { (1, lab.deployments.len() as u32) };
    if !is_new {
        return Workload {
            credential_reads: lab.federated_credentials.len() as u32,
            other_reads: deployments,
            ..Workload::default()
        };
    }
    Workload {
        groups: 1,
        new_clusters: 1,
        identity_writes: 1 + lab.federated_credentials.len() as u32,
        // The account, its deployments, the role of the identity.
        other_writes: 1 + accounts + deployments + lab.access.as_ref().map_or(0, Vec::len) as u32,
        ..Workload::default()
    }
}

/// What it takes to delete what there is of a lab.
pub(super) fn of_removing(plan: &TeardownPlan, purge: bool) -> Workload {
    let groups = u32::from(plan.group.is_some());
    let accounts = plan.accounts.len() + plan.deleted_accounts.len();
    Workload {
        deleted_groups: groups,
        other_reads: groups,
        purges: if purge { accounts as u32 } else { 0 },
        ..Workload::default()
    }
}

/// What was done for one lab.
fn done(work: &Work, lab: &LabOutcome) -> Workload {
    let mut load = Workload::default();
    let mut is_new = lab.state == LabState::Absent;
    for change in &lab.changes {
        use ResourceKind as Kind;
        let is_write = matches!(change.action, Action::Created | Action::Updated | Action::Restored);
        match (change.resource, change.action) {
            (Kind::ResourceGroup, Action::Deleted) => {
                load.deleted_groups += 1;
                // Looked at right before it is deleted.
                load.other_reads += 1;
                is_new = true;
            }
            (_, Action::Purged) => load.purges += 1,
            (Kind::ResourceGroup, _) if is_write => {
                load.groups += 1;
                is_new = is_new || change.action == Action::Created;
            }
            (Kind::Cluster, Action::Updated) => load.changed_clusters += 1,
            (Kind::Cluster, _) if is_write => load.new_clusters += 1,
            (Kind::Identity | Kind::FederatedCredential, _) if is_write => load.identity_writes += 1,
            _ if is_write => load.other_writes += 1,
            _ => {}
        }
    }
    if !is_new {
        load.add(of_making(&work.lab, false));
    }
    load
}
