//! The sandbox of a class, as its plan has it at the start.

use azlab_sandbox::{OtherSubscription, Settings};

use super::file::{SUBSCRIPTIONS, users};
use super::plan::ClassPlan;
use crate::large::raise_quotas;
use crate::world::settle;

/// What the sandbox is like at the start, for everybody.
pub(super) fn prepare(settings: &mut Settings, plan: &ClassPlan) {
    settle(settings, plan.pace);
    raise_quotas(settings);
    settings.directory.users = users();
    for (id, name) in SUBSCRIPTIONS.iter().skip(1).take(plan.subscriptions - 1) {
        let mut other = OtherSubscription::new(id, name);
        other.quota.clone_from(&settings.quota);
        settings.subscriptions.push(other);
    }
}

/// What is scarce, for labs: others have what they have.
pub(super) fn make_scarce(settings: &mut Settings, plan: &ClassPlan) {
    for (subscription, location, usage, limit) in &plan.quotas {
        let key = format!("{location}/{usage}");
        match subscription.checked_sub(1).and_then(|at| settings.subscriptions.get_mut(at)) {
            Some(other) => other.quota.insert(key, *limit),
            None => settings.quota.insert(key, *limit),
        };
    }
}
