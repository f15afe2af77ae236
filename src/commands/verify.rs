//! `azlab verify`: the workshop's own checks, each with the command that puts right what it found. Changes nothing.

use futures::future::join_all;

use super::attendees;
use super::find::{self, Which};
use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::cli::verify::VerifyArgs;
use crate::outcome::{Details, Exit, LabOutcome, LabState};
use crate::settings::{LabSource, SettingsError, VerifySettings};
use crate::values::Surroundings;
use crate::verify::{Verified, VerifyOptions, verify};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "verify";

impl Subcommand for VerifySettings {
    type Args = VerifyArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &VerifyArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        true
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Checks the labs.
pub async fn run(session: &Session, settings: &VerifySettings, options: &RunOptions) -> Finished {
    let (mut command, mut labs) = match find::look(COMMAND, session, options, settings.labs(), Which::Meant).await {
        Ok(found) => found,
        Err(finished) => return *finished,
    };
    if let Err(finished) = attendees::settle_to_look(&command, &mut labs).await {
        return *finished;
    }
    command.take(labs);
    command.look_together();
    // Once for all: where the run is holds the names of all labs.
    let how = VerifyOptions {
        chat: settings.chat(),
        app: settings.looks_at_app(command.works.len()),
        is_sandbox: session.is_sandbox,
        place: options.place.clone(),
    };
    let ended = join_all(command.works.iter().map(|work| one(&command, &how, work))).await;
    command.finish(ended, |_, _| Vec::new())
}

async fn one(command: &Command<'_>, how: &VerifyOptions, work: &Work) -> (LabOutcome, Exit) {
    let session = command.session;
    match command.limited(work, verify(&work.ctx, (&session.data_plane, &session.clusters), &work.lab, how)).await {
        Ok(Some(verified)) => {
            let location = verified.location.clone();
            command.outcome(work, Some(&location), ending(verified))
        }
        Ok(None) => command.outcome(work, None, absent(command, work)),
        Err(error) => command.outcome(work, None, Ending::failed(&error)),
    }
}

fn ending(verified: Verified) -> Ending {
    let (state, exit) = match (verified.is_well(), verified.is_paused) {
        (true, _) => (LabState::Ready, Exit::Done),
        (false, true) => (LabState::Paused, Exit::Differs),
        (false, false) => (LabState::Incomplete, Exit::Differs),
    };
    let details = Details { checks: Some(verified.checks), ..Details::default() };
    Ending { state, outputs: verified.outputs, error: None, exit, details }
}

fn absent(command: &Command<'_>, work: &Work) -> Ending {
    Ending::refused(LabState::Absent, find::not_found(&work.lab, &command.options.place), Exit::NotFound)
}
