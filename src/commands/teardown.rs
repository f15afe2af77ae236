//! `azlab teardown`: shows what will go, asks, deletes, purges, and proves that nothing is left.

use super::apply::told;
use super::find::{self, Which};
use super::finished::Finished;
use super::removal::{self, Answer, Removal};
use super::roster;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::shared_end;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::cli::teardown::TeardownArgs;
use crate::events::Level;
use crate::follow_up::{Labs, Verb};
use crate::outcome::NextStep;
use crate::outcome::{Exit, LabOutcome, LabState, Outputs};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::teardown_plan::{Reason, TeardownPlan};
use crate::settings::{DryRun, LabSource, SettingsError, TeardownSettings};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "teardown";

impl Subcommand for TeardownSettings {
    type Args = TeardownArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &TeardownArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.dry_run() != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Takes the labs away.
pub async fn run(session: &Session, settings: &TeardownSettings, options: &RunOptions) -> Finished {
    let command = match find::begin(COMMAND, session, options, settings.labs(), Which::Remains).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    roster::tell_unlisted(session, options, settings.labs()).await;
    let how = Removal { purge: settings.purge(), wait: settings.wait() };
    let works = &command.works;
    let looks = removal::look(&command, Reason::Asked, settings.dry_run()).await;
    // What a subscription refuses does not keep labs of others.
    let is_kept = |work: &Work| command.refusing.contains(&work.lab.subscription);
    let mut refused = Vec::new();
    let mut looked = Vec::new();
    for (work, look) in works.iter().zip(looks) {
        match look {
            Err(error) if is_kept(work) => refused.push(command.outcome(work, None, Ending::failed(&error))),
            look => looked.push((work, look)),
        }
    }
    if looked.iter().any(|(_, look)| look.is_err()) {
        let ended = looked.into_iter().map(|(work, look)| {
            command.outcome(
                work,
                None,
                look.map_or_else(
                    |error| Ending::failed(&error),
                    |teardown_plan| Ending::untouched(teardown_plan.is_empty()),
                ),
            )
        });
        refused.extend(ended);
        return command.finish(refused, no_next);
    }
    let found: Vec<(&Work, TeardownPlan)> =
        looked.into_iter().filter_map(|(work, look)| Some((work, look.ok()?))).collect();
    let labs: Vec<(&Work, &TeardownPlan)> = found.iter().map(|(work, teardown_plan)| (*work, teardown_plan)).collect();
    let shared = match Box::pin(shared_end::of_teardown(&command, settings.labs(), &labs)).await {
        Ok(shared) => shared,
        Err(error) => {
            refused.extend(labs.iter().map(|(work, _)| command.outcome(work, None, Ending::failed(&error))));
            return command.finish(refused, no_next);
        }
    };
    if settings.dry_run() != DryRun::Off {
        let ended = found.iter().map(|(work, teardown_plan)| {
            let location = teardown_plan.group.as_ref().map(|group| group.location.as_str());
            let plan = removal::plan(work, teardown_plan, how);
            command.outcome(
                work,
                location,
                told(settings.dry_run(), plan, !teardown_plan.is_empty(), Outputs::default()),
            )
        });
        refused.extend(ended);
        shared_end::foresee(&command, &shared, how);
        let more =
            if settings.dry_run() == DryRun::ExitCode && !shared.is_empty() { vec![Exit::Differs] } else { Vec::new() };
        return command.finish_beside(refused, &more, no_next);
    }
    if shared.is_empty() && found.iter().all(|(_, teardown_plan)| teardown_plan.is_empty()) {
        refused.extend(nothing_there(&command, &found));
        return command.finish(refused, no_next);
    }
    match removal::confirm(&command, &labs, &shared_end::describe(&shared), how) {
        Answer::Yes => {}
        Answer::No => return removal::unconfirmed(&command),
        Answer::Interrupted => {
            let interrupted = || Ending::failed(&RecipeError::Interrupted);
            refused.extend(labs.iter().map(|(work, _)| command.outcome(work, None, interrupted())));
            return command.finish(refused, no_next);
        }
    }
    refused.extend(removal::remove_all(&command, &labs, how).await);
    let more = Box::pin(shared_end::remove(&command, &shared, how)).await;
    command.finish_beside(refused, &more, |_, labs| next_steps(options, labs, how))
}

fn nothing_there(command: &Command<'_>, found: &[(&Work, TeardownPlan)]) -> Vec<(LabOutcome, Exit)> {
    let ended = found.iter().map(|(work, _)| {
        work.ctx.events.note(Level::Info, format!("the lab {} is absent", work.lab.name));
        command.outcome(work, None, Ending::done(LabState::Absent, Outputs::default()))
    });
    ended.collect()
}

fn no_next(_: &Session, _: &[LabOutcome]) -> Vec<NextStep> {
    Vec::new()
}

fn next_steps(options: &RunOptions, labs: &[LabOutcome], how: Removal) -> Vec<NextStep> {
    if how.wait && how.purge {
        return Vec::new();
    }
    vec![NextStep {
        command: options.place.line_on(Verb::Teardown, labs.iter().collect::<Labs>()),
        why: "purge what is soft-deleted, and check that nothing is left".into(),
    }]
}
