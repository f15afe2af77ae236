//! What `pause` and `resume` share: look at every lab, and then stop or start the clusters, all at once.

use futures::future::join_all;

use super::apply::told;
use super::find::{self, Which};
use super::finished::Finished;
use super::refused;
use super::region_full;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::work::Work;
use crate::events::Level;
use crate::follow_up::FollowUp;
use crate::lab::tags;
use crate::outcome::plan::PlannedAction;
use crate::outcome::{ErrorReport, Exit, LabOutcome, LabState, NextStep, Outputs};
use crate::preflight::refusals::{Does, Writes};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::lease;
use crate::recipe::power::{Found, Power, look, set};
use crate::settings::{DryRun, PowerSettings};
use crate::values::{ResourceKind, counted};

/// Pauses the labs, or resumes them.
pub(super) async fn run(
    name: &'static str,
    session: &Session,
    options: &RunOptions,
    settings: &PowerSettings,
    power: Power,
    next: impl FnOnce(&RunOptions, &[LabOutcome]) -> Vec<NextStep>,
) -> Finished {
    let command = match find::begin(name, session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    command.look_together();
    let works = &command.works;
    let look = async |work: &Work| {
        let looking = async {
            if settings.dry_run() == DryRun::Off {
                lease::admit(&work.ctx).await?;
            }
            look(&work.ctx.azure, &work.lab).await
        };
        command.limited(work, looking).await
    };
    let found = join_all(works.iter().map(look)).await;
    let starts = found.iter().flatten().flatten().filter(|found| found.starts(power)).count();
    if starts > 0 && settings.dry_run() == DryRun::Off {
        let text = format!(
            "starting {}: a pause gave the nodes' machines back, and Azure may not have the capacity now",
            counted(starts, "cluster")
        );
        session.events.note(Level::Warning, text);
    }
    let now = tags::moment_text(session.clock().now()).unwrap_or_default();
    let one = async |(work, found): (&Work, Result<Option<Found>, RecipeError>)| {
        let location = found.as_ref().ok().and_then(|found| Some(found.as_ref()?.group.location.clone()));
        let ending = match found {
            Ok(Some(found)) if found.cluster.is_none() => no_cluster(&command, work, &found),
            Ok(Some(found)) => match settings.dry_run() {
                DryRun::Off => switch(&command, work, &found, power, &now).await,
                how => plan(&found, power, &now, how),
            },
            Ok(None) => {
                let report = find::not_found(&work.lab, &options.place);
                Ending::refused(LabState::Absent, report, Exit::NotFound)
            }
            Err(error) => Ending::failed(&error),
        };
        match settings.dry_run() {
            DryRun::Off => command.end_writing(work, location.as_deref(), ending).await,
            _ => command.outcome(work, location.as_deref(), ending),
        }
    };
    let ended = join_all(works.iter().zip(found).map(one)).await;
    let is_dry = settings.dry_run() != DryRun::Off;
    command.finish(ended, |_, labs| if is_dry { Vec::new() } else { next(options, labs) })
}

/// The state of a lab whose cluster is as `power` says.
fn state(power: Power) -> LabState {
    match power {
        Power::On => LabState::Ready,
        Power::Off => LabState::Paused,
    }
}

fn plan(found: &Found, power: Power, now: &str, how: DryRun) -> Ending {
    let ending = told(how, found.planned(power, now), true, Outputs::default());
    let is_done = ending.state == LabState::Ready;
    // What it is now: the other one, if there is something to do.
    let state = match (is_done, power) {
        (true, power) => state(power),
        (false, Power::On) => LabState::Paused,
        (false, Power::Off) => LabState::Ready,
    };
    Ending { state, ..ending }
}

async fn switch(command: &Command<'_>, work: &Work, found: &Found, power: Power, now: &str) -> Ending {
    let writes = || async {
        let changes = found.planned(power, now).into_iter().filter(|change| change.action != PlannedAction::Keep);
        Ok(Writes::listed(changes.map(|change| match change.resource {
            ResourceKind::Cluster => (change.resource, change.id, Does::Act(power.action())),
            _ => (change.resource, change.id, Does::Write),
        })))
    };
    if let Some(refused) = refused::foreseen(command, work, writes).await {
        return refused;
    }
    match command.limited(work, set(&work.ctx, found, power, now)).await {
        Ok(()) => Ending::done(state(power), Outputs::default()),
        Err(error) => {
            let mut ending = Ending::failed(&error);
            if let (Some(report), Some(advice)) =
                (&mut ending.error, region_full::advice_to_resume(command, work, &found.group.location, &error))
            {
                report.hint = Some(advice);
                report.retryable = true;
            }
            ending
        }
    }
}

fn no_cluster(command: &Command<'_>, work: &Work, found: &Found) -> Ending {
    let make = command.line(FollowUp::make(), work);
    let message = format!("there is no cluster {} in {}", found.lab.cluster.name, found.lab.group);
    let error = ErrorReport { resource: Some(found.lab.cluster_id()), ..ErrorReport::new("ResourceNotFound", message) };
    Ending::refused(LabState::Incomplete, error.hint(format!("create what is missing: {make}")), Exit::NotFound)
}
