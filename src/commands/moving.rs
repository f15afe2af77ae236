//! `on_full = "move"`: a lab whose region turns out full while it is made is deleted there, and made in the next place that has
//! room. Only that lab, and only what azlab makes of a lab.

use std::sync::{Arc, PoisonError};

use super::region_full;
use super::removal::{self, Removal};
use super::runner::{Command, Ending};
use super::shared;
use super::work::Work;
use crate::events::{EventKind, Level};
use crate::lab::spec::LabSpec;
use crate::outcome::{Exit, LabState};
use crate::preflight::survey::{Stop, SurveyOptions, survey};
use crate::recipe::context::Context;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::parts::NEEDS;
use crate::recipe::provision::{Plan, provision};
use crate::recipe::teardown_plan::{Reason, TeardownPlan, inspect};

/// What was begun in the full region may still come to be while it is deleted: then it is deleted once more.
const MOST_REMOVALS: usize = 2;

/// Makes the lab of `work`, whose making with `plan` ended with `error`, in other places, one after the other; each is tried
/// once. `None` if it is not to move, or cannot: then `error` stands.
pub(super) async fn elsewhere(
    command: &Command<'_>,
    work: &Work,
    plan: &Plan,
    error: &RecipeError,
) -> Option<(Work, String, Ending)> {
    let rooms = command.rooms.as_ref()?;
    let (mut at, mut location, mut refused) = (work.clone(), plan.location.clone(), error.clone());
    let mut last: Option<(Work, String, Ending)> = None;
    while region_full::is_full(&refused) {
        let left = match command.limited(&at, Box::pin(look(&at))).await {
            Ok(Some(left)) => left,
            Ok(None) => {
                let text = "the lab is not moved: its group has resources that azlab did not make";
                at.ctx.events.note(Level::Warning, text);
                return last;
            }
            Err(error) => return Some((at, location, Ending::failed(&error))),
        };
        let next = rooms.lock().unwrap_or_else(PoisonError::into_inner).next(&at.lab.name);
        let Some((subscription, next)) = next else { return last };
        at.ctx.events.emit(EventKind::LabMoved {
            from: location.clone(),
            to: next.clone(),
            subscription: subscription.clone(),
        });
        if let Some(ending) = remove(command, &at, left).await {
            return Some((at, location, ending));
        }
        let lab = LabSpec { subscription, location: Some(next.clone()), ..work.lab.clone() };
        let ctx = Context { azure: at.ctx.azure.in_subscription(&lab.subscription), ..at.ctx.clone() };
        let ctx = ctx.with_leasing(command.leasing(&lab));
        (at, location) = (Work { lab, ctx }, next);
        match Box::pin(make(command, &at, plan.adopt)).await {
            Ok(ending) => return Some((at, location, ending)),
            Err(error) => {
                last = Some((at.clone(), location.clone(), Ending::failed(&error)));
                refused = error;
            }
        }
    }
    last
}

/// What there is of the lab; `None` if its group holds something that azlab does not make.
async fn look(work: &Work) -> Result<Option<TeardownPlan>, RecipeError> {
    let left = inspect(&work.ctx, &work.lab, Reason::Asked).await?;
    left.check_locks(&work.lab)?;
    let is_ours = |id: &String| NEEDS.iter().any(|needs| needs.name_in(id).is_some() || needs.contains(id));
    Ok(left.contents.iter().all(is_ours).then_some(left))
}

/// Deletes what there is of the lab; how that ended, if something is left.
async fn remove(command: &Command<'_>, work: &Work, mut left: TeardownPlan) -> Option<Ending> {
    let mut ending = None;
    for _ in 0..MOST_REMOVALS {
        // On the heap, as what follows: each of the futures around it would hold it once more on a thread's stack.
        let removing = removal::take_away(command, work, &left, Removal { purge: true, wait: true });
        let removed = Box::pin(removing).await;
        if removed.exit == Exit::Done {
            return None;
        }
        ending = Some(removed);
        left = match command.limited(work, inspect(&work.ctx, &work.lab, Reason::Asked)).await {
            Ok(left) => left,
            Err(error) => return Some(Ending::failed(&error)),
        };
    }
    ending
}

/// Makes the lab where it is to be now; what keeps it from being made there is its ending too.
///
/// # Errors
/// Why it was not made.
async fn make(command: &Command<'_>, work: &Work, adopt: bool) -> Result<Ending, RecipeError> {
    let cache = command.cache(&work.lab.subscription).await;
    let options = SurveyOptions { adopt, ..SurveyOptions::default() };
    let looking = async { Ok(Box::pin(survey(&cache, &work.ctx.events, &work.lab, &options)).await) };
    let surveyed = match command.limited(work, looking).await? {
        Ok(surveyed) => surveyed,
        Err(Stop::Lab(error)) => return Err(error),
        Err(stop) => return Ok(Ending::stopped(&stop, &command.options.place)),
    };
    for selection in surveyed.selections {
        work.ctx.events.emit(EventKind::ModelSelected(selection.clone()));
        work.ctx.ledger.selected(selection);
    }
    if command.shared_by(&surveyed.plan.lab, &surveyed.plan.location).is_none() {
        let shared = Box::pin(shared::survey(command, std::iter::once(&surveyed.plan), &options)).await?;
        command.share(shared.iter().map(|one| Arc::clone(&one.account)));
    }
    let shared = command.shared_by(&surveyed.plan.lab, &surveyed.plan.location);
    let making = Box::pin(provision(&work.ctx, &surveyed.plan, shared.as_deref()));
    let outputs = command.limited(work, making).await?.outputs;
    Ok(Ending::done(LabState::Ready, outputs))
}
