//! `azlab reset --rebuild`: takes labs away and makes them again in one run. What cannot be made again is not taken away.

use futures::future::join_all;
use time::OffsetDateTime;

use super::apply::{apply_all, told};
use super::finished::Finished;
use super::refused;
use super::removal::{self, Answer, Removal};
use super::runner::{Command, Ending};
use super::selections;
use super::work::Work;
use crate::azure::error::Error as AzureError;
use crate::lab::model::as_asked;
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LOCATION, ModelSpec};
use crate::lab::tags::{self, Tags};
use crate::outcome::plan::PlannedAction;
use crate::outcome::{Exit, LabOutcome, Outputs};
use crate::preflight::model::Taken;
use crate::preflight::survey::Stop;
use crate::preflight::{deployments, model};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::{Inspection, inspect};
use crate::recipe::plan;
use crate::recipe::provision::Plan;
use crate::recipe::teardown_plan::{Reason, TeardownPlan};
use crate::settings::{ApplySettings, DryRun};
use crate::values::{ModelSelection, ResourceKind};

/// What a rebuild removes: all of it, or the names would not be free.
const REMOVAL: Removal = Removal { purge: true, wait: true };

/// Takes the labs of `command` away and makes them again as they were, or as was asked for. A lab of which nothing is there,
/// maybe because an earlier rebuild was cut off, is made.
///
/// # Errors
/// The end of a command that was not confirmed, or whose labs do not fit.
pub(crate) async fn rebuild(
    command: &mut Command<'_>,
    apply: &ApplySettings,
) -> Result<Vec<(LabOutcome, Exit)>, Box<Finished>> {
    let looks = removal::look(command, Reason::Asked, apply.dry_run).await;
    let ready = join_all(command.works.iter().zip(looks).map(|(work, look)| prepare(command, work, look, apply))).await;
    if ready.iter().any(Result::is_err) {
        let ended = command.works.iter().zip(ready).map(|(work, ready)| {
            let ending = ready.map_or_else(
                |stop| Ending::stopped(&stop, &command.options.place),
                |(teardown_plan, ..)| Ending::untouched(teardown_plan.is_empty()),
            );
            command.outcome(work, None, ending)
        });
        return Ok(ended.collect());
    }
    let (mut dooms, mut plans, mut selected) = (Vec::new(), Vec::new(), Vec::new());
    for (teardown_plan, plan, selections) in ready.into_iter().flatten() {
        dooms.push(teardown_plan);
        plans.push(plan);
        selected.push(selections);
    }
    selections::tell(command, selected);
    if apply.dry_run != DryRun::Off {
        let ended = command.works.iter().zip(dooms.iter().zip(&plans));
        return Ok(join_all(
            ended.map(|(work, (teardown_plan, plan))| tell(command, work, teardown_plan, plan, apply.dry_run)),
        )
        .await);
    }
    let labs: Vec<_> = command.works.iter().zip(&dooms).collect();
    if dooms.iter().any(|teardown_plan| !teardown_plan.is_empty()) {
        match removal::confirm(command, &labs, &[], REMOVAL) {
            Answer::Yes => {}
            Answer::No => return Err(Box::new(removal::unconfirmed(command))),
            Answer::Interrupted => {
                let interrupted = |work| command.outcome(work, None, Ending::failed(&RecipeError::Interrupted));
                return Ok(command.works.iter().map(interrupted).collect());
            }
        }
    }
    let taken =
        join_all(labs.iter().map(|(work, teardown_plan)| removal::take_away(command, work, teardown_plan, REMOVAL)))
            .await;
    let order: Vec<String> = command.works.iter().map(|work| work.lab.name.clone()).collect();
    // One that did not go keeps the others from nothing.
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for ((mut work, plan), ending) in std::mem::take(&mut command.works).into_iter().zip(plans).zip(taken) {
        match ending.exit {
            Exit::Done => {
                work.lab = plan.lab;
                gone.push(work);
            }
            _ => kept.push(command.end_writing(&work, None, ending).await),
        }
    }
    command.works = gone;
    match apply_all(command, apply, None).await {
        Ok(made) => kept.extend(made),
        // What did not go is told beside what cannot be made.
        Err(mut refused) => {
            refused.result.labs.get_or_insert_default().extend(kept.into_iter().map(|(lab, _)| lab));
            return Err(refused);
        }
    }
    kept.sort_by_key(|(lab, _)| order.iter().position(|name| *name == lab.name));
    Ok(kept)
}

/// What goes, and what comes instead.
async fn prepare(
    command: &Command<'_>,
    work: &Work,
    look: Result<TeardownPlan, RecipeError>,
    apply: &ApplySettings,
) -> Result<(TeardownPlan, Plan, Vec<ModelSelection>), Stop> {
    let teardown_plan = look.map_err(Stop::Lab)?;
    let planning = async { Ok(plan(work, apply).await) };
    let (plan, selections) = command.limited(work, planning).await.unwrap_or_else(|error| Err(Stop::Lab(error)))?;
    // What cannot be made again is not deleted.
    if !apply.skip_preflight {
        let cache = command.cache(&work.lab.subscription).await;
        let refused = refused::find(command, &cache, (work, &plan), false).await.map_err(Stop::Lab)?;
        if !refused.is_empty() {
            return Err(Stop::Checks(refused));
        }
    }
    Ok((teardown_plan, plan, selections))
}

