//! What the limits leave of a command's time, from what it has done: the bound beside the time of a class.

use std::collections::HashMap;

use super::work::Work;
use crate::azure::limits::Workload;
use crate::outcome::LabOutcome;
use crate::values::{Action, LabState, ResourceKind};

/// Seconds on the service's clock that the command took at least; `None` for a single lab, whose time is that of its resources.
/// Subscriptions have buckets of their own: the slowest counts.
pub(super) fn bound_s(works: &[Work], labs: &[LabOutcome]) -> Option<f64> {
    if labs.len() < 2 {
        return None;
    }
    let of_group: HashMap<&str, &Work> = works.iter().map(|work| (work.lab.group.as_str(), work)).collect();
    let mut loads: HashMap<&str, Workload> = HashMap::new();
    for lab in labs {
        let Some(work) = of_group.get(lab.resource_group.as_str()) else { continue };
        add(loads.entry(&work.lab.subscription).or_default(), work, lab);
    }
    // A tenth of a second, as `elapsed_s` is told to people.
    let slowest = loads.values().map(Workload::bound_s).fold(0.0, f64::max);
    Some((slowest * 10.0).round() / 10.0)
}

/// Adds what was done for one lab.
fn add(load: &mut Workload, work: &Work, lab: &LabOutcome) {
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
        load.credential_reads += work.lab.federated_credentials.len() as u32;
        load.other_reads += work.lab.deployments.len() as u32;
    }
}
