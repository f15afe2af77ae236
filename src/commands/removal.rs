//! What `teardown` and `sweep` share: the look before, the question, the way, and what the proof means for the result.

use std::collections::BTreeMap;

use azlab_clock::asking;
use futures::future::join_all;

use super::bound::of_removing;
use super::finished::Finished;
use super::runner::{Command, Ending};
use super::work::Work;
use crate::events::Level;
use crate::follow_up::Place;
use crate::lab::ids::same;
use crate::lab::tags::{self, Tags};
use crate::outcome::plan::PlannedChange;
use crate::outcome::{ErrorReport, Exit, LabOutcome, LabState, Outputs};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::proof::{Remain, left_behind, prove};
use crate::recipe::teardown::{Deletion, delete_group, purge_accounts};
use crate::recipe::teardown_plan::{Reason, TeardownPlan, inspect};
use crate::recipe::{lease, plan, teardown_plan};
use crate::settings::DryRun;
use crate::values::{ResourceKind, agreeing, counted};

/// How to remove.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Removal {
    /// Purge what is soft-deleted.
    pub(crate) purge: bool,
    /// Wait for the end, and prove it.
    pub(crate) wait: bool,
}

/// What a person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Go on.
    Yes,
    /// Do not, or there was nobody to ask.
    No,
    /// Ctrl-C.
    Interrupted,
}

/// What there is of each lab, and whether a lock would refuse, or another run is at work; reads only.
pub(crate) async fn look(command: &Command<'_>, reason: Reason, how: DryRun) -> Vec<Result<TeardownPlan, RecipeError>> {
    command.look_together();
    let one = async |work: &Work| {
        if how == DryRun::Off {
            lease::admit(&work.ctx).await?;
        }
        let teardown_plan = inspect(&work.ctx, &work.lab, reason).await?;
        teardown_plan.check_locks(&work.lab)?;
        if teardown_plan.locks.is_none() && teardown_plan.group.is_some() {
            let text = "locks were not checked (the group is being deleted already, or you may not read them): a lock makes Azure refuse";
            work.ctx.events.note(Level::Info, text);
        }
        refuse_denied(command, work, &teardown_plan).await?;
        Ok(teardown_plan)
    };
    join_all(command.works.iter().map(|work| command.limited(work, one(work)))).await
}

/// Refuses the deletion of a group that a deny assignment would refuse. Where those cannot be read, the service decides.
///
/// # Errors
/// [`RecipeError::Denied`]
async fn refuse_denied(command: &Command<'_>, work: &Work, teardown_plan: &TeardownPlan) -> Result<(), RecipeError> {
    if teardown_plan.group.is_none() {
        return Ok(());
    }
    let Ok(denials) = work.ctx.azure.deny_assignments().await else { return Ok(()) };
    if denials.is_empty() {
        return Ok(());
    }
    let (name, id, who) = (work.lab.group.clone(), work.lab.group_id(), command.session.object_id().await);
    match teardown_plan::denied_by(&denials, &id, who.as_deref()) {
        Some(denial) => Err(RecipeError::Denied { name, id, denial: Box::new(denial.clone()) }),
        None => Ok(()),
    }
}

/// Labs that a question names: with what is around it, it stays on a screen of 24 lines.
const NAMED: usize = 12;
/// Characters of two lines of 80 columns, the longest command in a question.
const TWO_LINES: usize = 160;

