//! The steps of a swap: what is asked and reserved before its first write, and the writes, in the order that makes it end well
//! wherever it is cut off.

use super::refused;
use super::removal::{self, Answer, Removal};
use super::runner::{Command, Ending};
use super::swap_behind as behind;
use super::swap_choice::{Swap, Taken};
use super::swap_rivals::lost_to;
use super::work::Work;
use crate::azure::client::Azure;
use crate::cli::swap::Broken;
use crate::events::Level;
use crate::lab::reservation::RENEWED_AFTER;
use crate::preflight::refusals::{Does, Writes};
use crate::recipe::context::ParentLocks;
use crate::recipe::ensure::ensure;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::handover::mark;
use crate::recipe::parts::Parts;
use crate::recipe::reservation::Reserved;
use crate::recipe::rivals::{Rival, Spare};
use crate::recipe::role_assignment::RoleAssignment;
use crate::recipe::teardown_plan::TeardownPlan;
use crate::recipe::{access, account, lease};
use crate::settings::{LabSource, SwapSettings};
use crate::values::ResourceKind;

/// What comes before the first write of a swap.
pub(super) enum Begun {
    /// The spare is reserved; what a teardown of the lab behind her takes, if that is asked for.
    Here(Option<Box<TeardownPlan>>),
    /// Another swap has got the spare.
    Taken(Taken),
    /// Another swap of the same lab has got another spare for it.
    Elsewhere(Rival),
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
    (subscriptions, already): (&[Azure], bool),
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
    let Some(spare) = swap.to_reserve() else { return Ok(Begun::Here(doomed)) };
    match command.limited(new, Box::pin(spare.reserve(&new.ctx, subscriptions))).await? {
        Reserved::ByLab(other) => {
            let text = format!("{} is being given to the lab {other} by another swap", spare.name);
            command.session.events.note(Level::Info, text);
            Ok(Begun::Taken((spare.name.to_owned(), other)))
        }
        Reserved::Elsewhere(rival) => {
            let text = format!("another swap gives {} to the lab {}", rival.spare, swap.lab.name);
            command.session.events.note(Level::Info, text);
            Ok(Begun::Elsewhere(rival))
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

/// How a swap came out.
pub(super) enum Handed {
    /// The lab has got the spare.
    Over,
    /// Another swap has given the lab another spare, or is about to. This one is a spare again, or still.
    Back(Rival),
}

/// The swap, beside others in `subscriptions`. Every step of it may be done already.
pub(super) async fn hand_over(
    swap: &Swap,
    (new, old): (&Work, Option<&Work>),
    class: (&LabSource, &[Azure]),
) -> Result<Handed, RecipeError> {
    let began = new.ctx.clock().stopwatch();
    for role in Parts::to_look_at(&new.lab, "").access() {
        ensure(&new.ctx, &role).await?;
    }
    for role in shared_access(new).await? {
        ensure(&new.ctx, &role).await?;
    }
    // Another swap that was cut off may have let somebody else in.
    access::take_away_extra(&new.ctx, &new.lab).await?;
    if let Some(spare) = swap.to_reserve().filter(|_| began.elapsed() > RENEWED_AFTER / 2)
        && let Some(rival) = still_reserved(spare, new, class.1).await?
    {
        return Ok(Handed::Back(rival));
    }
    mark(&new.ctx, &new.lab, &swap.given()).await?;
    if swap.to_reserve().is_some() {
        // Of two that could not reserve it the other may have let its attendee in.
        access::take_away_extra(&new.ctx, &new.lab).await?;
    }
    if let Some(rival) = lost_to(swap.spare(), new, class).await? {
        return Ok(Handed::Back(rival));
    }
    if let (Some(old), Some(marks)) = (old, swap.taken()) {
        match mark(&old.ctx, &old.lab, &marks).await {
            // Another swap has made it its own spare meanwhile.
            Err(error @ RecipeError::NotOurs { .. }) => {
                return lost_to(swap.spare(), new, class).await?.map(Handed::Back).ok_or(error);
            }
            done => drop(done?),
        }
        access::take_away_extra(&old.ctx, &old.lab).await?;
    }
    ensure(&new.ctx, &swap.finished()).await?;
    Ok(Handed::Over)
}

/// Reserves a spare again whose roles took long to write. Where another swap gives the lab another spare, what was given of this one is
/// taken back.
///
/// # Errors
/// Another swap has got it meanwhile; what was given of it is taken back.
async fn still_reserved(spare: Spare<'_>, new: &Work, subscriptions: &[Azure]) -> Result<Option<Rival>, RecipeError> {
    let reserved = spare.reserve(&new.ctx, subscriptions).await?;
    if matches!(reserved, Reserved::ByLab(_) | Reserved::Elsewhere(_)) {
        access::take_back(&new.ctx, &new.lab).await?;
    }
    match reserved {
        Reserved::Here | Reserved::Not => Ok(None),
        Reserved::Elsewhere(rival) => Ok(Some(rival)),
        Reserved::ByLab(other) => Err(RecipeError::NotOurs {
            kind: ResourceKind::ResourceGroup,
            name: new.lab.group.clone(),
            id: new.lab.group_id(),
            why: format!("another swap has given {} to the lab {other} meanwhile", spare.name),
            hint: "run the same command again: it takes another spare".to_owned(),
        }),
    }
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
