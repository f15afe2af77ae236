//! Swaps that were cut off, finished by a command that makes labs: until then two groups say that they are the same lab.

use super::finished::Finished;
use super::groups::Groups;
use super::runner::Command;
use super::subscriptions;
use super::swap::unfinished;
use super::swap_choice::resumed;
use super::swap_steps::{admitted, hand_over};
use crate::events::Level;
use crate::lab::claims::Replaces;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::preflight::subscription_caches::SubscriptionCaches;
use crate::recipe::context::ParentLocks;
use crate::settings::LabSource;

/// Finishes those that `labs`, which know whom they are for, are part of.
///
/// # Errors
/// The end of a command that could not.
pub(super) async fn finish(
    command: &mut Command<'_>,
    source: &LabSource,
    labs: &[LabSpec],
) -> Result<(), Box<Finished>> {
    let groups = Box::pin(Groups::read(command, source)).await;
    let swaps: Vec<_> = groups
        .unfinished()
        .filter(|(one, replaces)| labs.iter().any(|lab| same(&lab.name, &one.lab) || same(&lab.name, &replaces.spare)))
        .collect();
    for (claim, replaces) in &swaps {
        let known = labs.iter().find(|lab| same(&lab.name, &claim.lab)).cloned();
        let mut lab = known.unwrap_or_else(|| source.spec_of(&claim.lab, &claim.subscription));
        lab.subscription.clone_from(&claim.subscription);
        source.put_into(&mut lab, &claim.group);
        Box::pin(finish_one(command, source, lab, groups.subscription_of(replaces))).await?;
    }
    if !swaps.is_empty() {
        // What was read before is not what there is now.
        command.caches = SubscriptionCaches::new(command.session.azure.clone());
    }
    Ok(())
}

/// Finishes the swap of `lab`, whose old group is in the subscription `old`.
async fn finish_one(
    command: &Command<'_>,
    source: &LabSource,
    lab: LabSpec,
    old: Option<&str>,
) -> Result<(), Box<Finished>> {
    let found = super::swap_choice::read(command, &lab).await.map_err(|error| Box::new(command.failed(&error)))?;
    let of_group = Tags::read(found.as_ref().and_then(|group| group.tags.as_ref()));
    // Somebody has finished it meanwhile.
    let Some(replaces) = Replaces::read(&of_group) else { return Ok(()) };
    let swap = resumed(command, source, (lab, &of_group), replaces, old).await?;
    let message = format!("finishing the swap of {}, which was cut off", swap.lab.name);
    command.session.events.note(Level::Info, message);
    let mut alone = Command::of(command.name, command.session, command.options);
    let (labs, parents) = ([Some(swap.lab.clone()), swap.old.clone()], ParentLocks::default());
    alone.works = labs.into_iter().flatten().map(|lab| alone.work(lab, &parents)).collect();
    let (new, old) = (&alone.works[0], alone.works.get(1));
    for work in &alone.works {
        if let Err(error) = alone.limited(work, admitted(work)).await {
            return Err(Box::new(unfinished(&alone, &error).await));
        }
    }
    let subscriptions = subscriptions::all(command.session, source).await;
    let subscriptions =
        subscriptions.map_err(|error| Box::new(command.before_any_lab(error.report(), error.exit())))?;
    match alone.limited(new, Box::pin(hand_over(&swap, (new, old), (source, &subscriptions)))).await {
        // Also where another swap has given her another spare: she has one, and this is one again.
        Ok(_) => Ok(()),
        Err(error) => Err(Box::new(unfinished(&alone, &error).await)),
    }
}