/// The lab as it is to be made again: where it is, under its names, with its tags and models, but for what was asked for.
async fn plan(work: &Work, apply: &ApplySettings) -> Result<(Plan, Vec<ModelSelection>), Stop> {
    let (ctx, azure) = (&work.ctx, &work.ctx.azure);
    let seen = inspect(ctx, &work.lab, None).await.map_err(Stop::Lab)?;
    let mut lab = seen.lab.clone();
    if let Some(group) = &seen.group {
        lab.location = lab.location.or_else(|| names::location(&group.location).ok());
        let have = Tags::read(group.tags.as_ref());
        lab.tags.clone_from(&work.lab.tags);
        let kept = kept_tags(&have, ctx.clock().now());
        lab.settle_tags(&kept, ctx.clock().now());
        lab.tags = kept.with(&lab.tags);
    }
    // What the file says is for what is made again; without one it is as it was.
    lab.account.housed = if work.lab.account.shared.is_some() { None } else { seen.lab.account.housed.clone() };
    let location = lab.location.clone().unwrap_or_else(|| DEFAULT_LOCATION.to_owned());
    if lab.is_sharing() {
        // Its models are those of the account that it shares, which stays.
        let (account, choices) = (lab.host(&location).account_name(0), Vec::new());
        return Ok((Plan { lab, location, account, choices, adopt: false, is_new: true }, Vec::new()));
    }
    let account = seen.outputs.openai_account.as_deref().filter(|_| !seen.lab.is_sharing());
    let open = deployments::read(azure, &lab, account).await.map_err(Stop::Lab)?;
    let unreadable = |error: AzureError| {
        Stop::Lab(RecipeError::azure(ResourceKind::ModelDeployment, &lab.group, &lab.group_id(), error))
    };
    let (offers, _) = model::read(azure, &location).await.map_err(unreadable)?;
    let now = ctx.clock().now();
    let (mut failed, mut choices, mut selections) = (Vec::new(), Vec::new(), Vec::new());
    for one in &open {
        let wanted = one.wanted();
        let offers_for_it = one.with_its_quota(&offers);
        let taken = model::check(&wanted, &offers_for_it, &location, now).or_else(|refused| {
            // What nobody named need not come again.
            let spec = ModelSpec { capacity: wanted.capacity, ..one.spec.model.clone() };
            if spec.is_left_open() { model::check(&spec, &offers_for_it, &location, now) } else { Err(refused) }
        });
        match taken {
            Ok(Taken { choice, instead_of, .. }) => {
                if wanted.name.is_none() || instead_of.is_some() {
                    selections.push(choice.clone().selected(&one.spec.name, instead_of));
                }
                choices.push(choice);
            }
            Err((finding, _)) if apply.skip_preflight => {
                finding.emit(&ctx.events);
                choices.push(as_asked(&wanted, &offers));
            }
            Err((finding, _)) => failed.push(finding),
        }
    }
    if !failed.is_empty() {
        return Err(Stop::Checks(failed));
    }
    for (deployment, choice) in lab.deployments.iter_mut().zip(&choices) {
        deployment.model.pin(choice);
    }
    let account = lab.account_name(0);
    Ok((Plan { lab, location, account, choices, adopt: false, is_new: true }, selections))
}

/// The tags that stay with a lab that is made again: not the lease of a run, not a pause (a new cluster runs), and not an
/// expiry that has passed, which would have it swept at once.
fn kept_tags(have: &Tags, now: OffsetDateTime) -> Tags {
    let expired = have.expiry().has_come(now);
    let is = |name: &str, tag: &str| name.eq_ignore_ascii_case(tag);
    let goes = |name: &str| {
        is(name, tags::LEASE)
            || is(name, tags::OPENAI)
            || is(name, tags::PAUSED)
            || (expired && is(name, tags::EXPIRES))
    };
    have.iter().filter(|(name, _)| !goes(name)).collect()
}

async fn tell(
    command: &Command<'_>,
    work: &Work,
    teardown_plan: &TeardownPlan,
    plan: &Plan,
    how: DryRun,
) -> (LabOutcome, Exit) {
    let nothing = Inspection::of_nothing(plan.lab.clone(), &plan.location, Some(&plan.account));
    let telling = async {
        let mut changes = removal::plan(work, teardown_plan, REMOVAL);
        let mut made = plan::provision(&work.ctx, plan, &nothing).await?;
        made.retain(|change| change.action != PlannedAction::Purge);
        changes.extend(made);
        changes.sort_by_key(|change| change.resource);
        Ok(told(how, changes, teardown_plan.group.is_some(), Outputs::default()))
    };
    let ending = command.limited(work, telling).await.unwrap_or_else(|error| Ending::failed(&error));
    command.outcome(work, Some(&plan.location), ending)
}