/// What will go, for people: of one lab everything, of several a line each, as far as they fit on a screen.
fn describe(labs: &[(&Work, &TeardownPlan)], shared: &[String], removal: Removal, place: &Place) -> String {
    let going: Vec<&(&Work, &TeardownPlan)> =
        labs.iter().filter(|(_, teardown_plan)| !teardown_plan.is_empty()).collect();
    if going.len() < 2 {
        let mut text = describe_one(labs, removal);
        shared.iter().for_each(|line| text.push_str(&format!("\n{line}")));
        return text;
    }
    let resources: usize = going.iter().map(|(_, teardown_plan)| teardown_plan.contents.len()).sum();
    let mut lines = vec![format!(
        "this will be deleted: {} with {}{}",
        counted(going.len(), "lab"),
        counted(resources, "resource"),
        if removal.purge { ", and their OpenAI accounts purged, for good" } else { "" }
    )];
    let line = |(work, teardown_plan): &&(&Work, &TeardownPlan)| match &teardown_plan.group {
        Some(_) => {
            let count = counted(teardown_plan.contents.len(), "resource");
            format!("  {}: resource group {} with {count}", work.lab.name, work.lab.group)
        }
        None => format!("  {}: what is soft-deleted", work.lab.name),
    };
    lines.extend(going.iter().take(NAMED).map(line));
    if going.len() > NAMED {
        lines.push(format!("  and {} more", going.len() - NAMED));
    }
    lines.extend(shared.iter().cloned());
    let dry_run = place.again(&["--dry-run"]);
    let dry_run = if dry_run.len() > TWO_LINES { "the same command with --dry-run".to_owned() } else { dry_run };
    lines.push(format!("for every resource: {dry_run}"));
    lines.join("\n")
}

fn describe_one(labs: &[(&Work, &TeardownPlan)], removal: Removal) -> String {
    let mut lines = vec!["this will be deleted:".to_owned()];
    for (work, teardown_plan) in labs {
        if teardown_plan.group.is_some() {
            lines.push(format!("  resource group {} with", work.lab.group));
            for id in &teardown_plan.contents {
                let short = id.split("/providers/").nth(1).unwrap_or(id);
                lines.push(format!("    {short}"));
            }
        }
        if removal.purge {
            let accounts = teardown_plan.accounts.iter().map(|(_, name)| name);
            for name in
                accounts.chain(teardown_plan.deleted_accounts.iter().map(|deleted_account| &deleted_account.name))
            {
                lines.push(format!("  and purged, for good: the OpenAI account {name}"));
            }
        }
    }
    lines.join("\n")
}

/// What would go, for scripts.
pub(crate) fn plan(work: &Work, teardown_plan: &TeardownPlan, removal: Removal) -> Vec<PlannedChange> {
    plan::teardown(&work.lab.subscription, &work.lab.group, teardown_plan, removal.purge)
}

/// How many of the labs belong to each workshop, by the tags that they carry.
fn workshops(dooms: &[&TeardownPlan]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for teardown_plan in dooms.iter().filter(|teardown_plan| !teardown_plan.is_empty()) {
        let of_group = teardown_plan.group.as_ref().map(|group| Tags::read(group.tags.as_ref()));
        let of_account = || teardown_plan.deleted_accounts.first().map(|deleted_account| deleted_account.tags.clone());
        let tags = of_group.or_else(of_account).unwrap_or_default();
        let name = tags.get(tags::WORKSHOP).filter(|name| !name.trim().is_empty()).unwrap_or(tags::DEFAULT_WORKSHOP);
        *counts.entry(name.trim().to_owned()).or_default() += 1;
    }
    counts
}

/// Asks, with what labs share and goes too (a line each), unless `--yes` has answered: for one lab yes or no; for more, the name of each workshop that loses labs has to be
/// typed.
pub(crate) fn confirm(
    command: &Command<'_>,
    labs: &[(&Work, &TeardownPlan)],
    shared: &[String],
    removal: Removal,
) -> Answer {
    if command.options.yes {
        return Answer::Yes;
    }
    let Some(confirm) = &command.options.confirm else { return Answer::No };
    let dooms: Vec<&TeardownPlan> = labs.iter().map(|(_, teardown_plan)| *teardown_plan).collect();
    let what = describe(labs, shared, removal, &command.options.place);
    let workshops = workshops(&dooms);
    let agreed = if workshops.values().sum::<usize>() <= 1 {
        asking(|| confirm(&what, "Delete it?", None))
    } else {
        workshops.iter().enumerate().all(|(index, (name, count))| {
            let question = match count {
                1 => format!("This is 1 lab of the workshop {name}."),
                count => format!("These are {count} labs of the workshop {name}."),
            };
            asking(|| confirm(if index == 0 { &what } else { "" }, &question, Some(name)))
        })
    };
    match agreed {
        true => Answer::Yes,
        false if command.session.stop.is_cancelled() => Answer::Interrupted,
        false => Answer::No,
    }
}

