//! What `provision` and `reset` share: look at every lab, and only if all of them can be made, make them; or tell what
//! would be done.

use futures::future::join_all;

use super::deleted_meanwhile;
use super::finished::Finished;
use super::moving;
use super::region_full;
use super::runner::{Command, Ending};
use super::selections;
use super::work::Work;
use crate::events::{CheckStatus, Level};
use crate::outcome::plan::{PlannedAction, PlannedChange};
use crate::outcome::{Details, Exit, LabOutcome, LabState, Outputs};
use crate::preflight::alternatives;
use crate::preflight::demand::Demand;
use crate::preflight::finding::Finding;
use crate::preflight::shared_quota;
use crate::preflight::survey::{Stop, SurveyOptions, Surveyed, survey};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::{Inspection, inspect};
use crate::recipe::lease;
use crate::recipe::plan;
use crate::recipe::provision::{Plan, provision};
use crate::settings::{ApplySettings, DryRun};
use crate::values::IfBusy;

/// The end of a lab for which `plan` was made; `exists` if there is something of it.
pub(crate) fn told(how: DryRun, plan: Vec<PlannedChange>, exists: bool, outputs: Outputs) -> Ending {
    let is_kept = plan.iter().all(|change| change.action == PlannedAction::Keep);
    let state = match (exists, is_kept) {
        (false, _) => LabState::Absent,
        (true, true) => LabState::Ready,
        (true, false) => LabState::Incomplete,
    };
    let exit = if how == DryRun::ExitCode && !is_kept { Exit::Differs } else { Exit::Done };
    Ending { exit, details: Details { plan: Some(plan), ..Details::default() }, ..Ending::done(state, outputs) }
}

/// Makes the labs of `command`, or tells what would be done.
///
/// # Errors
/// The end of a command whose labs together do not fit into the quotas that they share.
pub(crate) async fn apply_all(
    command: &Command<'_>,
    apply: &ApplySettings,
) -> Result<Vec<(LabOutcome, Exit)>, Box<Finished>> {
    let works = &command.works;
    let options = SurveyOptions { adopt: apply.adopt, skip_checks: apply.skip_preflight, thorough: false };
    // The whole class is looked at before the first write.
    let is_dry = apply.dry_run != DryRun::Off;
    let surveys = join_all(works.iter().map(|work| plan(command, work, &options, is_dry))).await;
    let failed = whole_class(command, &surveys).await;
    if !failed.is_empty() && !apply.skip_preflight && surveys.iter().all(Result::is_ok) {
        let untouched = surveys.into_iter().flatten().zip(works).map(|(surveyed, work)| {
            let Plan { location, is_new, .. } = surveyed.plan;
            command.outcome(work, Some(&location), Ending::untouched(is_new)).0
        });
        return Err(Box::new(command.refused(untouched.collect(), &failed)));
    }
    if surveys.iter().any(Result::is_err) {
        let endings = surveys.into_iter().map(|survey| match survey {
            Ok(Surveyed { plan, .. }) => (Some(plan.location), Ending::untouched(plan.is_new)),
            Err(stop) => (None, Ending::stopped(&stop, &command.options.place)),
        });
        let ended = works.iter().zip(endings);
        let outcomes = ended.map(|(work, (location, ending))| command.outcome(work, location.as_deref(), ending));
        return Ok(outcomes.collect());
    }
    let (mut plans, mut demands, mut selected) = (Vec::new(), Vec::new(), Vec::new());
    for Surveyed { plan, demand, selections, .. } in surveys.into_iter().flatten() {
        plans.push(plan);
        demands.push(demand);
        selected.push(selections);
    }
    selections::tell(command, selected);
    if apply.dry_run == DryRun::Off {
        tell_what_is_left(command, &plans).await;
    }
    Ok(match apply.dry_run {
        DryRun::Off => {
            let planned = works.iter().zip(plans.iter().zip(&demands));
            join_all(planned.map(|(work, planned)| make(command, work, planned))).await
        }
        how => join_all(works.iter().zip(&plans).map(|(work, plan)| tell(command, work, plan, how))).await,
    })
}

/// Says of several labs, some of which are there already, how many are ready. A lab that cannot be looked at is not.
async fn tell_what_is_left(command: &Command<'_>, plans: &[Plan]) {
    if plans.len() < 2 || plans.iter().all(|plan| plan.is_new) {
        return;
    }
    let is_ready = async |(work, plan): (&Work, &Plan)| {
        let look = inspect(&work.ctx, &plan.lab, Some(&plan.account));
        !plan.is_new && command.limited(work, look).await.is_ok_and(|seen: Inspection| seen.is_ready())
    };
    let ready = join_all(command.works.iter().zip(plans).map(is_ready)).await;
    let ready = ready.into_iter().filter(|is_ready| *is_ready).count();
    if ready < plans.len() {
        let text = format!("resuming: {ready} ready, {} to finish", plans.len() - ready);
        command.session.events.note(Level::Info, text);
    }
}

