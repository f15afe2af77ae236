//! The lab that was broken, behind the attendee who has another now: it is the spare.

use super::apply::apply_all;
use super::removal::{self, Removal};
use super::runner::{Command, Ending};
use super::work::Work;
use crate::cli::swap::Broken;
use crate::lab::spec::LabSpec;
use crate::outcome::{Exit, LabOutcome, LabState, Outputs};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::{Inspection, inspect};
use crate::recipe::teardown_plan::{self, Reason, TeardownPlan};
use crate::settings::ApplySettings;

/// What a teardown of the lab would take, which is still called `before` if its swap has not begun.
///
/// # Errors
/// What cannot be read; a lock.
pub(super) async fn doomed(work: &Work, before: &str) -> Result<TeardownPlan, RecipeError> {
    let look = async |lab: &LabSpec| teardown_plan::inspect(&work.ctx, lab, Reason::Asked).await;
    let plan = match look(&work.lab).await {
        Err(RecipeError::NotOurs { .. }) => look(&LabSpec { name: before.to_owned(), ..work.lab.clone() }).await?,
        done => done?,
    };
    plan.check_locks(&work.lab)?;
    Ok(plan)
}

/// Repairs it, takes it away (`doomed`), or leaves it.
pub(super) async fn deal_with(
    command: &Command<'_>,
    work: &Work,
    broken: Broken,
    doomed: Option<TeardownPlan>,
) -> (LabOutcome, Exit) {
    match (broken, doomed) {
        (Broken::Teardown, Some(plan)) => {
            Box::pin(removal::remove(command, work, &plan, Removal { purge: true, wait: true })).await
        }
        (Broken::Repair, _) => repair(command, work).await,
        (Broken::Keep | Broken::Teardown, _) => {
            let seen = command.limited(work, inspect(&work.ctx, &work.lab, None)).await;
            let location = seen.as_ref().ok().and_then(|seen| Some(seen.group.as_ref()?.location.clone()));
            let ending = match seen {
                Ok(seen) => Ending::done(state(&seen), seen.outputs),
                Err(error) => Ending::failed(&error),
            };
            command.outcome(work, location.as_deref(), ending)
        }
    }
}

/// What a look at a lab says of it.
pub(super) fn state(seen: &Inspection) -> LabState {
    match (seen.is_ready(), seen.is_paused()) {
        (false, _) => LabState::Incomplete,
        (true, true) => LabState::Paused,
        (true, false) => LabState::Ready,
    }
}

/// The recipe of `reset`.
async fn repair(command: &Command<'_>, work: &Work) -> (LabOutcome, Exit) {
    let mut alone = Command::of(command.name, command.session, command.options);
    let leasing = alone.leasing(&work.lab);
    alone.works = vec![Work { lab: work.lab.clone(), ctx: work.ctx.clone().with_leasing(leasing) }];
    let ended = match Box::pin(apply_all(&alone, &ApplySettings::default(), None)).await {
        Ok(mut ended) => ended.pop(),
        Err(refused) => {
            let error = refused.result.error.clone();
            let labs = refused.result.labs.unwrap_or_default();
            labs.into_iter().next().map(|lab| (LabOutcome { state: LabState::Failed, error, ..lab }, refused.exit))
        }
    };
    ended.unwrap_or_else(|| command.outcome(work, None, Ending::done(LabState::Incomplete, Outputs::default())))
}