/// The end of a command that was not confirmed.
pub(crate) fn unconfirmed(command: &Command<'_>) -> Finished {
    let error = ErrorReport::new("NotConfirmed", "nothing was deleted: it was not confirmed")
        .hint(format!("to skip the question: {}", command.options.place.again(&["--yes"])));
    command.before_any_lab(error, Exit::NeedsConfirmation)
}

/// Removes labs, all at once, and proves it.
pub(crate) async fn remove_all(
    command: &Command<'_>,
    labs: &[(&Work, &TeardownPlan)],
    how: Removal,
) -> Vec<(LabOutcome, Exit)> {
    command.tell_bound(labs.iter().map(|(work, teardown_plan)| (*work, of_removing(teardown_plan, how.purge))));
    join_all(labs.iter().map(|(work, teardown_plan)| remove(command, work, teardown_plan, how))).await
}

/// Removes one lab and proves it.
pub(crate) async fn remove(
    command: &Command<'_>,
    work: &Work,
    teardown_plan: &TeardownPlan,
    removal: Removal,
) -> (LabOutcome, Exit) {
    let ending = take_away(command, work, teardown_plan, removal).await;
    let location = teardown_plan.group.as_ref().map(|group| group.location.as_str());
    command.end_writing(work, location, ending).await
}

/// How the removal of one lab ends.
pub(crate) async fn take_away(
    command: &Command<'_>,
    work: &Work,
    teardown_plan: &TeardownPlan,
    removal: Removal,
) -> Ending {
    let (ctx, lab) = (&work.ctx, &work.lab);
    let doing = async {
        let deletion = delete_group(ctx, lab, teardown_plan, removal.wait).await?;
        if deletion != Deletion::Gone {
            return Ok((deletion, Vec::new()));
        }
        if removal.purge {
            purge_accounts(ctx, lab, teardown_plan).await?;
        }
        let proof = prove(ctx, lab, teardown_plan, removal.purge).await;
        proof
            .map(|remains| (deletion, remains))
            .map_err(|error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error))
    };
    match command.limited(work, doing).await {
        Ok((Deletion::Begun, _)) => {
            ctx.events.note(Level::Info, format!("see the progress: az group show -n {}", lab.group));
            Ending::done(LabState::Incomplete, Outputs::default())
        }
        Ok((Deletion::Spared, _)) => {
            ctx.events
                .note(Level::Info, format!("the lab {} was extended in the meantime: it is left alone", lab.name));
            Ending::untouched(false)
        }
        Ok((Deletion::Gone, remains)) => {
            // Whoever answers in the service's place may have said that the group is gone.
            if remains.iter().all(|remain| !same(&remain.id, &lab.group_id())) {
                lease::gone(ctx);
            }
            proven(work, removal, &remains)
        }
        Err(error) => {
            let mut ending = Ending::failed(&error);
            if let Some(report) = ending.error.as_mut().filter(|_| error.ended_operation()) {
                for line in left_behind(ctx, lab).await {
                    report.message.push_str(&format!("\n{line}"));
                }
            }
            ending
        }
    }
}

/// What is left decides: nothing, or nothing but what was to be kept, is a success. What is left is told with the error, which
/// is printed however little else is.
fn proven(work: &Work, removal: Removal, remains: &[Remain]) -> Ending {
    let lines: Vec<String> = remains.iter().map(Remain::line).collect();
    let Some(first) = remains.first().filter(|_| remains.iter().any(|remain| remain.bills || removal.purge)) else {
        for line in lines {
            work.ctx.events.note(Level::Warning, line);
        }
        return Ending::done(LabState::Deleted, Outputs::default());
    };
    let (count, are) = (counted(remains.len(), "resource"), agreeing(remains.len(), "is", "are"));
    let error = ErrorReport {
        resource: Some(first.id.clone()),
        retryable: true,
        ..ErrorReport::new("StillThere", format!("{count} {are} left:\n{}", lines.join("\n")))
            .hint("run the same command again, or do what is named beside each")
    };
    Ending::refused(LabState::Incomplete, error, Exit::LabFailed)
}
