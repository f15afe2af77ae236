//! What `provision` and `reset` share: look at every lab, and only if all of them can be made, make them; or tell what
//! would be done.

use std::sync::Arc;

use futures::future::{Either, join_all, select};

use super::app::{Goal, bring};
use super::bound::of_making;
use super::deleted_meanwhile;
use super::finished::Finished;
use super::moving;
use super::noted;
use super::refused;
use super::region_full;
use super::runner::{Command, Ending};
use super::selections;
use super::shared::{self, SurveyedShared};
use super::shared_told;
use super::spending::{self, Purse};
use super::work::Work;
use crate::events::{CheckStatus, Level};
use crate::follow_up::{FollowUp, Labs};
use crate::outcome::plan::{PlannedAction, PlannedChange};
use crate::outcome::{Details, Exit, LabOutcome, LabState, Outputs};
use crate::preflight::alternatives;
use crate::preflight::bill::Bill;
use crate::preflight::demand::Demand;
use crate::preflight::finding::Finding;
use crate::preflight::shared_quota;
use crate::preflight::survey::{Stop, SurveyOptions, Surveyed, survey};
use crate::recipe::cluster::POWER_STATE;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::{Inspection, inspect};
use crate::recipe::lease;
use crate::recipe::plan;
use crate::recipe::provision::{Plan, Provisioned, provision};
use crate::settings::{AppWriting, ApplySettings, DryRun};
use crate::values::{IfBusy, a_few, agreeing, counted};

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
/// The end of a command whose labs together do not fit into the quotas that they share, or into the budget in `purse`.
pub(crate) async fn apply_all(
    command: &Command<'_>,
    apply: &ApplySettings,
    purse: Option<&Purse>,
) -> Result<Vec<(LabOutcome, Exit)>, Box<Finished>> {
    let works = &command.works;
    let options = SurveyOptions { adopt: apply.adopt, skip_checks: apply.skip_preflight, thorough: false };
    // The whole class is looked at before the first write.
    command.look_together();
    let is_dry = apply.dry_run != DryRun::Off;
    let surveys = join_all(works.iter().map(|work| plan(command, work, &options, is_dry))).await;
    let shared = match surveys.iter().all(Result::is_ok) {
        true => shared::survey(command, surveys.iter().flatten().map(|one| &one.plan), &options).await,
        false => Ok(Vec::new()),
    };
    let shared = match shared {
        Ok(shared) => shared,
        Err(error) => {
            let ended = works.iter().map(|work| command.outcome(work, None, Ending::unwritten(&error)));
            return Ok(ended.collect());
        }
    };
    let failed = whole_class(command, &surveys, &shared).await;
    if !failed.is_empty() && !apply.skip_preflight && surveys.iter().all(Result::is_ok) {
        let untouched = surveys.into_iter().flatten().zip(works).map(|(surveyed, work)| {
            let Plan { location, is_new, .. } = surveyed.plan;
            command.outcome(work, Some(&location), Ending::untouched(is_new)).0
        });
        return Err(Box::new(command.refused(untouched.collect(), &failed)));
    }
    if surveys.iter().any(Result::is_err) {
        let ended = works.iter().zip(surveys).map(|(work, survey)| match survey {
            Ok(Surveyed { plan, .. }) => command.outcome(work, Some(&plan.location), Ending::untouched(plan.is_new)),
            Err(stop) => {
                let ending = Ending::stopped(&stop, &command.options.place);
                let advice = if let Stop::Lab(error) = &stop { to_be_resumed(command, work, error) } else { None };
                command.outcome(work, None, advised(ending, advice))
            }
        });
        return Ok(ended.collect());
    }
    let (mut plans, mut selected, mut noted) = (Vec::new(), Vec::new(), Vec::new());
    for Surveyed { plan, selections, notes, .. } in surveys.into_iter().flatten() {
        plans.push(plan);
        selected.push(selections);
        noted.push(notes);
    }
    for one in &shared {
        one.labs.iter().for_each(|index| selected[*index].extend(one.selections.iter().cloned()));
    }
    shared_told::tell_kept(command, &plans);
    command.share(shared.iter().map(|one| Arc::clone(&one.account)));
    if let Some(purse) = purse {
        let planned: Vec<(&Work, &Plan)> = works.iter().zip(&plans).collect();
        let checked = match works.first() {
            Some(first) => command.limited(first, spending::held_against_budget(command, purse, &planned)).await,
            None => Ok(None),
        };
        let untouched = |ending: &dyn Fn(&Plan) -> Ending| {
            planned
                .iter()
                .map(|(work, plan)| command.outcome(work, Some(&plan.location), ending(plan)))
                .collect::<Vec<_>>()
        };
        match checked {
            Ok(Some(finding)) => {
                finding.emit(&command.session.events);
                if finding.status == CheckStatus::Fail {
                    let labs = untouched(&|plan| Ending::untouched(plan.is_new));
                    return Err(Box::new(command.refused(labs.into_iter().map(|(lab, _)| lab).collect(), &[finding])));
                }
            }
            Ok(None) => {}
            Err(error) => return Ok(untouched(&|_| Ending::unwritten(&error))),
        }
    }
    selections::tell(command, selected);
    noted::tell(command, noted);
    if apply.dry_run == DryRun::Off {
        tell_what_is_left(command, &plans).await;
        command.tell_bound(works.iter().zip(&plans).map(|(work, plan)| (work, of_making(&plan.lab, plan.is_new))));
    }
    let ended = match apply.dry_run {
        DryRun::Off => {
            let making = join_all(works.iter().zip(&plans).map(|(work, plan)| make(command, work, plan)));
            let ((), ended) = tokio::join!(Box::pin(shared::make_all(command, &shared)), making);
            let is_elsewhere = |((lab, _), plan): (&(LabOutcome, Exit), &Plan)| {
                let subscription = lab.subscription.as_deref().unwrap_or(command.session.azure.subscription());
                lab.location != plan.location || subscription != plan.lab.subscription
            };
            let has_moved = command.rooms.is_some() && ended.iter().zip(&plans).any(is_elsewhere);
            Box::pin(shared_told::end_all(command, &shared, has_moved)).await;
            ended
        }
        how => {
            let telling = join_all(works.iter().zip(&plans).map(|(work, plan)| tell(command, work, plan, how)));
            let prices = Box::pin(spending::foresee(command.session, purse, &plans));
            let (told, prices) = match select(telling, prices).await {
                // Where no lab has a bill, nobody waits for prices.
                Either::Left((told, _)) if told.iter().all(|(_, bill)| bill.is_none()) => (told, None),
                Either::Left((told, prices)) => (told, prices.await),
                Either::Right((prices, telling)) => (telling.await, prices),
            };
            let (mut ended, bills): (Vec<_>, Vec<_>) = told.into_iter().unzip();
            Box::pin(spending::tell(command.session, prices, &mut ended, &bills)).await;
            match Box::pin(shared_told::foresee_all(command, &shared)).await {
                Ok(true) if how == DryRun::ExitCode => {
                    ended
                        .iter_mut()
                        .filter(|(_, exit)| *exit == Exit::Done)
                        .for_each(|(_, exit)| *exit = Exit::Differs);
                }
                Ok(_) => {}
                Err(error) => {
                    return Ok(works
                        .iter()
                        .map(|work| command.outcome(work, None, Ending::unwritten(&error)))
                        .collect());
                }
            }
            ended
        }
    };
    tell_of_paused(command, &ended);
    Ok(ended)
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
    let surveyed = command.limited(work, looking).await.unwrap_or_else(|error| Err(Stop::Lab(error)))?;
    if options.skip_checks {
        return Ok(surveyed);
    }
    let refused = refused::find(command, &cache, (work, &surveyed.plan), false).await.map_err(Stop::Lab)?;
    refused.iter().for_each(|finding| finding.emit(&work.ctx.events));
    if refused.is_empty() { Ok(surveyed) } else { Err(Stop::Checks(refused)) }
}

