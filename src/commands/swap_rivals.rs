//! Another swap of the same lab, with another spare: what this one says that gives way to it, and what it does where both have given the
//! lab their spare, since neither could reserve it, or one of them slept.

use super::finished::Finished;
use super::runner::{Command, Ending};
use super::work::Work;
use crate::azure::client::Azure;
use crate::events::Level;
use crate::follow_up::{Advice, FollowUp, Labs, Verb};
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use crate::outcome::{ErrorReport, Exit, LabState};
use crate::recipe::access;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::handover::{Marks, mark};
use crate::recipe::reservation::{LOOK_AGAIN, WAITED};
use crate::recipe::rivals::{self, Rival, Spare, Stage};
use crate::settings::LabSource;
use crate::values::ResourceKind;

/// What a swap of `lab` ends with that gives way to `rival`.
fn report(command: &Command<'_>, lab: &LabSpec, rival: &Rival) -> ErrorReport {
    let Rival { group, spare, stage } = rival;
    let message = match stage {
        Stage::Reserved => format!(
            "another swap is giving {spare} ({group}) to {} (one that was cut off keeps it for 2 minutes)",
            lab.name
        ),
        Stage::Given | Stage::Done => format!("another swap has given {spare} ({group}) to {} meanwhile", lab.name),
    };
    let status = FollowUp::new(Verb::Status).on(Labs::named(std::slice::from_ref(&lab.name), None));
    let advice = Advice::from("look at the lab before you swap it again: ").run(status);
    let error = ErrorReport { resource: Some(lab.group_id()), ..ErrorReport::new("NotOurs", message) };
    error.hint(advice.at(&command.options.place))
}

/// The end of a swap of `lab` that has written nothing.
pub(super) fn outdone(command: &Command<'_>, lab: &LabSpec, rival: &Rival) -> Finished {
    command.before_any_lab(report(command, lab, rival), Exit::NotOurs)
}

/// The end of a swap that has given `new` back.
pub(super) async fn given_back(command: &Command<'_>, new: &Work, rival: &Rival) -> Finished {
    let ending = Ending::refused(LabState::Failed, report(command, &new.lab, rival), Exit::NotOurs);
    command.finish(vec![command.end_writing(new, None, ending).await], |_, _| Vec::new())
}

/// Looks, once the group of `spare` is the lab, whether another swap has given the lab another group. That one, if this one has to give its
/// own back, and has done so: of two that have given theirs the second by name does. The first waits until the other has given its own
/// back, or is done, since it may have looked before; then, or where it does not end, the first gives its own back. So never do both go on.
pub(super) async fn lost_to(
    spare: Spare<'_>,
    new: &Work,
    (source, subscriptions): (&LabSource, &[Azure]),
) -> Result<Option<Rival>, RecipeError> {
    let ctx = &new.ctx;
    let unread = |error| RecipeError::azure(ResourceKind::ResourceGroup, &new.lab.group, &new.lab.group_id(), error);
    let began = ctx.clock().stopwatch();
    loop {
        let groups = rivals::groups(subscriptions).await.map_err(unread)?;
        let mut rivals = rivals::of(&spare, &groups, ctx.clock().now());
        // One that has only reserved its spare sees that this one is given. Another workshop may have a lab of that name.
        rivals.retain(|rival| rival.stage > Stage::Reserved && source.makes(&rival.group));
        let is_lost = |rival: &&Rival| rival.stage == Stage::Done || rival.is_before(spare.name);
        let Some(first) = rivals.iter().find(is_lost).or(rivals.first()) else { return Ok(None) };
        if is_lost(&first) || began.elapsed() >= WAITED {
            let rival = first.clone();
            give_back(spare.name, new, source).await?;
            return Ok(Some(rival));
        }
        ctx.azure.arm().pause(LOOK_AGAIN).await.map_err(|_| RecipeError::Interrupted)?;
    }
}

/// Makes the group of `new` the spare `name` again, which it was before the swap.
async fn give_back(name: &str, new: &Work, source: &LabSource) -> Result<(), RecipeError> {
    let had = &new.lab;
    let mut lab = source.spec_of(name, &had.subscription);
    source.put_into(&mut lab, &had.group);
    lab.account.housed.clone_from(&had.account.housed);
    if let Some(workshop) = had.tags.get(tags::WORKSHOP) {
        lab.tags.set(tags::WORKSHOP, workshop);
    }
    lab.access = Some(Vec::new());
    let text =
        format!("another swap has given {} another spare: the resource group {} is {name} again", had.name, had.group);
    new.ctx.events.note(Level::Info, text);
    mark(&new.ctx, &lab, &Marks::of_spare(&lab, &had.name)).await?;
    access::take_away_extra(&new.ctx, &lab).await
}
