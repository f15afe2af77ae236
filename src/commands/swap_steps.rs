//! The steps of a swap: what is asked and reserved before its first write, and the writes, in the order that makes it end well
//! wherever it is cut off.

use super::refused;
use super::removal::{self, Answer, Removal};
use super::runner::{Command, Ending};
use super::swap_behind as behind;
use super::swap_choice::{Swap, Taken};
use super::work::Work;
use crate::cli::swap::Broken;
use crate::events::Level;
use crate::preflight::refusals::{Does, Writes};
use crate::recipe::context::ParentLocks;
use crate::recipe::ensure::ensure;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::handover::mark;
use crate::recipe::parts::Parts;
use crate::recipe::reservation::{RENEWED_AFTER, Reserved, Spare};
use crate::recipe::role_assignment::RoleAssignment;
use crate::recipe::teardown_plan::TeardownPlan;
use crate::recipe::{access, account, lease};
use crate::settings::SwapSettings;
use crate::values::ResourceKind;

/// What comes before the first write of a swap.
pub(super) enum Begun {
    /// The spare is reserved; what a teardown of the lab behind her takes, if that is asked for.
    Here(Option<Box<TeardownPlan>>),
    /// Another swap has got the spare.
    Taken(Taken),
    /// Nobody has confirmed that the lab behind her may go.
    Unconfirmed,
    /// A lock or a deny assignment keeps one of the two groups from being written.
    Refused(Box<Ending>),
}

/// Asks what is to be asked, and reserves the spare. Who has been asked `already` is not asked again.
pub(super) async fn begin(
    command: &Command<'_>,
    settings: &SwapSettings,
    swap: &Swap,
    already: bool,
) -> Result<Begun, RecipeError> {
    let parents = ParentLocks::default();
    let works: Vec<Work> = swap.labs().into_iter().map(|lab| command.work(lab, &parents)).collect();
    let (new, old) = (&works[0], works.get(1));
    for work in &works {
        command.limited(work, admitted(work)).await?;
    }
    // Each of the two changes hands by its tags.
    for work in &works {
        let tags = [(ResourceKind::ResourceGroup, work.lab.group_id(), Does::Write)];
        if let Some(refused) = refused::foreseen(command, work, || async { Ok(Writes::listed(tags)) }).await {
            return Ok(Begun::Refused(Box::new(refused)));
        }
    }
    let mut doomed = None;
    if let (Broken::Teardown, Some(old)) = (settings.broken(), old) {
        let plan = command.limited(old, Box::pin(behind::doomed(old, &swap.lab.name))).await?;
        let how = Removal { purge: true, wait: true };
        let answer = if already { Answer::Yes } else { removal::confirm(command, &[(old, &plan)], &[], how) };
        match answer {
            Answer::Yes => doomed = Some(Box::new(plan)),
            Answer::No => return Ok(Begun::Unconfirmed),
            Answer::Interrupted => return Err(RecipeError::Interrupted),
        }
    }
    let Some(spare) = swap.spare() else { return Ok(Begun::Here(doomed)) };
    match command.limited(new, Box::pin(spare.reserve(&new.ctx))).await? {
        Reserved::ByLab(other) => {
            let text = format!("{} is being given to the lab {other} by another swap", spare.name);
            command.session.events.note(Level::Info, text);
            Ok(Begun::Taken((spare.name.to_owned(), other)))
        }
        Reserved::Here | Reserved::Not => Ok(Begun::Here(doomed)),
    }
}

/// Looks whether another run is at work. The swap itself is over in a few writes of tags.
pub(super) async fn admitted(work: &Work) -> Result<(), RecipeError> {
    lease::admit(&work.ctx).await?;
    lease::decline(&work.ctx);
    Ok(())
}

/// The swap. Every step of it may be done already.
pub(super) async fn hand_over(swap: &Swap, new: &Work, old: Option<&Work>) -> Result<(), RecipeError> {
    let began = new.ctx.clock().stopwatch();
    for role in Parts::to_look_at(&new.lab, "").access() {
        ensure(&new.ctx, &role).await?;
    }
    for role in shared_access(new).await? {
        ensure(&new.ctx, &role).await?;
    }
    // Another swap that was cut off may have let somebody else in.
    access::take_away_extra(&new.ctx, &new.lab).await?;
    if let Some(spare) = swap.spare().filter(|_| began.elapsed() > RENEWED_AFTER / 2) {
        still_reserved(spare, new).await?;
    }
    mark(&new.ctx, &new.lab, &swap.given()).await?;
    if swap.spare().is_some() {
        // Of two that could not reserve it the other may have let its attendee in.
        access::take_away_extra(&new.ctx, &new.lab).await?;
    }
    if let (Some(old), Some(marks)) = (old, swap.taken()) {
        mark(&old.ctx, &old.lab, &marks).await?;
        access::take_away_extra(&old.ctx, &old.lab).await?;
    }
    ensure(&new.ctx, &swap.finished()).await?;
    Ok(())
}

/// Reserves a spare again whose roles took long to write.
///
/// # Errors
/// Another swap has got it meanwhile; what was given of it is taken back.
async fn still_reserved(spare: Spare<'_>, new: &Work) -> Result<(), RecipeError> {
    let Reserved::ByLab(other) = spare.reserve(&new.ctx).await? else { return Ok(()) };
    access::take_back(&new.ctx, &new.lab).await?;
    Err(RecipeError::NotOurs {
        kind: ResourceKind::ResourceGroup,
        name: new.lab.group.clone(),
        id: new.lab.group_id(),
        why: format!("another swap has given {} to the lab {other} meanwhile", spare.name),
        hint: "run the same command again: it takes another spare".to_owned(),
    })
}

/// The attendee's roles on the account that the spare shares with others, if it does.
pub(super) async fn shared_access(new: &Work) -> Result<Vec<RoleAssignment>, RecipeError> {
    let (azure, lab) = (&new.ctx.azure, &new.lab);
    let Some(group) = lab.shared_group("") else { return Ok(Vec::new()) };
    let host = lab.host("");
    let accounts = azure.accounts(&group).await;
    let accounts =
        accounts.map_err(|error| RecipeError::azure(ResourceKind::ResourceGroup, &group, &host.group_id(), error))?;
    let Some(name) = account::existing(&host, &accounts) else { return Ok(Vec::new()) };
    let parts = Parts::to_look_at(lab, "");
    let roles = parts.shared_access(&name).collect();
    Ok(roles)
}