/// What the labs of each subscription take together, against the quotas that they share.
pub(crate) async fn together<'a>(
    command: &Command<'_>,
    surveyed: impl Iterator<Item = Option<&'a Surveyed>>,
    shared: &[SurveyedShared],
) -> Vec<Finding> {
    let of_lab = |(index, surveyed): (usize, Option<&Surveyed>)| {
        let demand = surveyed?.demand.clone();
        let first = shared.iter().find(|one| one.labs.first() == Some(&index));
        Some(first.map_or_else(|| demand.clone(), |one| demand.clone().with_shared(&one.demand)))
    };
    let demands: Vec<Option<Demand>> = surveyed.enumerate().map(of_lab).collect();
    let mut subscriptions: Vec<(&str, Vec<(&str, &Demand)>)> = Vec::new();
    for (work, demand) in command.works.iter().zip(&demands) {
        let Some(demand) = demand else { continue };
        let lab = (work.lab.name.as_str(), demand);
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
async fn whole_class(
    command: &Command<'_>,
    surveys: &[Result<Surveyed, Stop>],
    shared: &[SurveyedShared],
) -> Vec<Finding> {
    let surveyed = surveys.iter().map(|survey| survey.as_ref().ok());
    let findings = together(command, surveyed, shared).await;
    findings.iter().for_each(|finding| finding.emit(&command.session.events));
    // Those of what labs share are told already.
    let of_shared = shared.iter().flat_map(|one| one.findings.iter().cloned());
    of_shared.chain(findings).filter(|finding| finding.status == CheckStatus::Fail).collect()
}

/// Makes a lab. What comes behind the making is on the heap while it lasts: a class holds as many of these futures as it has labs.
async fn make(command: &Command<'_>, work: &Work, plan: &Plan) -> (LabOutcome, Exit) {
    let shared = command.shared_by(&plan.lab, &plan.location);
    match command.limited(work, provision(&work.ctx, plan, shared.as_deref())).await {
        Ok(made) => Box::pin(made_of(command, work, plan, made)).await,
        Err(error) => Box::pin(not_made(command, work, plan, &error)).await,
    }
}

/// The end of a lab that was made.
async fn made_of(command: &Command<'_>, work: &Work, plan: &Plan, made: Provisioned) -> (LabOutcome, Exit) {
    let ending = match made.is_paused {
        false => with_app(command, work, Ending::done(LabState::Ready, made.outputs)).await,
        true => Ending::done(LabState::Paused, made.outputs),
    };
    command.end_writing(work, Some(&plan.location), ending).await
}

/// A lab whose making ended with `error`: made elsewhere, or told with what helps.
async fn not_made(command: &Command<'_>, work: &Work, plan: &Plan, error: &RecipeError) -> (LabOutcome, Exit) {
    if let Some((moved, location, ending)) = Box::pin(moving::elsewhere(command, work, plan, error)).await {
        return command.end_writing(&moved, Some(&location), ending).await;
    }
    let ending = failed(work, &plan.location, error).await;
    let cache = command.cache(&work.lab.subscription).await;
    let advice = region_full::advice(command, &cache, work, &plan.location, error).await;
    let advice = match deleted_meanwhile::advice(command, work, error).await {
        Some(told) => Some(told),
        None => advice.or_else(|| to_be_resumed(command, work, error)),
    };
    command.end_writing(work, Some(&plan.location), advised(ending, advice)).await
}

/// A lab that is ready, with its application brought to where it is to be, if it is.
async fn with_app(command: &Command<'_>, work: &Work, lab: Ending) -> Ending {
    let Some((chapter, materials)) = &command.with_app else { return lab };
    let how = AppWriting { waits: true, ..AppWriting::default() };
    let app = bring(command, work, materials, false, Goal::Chapter(*chapter), how).await;
    Ending { outputs: lab.outputs, ..app }
}

/// `ending` with `advice` in the place of its hint, if there is any.
fn advised(mut ending: Ending, advice: Option<String>) -> Ending {
    if let (Some(report), Some(advice)) = (&mut ending.error, advice) {
        report.hint = Some(advice);
    }
    ending
}

/// What to say of a paused lab that lacks what only a running cluster can get.
fn to_be_resumed(command: &Command<'_>, work: &Work, error: &RecipeError) -> Option<String> {
    let RecipeError::Fixed { differences, .. } = error else { return None };
    let is_paused = differences.iter().any(|one| one.field == POWER_STATE);
    is_paused.then(|| format!("the lab is paused; start its cluster first: {}", command.line(FollowUp::resume(), work)))
}

/// Says of labs that are paused how to start them, once for all.
fn tell_of_paused(command: &Command<'_>, ended: &[(LabOutcome, Exit)]) {
    let paused: Vec<&LabOutcome> =
        ended.iter().map(|(lab, _)| lab).filter(|lab| lab.state == LabState::Paused).collect();
    if paused.is_empty() {
        return;
    }
    let names: Vec<&str> = paused.iter().map(|lab| lab.name.as_str()).collect();
    let resume = FollowUp::resume().on(paused.iter().copied().collect::<Labs>());
    let text = format!(
        "{} ({}) {} paused: the cluster stays stopped; start it with: {}",
        counted(names.len(), "lab"),
        a_few(&names),
        agreeing(names.len(), "is", "are"),
        command.options.place.line(&resume)
    );
    command.session.events.note(Level::Info, text);
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

/// What would be done to a lab, and what is then paid for it by the hour.
async fn tell(command: &Command<'_>, work: &Work, plan: &Plan, how: DryRun) -> ((LabOutcome, Exit), Option<Bill>) {
    let looking = async {
        let inspection = inspect(&work.ctx, &plan.lab, Some(&plan.account)).await?;
        let changes = plan::provision(&work.ctx, plan, &inspection).await?;
        let bill = Bill::of_plan(plan, inspection.cluster.as_ref());
        let (is_ready, is_paused) = (inspection.is_ready(), inspection.is_paused());
        let mut ending = told(how, changes, inspection.group.is_some(), inspection.outputs);
        // What is still being made is waited for, not changed: nothing is to be done, and nothing is ready.
        if ending.state == LabState::Ready && !is_ready {
            ending.state = LabState::Incomplete;
        }
        if ending.state == LabState::Ready && is_paused {
            ending.state = LabState::Paused;
        }
        Ok((ending, Some(bill)))
    };
    let (ending, bill) = command
        .limited(work, looking)
        .await
        .unwrap_or_else(|error| (advised(Ending::unwritten(&error), to_be_resumed(command, work, &error)), None));
    (command.outcome(work, Some(&plan.location), ending), bill)
}
