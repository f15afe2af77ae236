//! What hosts and others do beside azlab: what is full, who may write, what is broken, and what was there before.

use azlab_sandbox::{FullRegion, GrantedRole, Sandbox, Settings};

use super::bodies::Body;
use super::file::{PEOPLE, SUBSCRIPTIONS};
use super::plan::Change;
use super::world::World;
use crate::hands::{Break, Hands, READER};
use crate::oracle::inventory;

/// A group with an account, a soft-deleted account, a lab of ours of another workshop, and role assignments, in each
/// subscription.
pub async fn neighbours(sandbox: &Sandbox, subscriptions: usize) {
    for (subscription, _) in SUBSCRIPTIONS.iter().take(subscriptions) {
        let hands = Hands::in_group(sandbox, subscription, "theirs", "theiropenai1");
        hands.neighbours_of_a_class(PEOPLE[0].id).await;
    }
}

fn full_regions(settings: &mut Settings, subscription: usize) -> Option<&mut Vec<String>> {
    match subscription.checked_sub(1) {
        None => Some(&mut settings.full_regions),
        Some(at) => settings.subscriptions.get_mut(at).map(|other| &mut other.full_regions),
    }
}

fn role(name: &str) -> GrantedRole {
    GrantedRole { role: name.to_owned(), group: None, condition: None }
}

/// Makes a change, if it is not one of the file.
pub(super) async fn make(world: &mut World<'_>, change: &Change) {
    let set = |world: &World<'_>, change: &dyn Fn(&mut Settings)| {
        world.sandbox.control().change_settings(change).expect("settings");
    };
    match change {
        Change::Full(subscription, location, by_operation) => {
            world.is_full = true;
            set(world, &|settings| {
                settings.full_regions_refuse = if *by_operation { FullRegion::Operation } else { FullRegion::Request };
                full_regions(settings, *subscription).into_iter().for_each(|full| full.push((*location).to_owned()));
            });
        }
        Change::Room => {
            world.is_full = false;
            world.forget();
            set(world, &|settings| {
                for subscription in 0..SUBSCRIPTIONS.len() {
                    full_regions(settings, subscription).into_iter().for_each(Vec::clear);
                }
            });
        }
        Change::Rights(subscription, may_write) => {
            // Only where there is nothing of ours yet.
            let (id, _) = SUBSCRIPTIONS[*subscription];
            let now = inventory(&world.sandbox);
            if !may_write && world.bodies(&now).iter().any(|body| body.subscription == id) {
                return;
            }
            world.refusing = usize::from(!may_write);
            set(world, &|settings| {
                let other = subscription.checked_sub(1).and_then(|at| settings.subscriptions.get_mut(at));
                if let Some(other) = other {
                    other.roles = vec![role(if *may_write { "Owner" } else { "Reader" })];
                }
            });
        }
        Change::Broken(lab, what) => breaks(world, lab, *what).await,
        Change::Granted(lab, who) => {
            let now = inventory(&world.sandbox);
            let Some(body) = world.bodies(&now).into_iter().find(|body| body.lab == *lab && !body.is_going) else {
                return;
            };
            let hands = Hands::in_group(&world.sandbox, &body.subscription, &body.group, "");
            let guid = format!("7f1de6a0-2222-4222-8222-9444444444{who:02}");
            let id = hands.grants(&guid, READER, PEOPLE[*who].id).await;
            world.granted.extend(id);
        }
        _ => {}
    }
}

/// Breaks a lab that is whole.
async fn breaks(world: &mut World<'_>, lab: &str, what: Break) {
    let now = inventory(&world.sandbox);
    let is_it = |body: &Body| body.lab == lab && !body.is_paused() && body.short_of_ready(&now).is_empty();
    let Some(body) = world.bodies(&now).into_iter().find(is_it) else { return };
    let account = now.resources.iter().find(|item| {
        item.resource_type.ends_with("/accounts") && crate::oracle::is_in(&body.subscription, &body.group, &item.id)
    });
    let account = account.and_then(|item| item.id.rsplit('/').next()).unwrap_or_default();
    Hands::in_group(&world.sandbox, &body.subscription, &body.group, account).breaks(what).await;
}
