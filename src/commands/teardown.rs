//! `azlab teardown`: shows what will go, asks, deletes, purges, and proves that nothing is left.

use futures::future::join_all;

use super::labs::{Command, Ending, Finished, RunOptions, Work};
use super::session::Session;
use crate::events::Level;
use crate::lab::tags;
use crate::outcome::{ErrorReport, Exit, LabOutcome, LabState, Outputs};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::teardown::{Doomed, Remain, delete_group, inspect, prove, purge_accounts};
use crate::report::NextStep;
use crate::settings::TeardownSettings;

/// The subcommand's name.
pub const COMMAND: &str = "teardown";

/// Takes the labs away.
pub async fn run(session: &Session, settings: &TeardownSettings, options: &RunOptions) -> Finished {
    let command = match Command::begin(COMMAND, session, options, |subscription| settings.specs(subscription)).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let works = &command.works;
    let looks = join_all(works.iter().map(|work| command.limited(work, inspect(&work.ctx, &work.lab)))).await;
    if looks.iter().any(Result::is_err) {
        let ended = works.iter().zip(looks).map(|(work, look)| {
            command.outcome(
                work,
                None,
                look.map_or_else(|error| Ending::failed(&error), |doomed| Ending::untouched(doomed.is_empty())),
            )
        });
        return command.finish(ended.collect(), no_next);
    }
    let doomed: Vec<Doomed> = looks.into_iter().flatten().collect();
    if doomed.iter().all(Doomed::is_empty) {
        return nothing_there(&command);
    }
    if !options.yes && !confirmed(&command, &doomed, settings) {
        if session.stop.is_cancelled() {
            let ended = works.iter().map(|work| command.outcome(work, None, Ending::failed(&RecipeError::Interrupted)));
            return command.finish(ended.collect(), no_next);
        }
        return unconfirmed(&command);
    }
    let ended = works.iter().zip(&doomed).map(|(work, doomed)| take_away(&command, settings, work, doomed));
    let ended = join_all(ended).await;
    command.finish(ended, |_, labs| next_steps(labs, settings))
}

/// What will go, for people.
fn describe(works: &[Work], doomed: &[Doomed], settings: &TeardownSettings) -> String {
    let mut lines = vec!["this will be deleted:".to_owned()];
    for (work, doomed) in works.iter().zip(doomed) {
        if doomed.group.is_some() {
            lines.push(format!("  resource group {} with", work.lab.group));
            for id in &doomed.contents {
                let short = id.split("/providers/").nth(1).unwrap_or(id);
                lines.push(format!("    {short}"));
            }
        }
        if settings.purge() {
            let accounts = doomed.accounts.iter().map(|(_, name)| name);
            for name in accounts.chain(doomed.graves.iter().map(|grave| &grave.name)) {
                lines.push(format!("  and purged, for good: the OpenAI account {name}"));
            }
        }
    }
    lines.join("\n")
}

fn confirmed(command: &Command<'_>, doomed: &[Doomed], settings: &TeardownSettings) -> bool {
    let Some(confirm) = &command.options.confirm else { return false };
    let what = describe(&command.works, doomed, settings);
    match doomed.iter().filter(|one| !one.is_empty()).count() {
        1 => confirm(&what, "Delete it?", None),
        count => {
            let workshop = command.works.first().and_then(|work| work.lab.tags.get(tags::WORKSHOP));
            confirm(&what, &format!("These are {count} labs."), workshop)
        }
    }
}

fn unconfirmed(command: &Command<'_>) -> Finished {
    let error = ErrorReport::new("NotConfirmed", "nothing was deleted: it was not confirmed")
        .hint(format!("to go on without a question: {} --yes", command.options.command_line));
    command.before_any_lab(error, Exit::NeedsConfirmation)
}

fn nothing_there(command: &Command<'_>) -> Finished {
    let ended = command.works.iter().map(|work| {
        work.ctx.events.note(Level::Info, format!("nothing of the lab {} is there", work.lab.name));
        command.outcome(work, None, Ending::done(LabState::Absent, Outputs::default()))
    });
    command.finish(ended.collect(), no_next)
}

async fn take_away(
    command: &Command<'_>,
    settings: &TeardownSettings,
    work: &Work,
    doomed: &Doomed,
) -> (LabOutcome, Exit) {
    let (ctx, lab) = (&work.ctx, &work.lab);
    let doing = async {
        delete_group(ctx, lab, settings.wait()).await?;
        if !settings.wait() {
            return Ok(None);
        }
        if settings.purge() {
            purge_accounts(ctx, lab, doomed).await?;
        }
        let proof = prove(ctx, lab, doomed).await;
        proof.map(Some).map_err(|error| {
            RecipeError::azure(crate::lab::kind::ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error)
        })
    };
    let ending = match command.limited(work, doing).await {
        Ok(None) => {
            ctx.events.note(Level::Info, format!("see how far it is with: az group show -n {}", lab.group));
            Ending::done(LabState::Incomplete, Outputs::default())
        }
        Ok(Some(remains)) => proven(work, settings, &remains),
        Err(error) => Ending::failed(&error),
    };
    let location = doomed.group.as_ref().map(|group| group.location.as_str());
    command.outcome(work, location, ending)
}

/// What is left decides: nothing, or nothing but what was to be kept, is a success.
fn proven(work: &Work, settings: &TeardownSettings, remains: &[Remain]) -> Ending {
    for remain in remains {
        let bills = if remain.bills { "still there and still billed" } else { "still there" };
        work.ctx.events.note(Level::Warning, format!("{bills}: {}\n  {}", remain.id, remain.why));
    }
    if !remains.iter().any(|remain| remain.bills || settings.purge()) {
        return Ending::done(LabState::Deleted, Outputs::default());
    }
    let Some(first) = remains.first() else { return Ending::done(LabState::Deleted, Outputs::default()) };
    let error = ErrorReport {
        resource: Some(first.id.clone()),
        retryable: true,
        ..ErrorReport::new("StillThere", format!("{} things are left: {}", remains.len(), first.why))
            .hint("run the same command again, or do what is said beside each")
    };
    Ending::refused(LabState::Incomplete, error, Exit::LabFailed)
}

fn no_next(_: &Session, _: &[LabOutcome]) -> Vec<NextStep> {
    Vec::new()
}

fn next_steps(labs: &[LabOutcome], settings: &TeardownSettings) -> Vec<NextStep> {
    if settings.wait() && settings.purge() {
        return Vec::new();
    }
    let lab = labs.first().map_or("", |lab| lab.name.as_str());
    vec![NextStep {
        command: format!("azlab teardown --lab {lab}"),
        why: "purge what is soft-deleted, and see that nothing is left".into(),
    }]
}