async fn plan(command: &Command<'_>, work: &Work, options: &SurveyOptions, is_dry: bool) -> Result<Surveyed, Stop> {
    let cache = command.cache(&work.lab.subscription).await;
    let looking = async {
        let surveying = Box::pin(survey(&cache, &work.ctx.events, &work.lab, options));
        if is_dry {
            return Ok(surveying.await);
        }
        // What is seen before another run has ended is not what there is then.
        if command.options.if_busy == IfBusy::Wait {
            lease::admit(&work.ctx).await?;
            return Ok(surveying.await);
        }
        let (admitted, surveyed) = tokio::join!(lease::admit(&work.ctx), surveying);
        admitted.map(|()| surveyed)
    };
    command.limited(work, looking).await.unwrap_or_else(|error| Err(Stop::Lab(error)))
}

/// What the labs of each subscription take together, against the quotas that they share.
pub(crate) async fn together<'a>(
    command: &Command<'_>,
    surveyed: impl Iterator<Item = Option<&'a Surveyed>>,
) -> Vec<Finding> {
    let mut subscriptions: Vec<(&str, Vec<(&str, &Demand)>)> = Vec::new();
    for (work, surveyed) in command.works.iter().zip(surveyed) {
        let Some(surveyed) = surveyed else { continue };
        let lab = (work.lab.name.as_str(), &surveyed.demand);
        match subscriptions.iter_mut().find(|(id, _)| *id == work.lab.subscription) {
            Some((_, labs)) => labs.push(lab),
            None => subscriptions.push((&work.lab.subscription, vec![lab])),
        }
    }
    let mut findings = Vec::new();
    for (id, labs) in &subscriptions {
        let mut found = shared_quota::check(&command.cache(id).await, labs).await;
        if subscriptions.len() > 1 {
            found.iter_mut().for_each(|finding| finding.message = format!("subscription {id}: {}", finding.message));
        }
        findings.extend(found);
    }
    findings
}

/// Checks what the labs that can be made take together; gives what failed.
async fn whole_class(command: &Command<'_>, surveys: &[Result<Surveyed, Stop>]) -> Vec<Finding> {
    let surveyed = surveys.iter().map(|survey| survey.as_ref().ok());
    let findings = together(command, surveyed).await;
    findings.iter().for_each(|finding| finding.emit(&command.session.events));
    findings.into_iter().filter(|finding| finding.status == CheckStatus::Fail).collect()
}

async fn make(command: &Command<'_>, work: &Work, (plan, demand): (&Plan, &Demand)) -> (LabOutcome, Exit) {
    let ending = match command.limited(work, provision(&work.ctx, plan)).await {
        Ok(outputs) => Ending::done(LabState::Ready, outputs),
        Err(error) => {
            if let Some((moved, location, ending)) = Box::pin(moving::elsewhere(command, work, plan, &error)).await {
                return command.outcome(&moved, Some(&location), ending);
            }
            let mut ending = failed(work, &plan.location, &error).await;
            let cache = command.cache(&work.lab.subscription).await;
            let advice = region_full::advice(command, &cache, work, (&plan.location, demand), &error).await;
            let advice = match deleted_meanwhile::advice(command, work, &error).await {
                Some(told) => Some(told),
                None => advice,
            };
            if let (Some(report), Some(advice)) = (&mut ending.error, advice) {
                report.hint = Some(advice);
            }
            ending
        }
    };
    command.end_writing(work, Some(&plan.location), ending).await
}

/// A lab that failed, with what would be taken instead.
pub(crate) async fn failed(work: &Work, location: &str, error: &RecipeError) -> Ending {
    let mut ending = Ending::failed(error);
    if let (Some(report), Some(fact)) =
        (&mut ending.error, alternatives::to_refused(&work.ctx.azure, location, error).await)
    {
        report.hint = Some(report.hint.as_ref().map_or_else(|| fact.clone(), |hint| format!("{hint}\n{fact}")));
    }
    ending
}

async fn tell(command: &Command<'_>, work: &Work, plan: &Plan, how: DryRun) -> (LabOutcome, Exit) {
    let looking = async {
        let inspection = inspect(&work.ctx, &plan.lab, Some(&plan.account)).await?;
        let changes = plan::provision(&work.ctx, plan, &inspection).await?;
        let is_ready = inspection.is_ready();
        let mut ending = told(how, changes, inspection.group.is_some(), inspection.outputs);
        // What is still being made is waited for, not changed: nothing is to be done, and nothing is ready.
        if ending.state == LabState::Ready && !is_ready {
            ending.state = LabState::Incomplete;
        }
        Ok(ending)
    };
    let ending = command.limited(work, looking).await.unwrap_or_else(|error| Ending::unwritten(&error));
    command.outcome(work, Some(&plan.location), ending)
}
