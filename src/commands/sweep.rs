//! `azlab sweep --expired`: removes the labs whose time is over, and nothing else. Made for cron: several may run at once.

use super::apply::told;
use super::find;
use super::finished::Finished;
use super::removal::{self, Answer, Removal};
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::shared_end;
use super::subcommand::Subcommand;
use super::subscriptions;
use super::work::Work;
use crate::azure::client::Azure;
use crate::cli::expiry::SweepArgs;
use crate::events::Level;
use crate::follow_up::{FollowUp, Verb};
use crate::hints;
use crate::lab::tags::Tags;
use crate::outcome::NextStep;
use crate::outcome::{Exit, LabOutcome, Outputs};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::expired::{Expired, expired};
use crate::recipe::teardown_plan::{Reason, TeardownPlan};
use crate::settings::{DryRun, LabSource, SettingsError, SweepSettings};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "sweep";

impl Subcommand for SweepSettings {
    type Args = SweepArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &SweepArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.dry_run() != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Removes what has expired.
pub async fn run(session: &Session, settings: &SweepSettings, options: &RunOptions) -> Finished {
    let mut command = match Command::connect(COMMAND, session, options).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let now = session.clock().now();
    session.azure.look_at_all();
    let subscriptions = match subscriptions::all(session, settings.labs()).await {
        Ok(subscriptions) => subscriptions,
        Err(error) => return command.before_any_lab(error.report(), error.exit()),
    };
    let read = async |azure: &Azure| expired(azure, settings.filter(), now).await;
    let found = match subscriptions::each(&subscriptions, read).await {
        Ok((found, refusing)) => {
            find::tell_refusing(session, &refusing);
            found.into_iter().fold(Expired::default(), Expired::with)
        }
        Err(error) => {
            return command.before_any_lab(hints::report_azure(&error, None), hints::exit_of_azure(&error));
        }
    };
    for (lab, text) in &found.unreadable {
        let extend = FollowUp::new(Verb::Extend).with(["--ttl", "8h"]).on(lab);
        let message = format!(
            "the resource group {} is not swept: its tag azlab-expires is '{text}', which is not a time; set it again: {}",
            lab.group,
            options.place.line(&extend)
        );
        session.events.note(Level::Warning, message);
    }
    command.take(found.labs);
    let how = Removal { purge: true, wait: true };
    let looks = removal::look(&command, Reason::ExpiredAt(now), settings.dry_run()).await;
    // One that cannot go does not keep the others.
    let mut ended = Vec::new();
    let mut labs: Vec<(&Work, TeardownPlan)> = Vec::new();
    for (work, look) in command.works.iter().zip(looks) {
        match look {
            Ok(teardown_plan) => labs.push((work, teardown_plan)),
            Err(error) => ended.push(command.outcome(work, None, Ending::failed(&error))),
        }
    }
    let chosen: Vec<(&Work, &TeardownPlan)> = labs.iter().map(|(work, teardown_plan)| (*work, teardown_plan)).collect();
    let is_meant = |tags: &Tags| tags.expiry().has_come(now) && settings.filter().takes(tags);
    let ending =
        Box::pin(shared_end::unused(&command, &subscriptions, &chosen, Reason::ExpiredAt(now), is_meant)).await;
    let shared = match ending {
        Ok(shared) => shared,
        Err(error) => {
            let message = format!("OpenAI accounts that labs shared are left alone: {error}");
            session.events.note(Level::Warning, message);
            Vec::new()
        }
    };
    if command.works.is_empty() && shared.is_empty() {
        session.events.note(Level::Info, "nothing has expired");
        return command.finish(Vec::new(), no_next);
    }
    if settings.dry_run() != DryRun::Off {
        ended.extend(chosen.iter().map(|(work, teardown_plan)| {
            let plan = removal::plan(work, teardown_plan, how);
            let location = teardown_plan.group.as_ref().map(|group| group.location.as_str());
            command.outcome(
                work,
                location,
                told(settings.dry_run(), plan, !teardown_plan.is_empty(), Outputs::default()),
            )
        }));
        shared_end::foresee(&command, &shared, how);
        let more =
            if settings.dry_run() == DryRun::ExitCode && !shared.is_empty() { vec![Exit::Differs] } else { Vec::new() };
        return command.finish_beside(ended, &more, no_next);
    }
    if !shared.is_empty() || chosen.iter().any(|(_, teardown_plan)| !teardown_plan.is_empty()) {
        match removal::confirm(&command, &chosen, &shared_end::describe(&shared), how) {
            Answer::Yes => {}
            Answer::No => return removal::unconfirmed(&command),
            Answer::Interrupted => {
                let interrupted = || Ending::failed(&RecipeError::Interrupted);
                ended.extend(chosen.iter().map(|(work, _)| command.outcome(work, None, interrupted())));
                return command.finish(ended, no_next);
            }
        }
    }
    ended.extend(removal::remove_all(&command, &chosen, how).await);
    let more = Box::pin(shared_end::remove(&command, &shared, how)).await;
    command.finish_beside(ended, &more, no_next)
}

fn no_next(_: &Session, _: &[LabOutcome]) -> Vec<NextStep> {
    Vec::new()
}
