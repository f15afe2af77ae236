//! `azlab reset`: repairs exactly what differs from what should be.

use futures::future::join_all;

use super::apply::apply_all;
use super::attendees;
use super::find::{self, Which};
use super::finished::Finished;
use super::model_question;
use super::placing::{self, LeftOut};
use super::rebuild::rebuild;
use super::run_options::RunOptions;
use super::runner::Ending;
use super::session::Session;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::cli::reset::ResetArgs;
use crate::follow_up::{Labs, Verb};
use crate::outcome::NextStep;
use crate::outcome::{Exit, LabOutcome, LabState};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::group;
use crate::settings::{DryRun, LabSource, ResetSettings, SettingsError};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "reset";

impl Subcommand for ResetSettings {
    type Args = ResetArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &ResetArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.apply().dry_run != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Repairs the labs.
pub async fn run(session: &Session, settings: &ResetSettings, options: &RunOptions) -> Finished {
    let (mut command, mut labs) = match find::look(COMMAND, session, options, settings.labs(), Which::Meant).await {
        Ok(found) => found,
        Err(finished) => return *finished,
    };
    if let Err(finished) = attendees::settle(&command, &mut labs, settings.apply().skip_preflight).await {
        return *finished;
    }
    let is_repair = !settings.rebuild() && settings.apply().dry_run == DryRun::Off;
    if is_repair && let Err(finished) = model_question::settle(&command, &mut labs, settings.apply().adopt).await {
        return *finished;
    }
    let mut left_out = LeftOut::default();
    if settings.rebuild() {
        // One whose group has gone, maybe because an earlier rebuild was cut off, gets a place like a new one.
        let how = (settings.apply().skip_preflight, false);
        match placing::settle(&command, settings.labs(), labs, how).await {
            Ok((placed, without)) => (labs, left_out) = (placed.labs, without),
            Err(finished) => return *finished,
        }
    }
    command.take(labs);
    if settings.rebuild() {
        return match rebuild(&mut command, &settings.apply()).await {
            Ok(mut ended) => {
                ended.extend(left_out.ended(&command));
                command.finish(ended, |_, labs| next_steps(options, labs))
            }
            Err(finished) => *finished,
        };
    }
    // A lab that is not there is a slip of the pen: `provision` makes new ones.
    let there = join_all(command.works.iter().map(|work| command.limited(work, is_there(work)))).await;
    if there.iter().any(|one| !matches!(one, Ok(true))) {
        let ended = command.works.iter().zip(there).map(|(work, there)| {
            let ending = match there {
                Ok(true) => Ending::untouched(false),
                Ok(false) => {
                    Ending::refused(LabState::Absent, find::not_found(&work.lab, &options.place), Exit::NotFound)
                }
                Err(error) => Ending::failed(&error),
            };
            command.outcome(work, None, ending)
        });
        return command.finish(ended.collect(), |_, _| Vec::new());
    }
    let ended = match apply_all(&command, &settings.apply(), None).await {
        Ok(ended) => ended,
        Err(refused) => return *refused,
    };
    command.finish(ended, |_, labs| next_steps(options, labs))
}

fn next_steps(options: &RunOptions, labs: &[LabOutcome]) -> Vec<NextStep> {
    if labs.iter().any(|lab| lab.details.plan.is_some()) {
        return Vec::new();
    }
    let paused: Vec<&LabOutcome> = labs.iter().filter(|lab| lab.state == LabState::Paused).collect();
    if !paused.is_empty() {
        let command = options.place.line_on(Verb::Resume, paused.into_iter().collect::<Labs>());
        return vec![NextStep { command, why: "start what is paused".into() }];
    }
    vec![NextStep {
        command: options.place.line_on(Verb::Verify, labs.iter().collect::<Labs>()),
        why: "run the workshop's own checks".into(),
    }]
}

/// Whether there is something of the lab, and it is ours.
async fn is_there(work: &Work) -> Result<bool, RecipeError> {
    let lab = &work.lab;
    let found = work.ctx.azure.group(&lab.group).await.map_err(|error| {
        RecipeError::azure(crate::values::ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error)
    })?;
    found.map_or(Ok(false), |found| group::claim(&found, lab, false).map(|()| true))
}
