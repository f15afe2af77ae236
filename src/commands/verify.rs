//! `azlab verify`: the workshop's own checks, each with the command that puts right what it found. Changes nothing.

use futures::future::join_all;

use super::again::azlab;
use super::labs::{Command, Ending, Finished, RunOptions, Work};
use super::session::Session;
use crate::outcome::{Details, ErrorReport, Exit, LabOutcome, LabState, Outputs};
use crate::settings::VerifySettings;
use crate::verify::{Verified, VerifyOptions, verify};

/// The subcommand's name.
pub const COMMAND: &str = "verify";

/// Checks the labs.
pub async fn run(session: &Session, settings: &VerifySettings, options: &RunOptions) -> Finished {
    let command = match Command::begin(COMMAND, session, options, |subscription| settings.specs(subscription)).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let ended = join_all(command.works.iter().map(|work| one(&command, settings, work))).await;
    command.finish(ended, |_, _| Vec::new())
}

async fn one(command: &Command<'_>, settings: &VerifySettings, work: &Work) -> (LabOutcome, Exit) {
    let (session, options) = (command.session, command.options);
    let how = VerifyOptions {
        chat: settings.chat(),
        is_sandbox: session.is_sandbox,
        repair: azlab("provision", session, options, work),
        deploy: azlab("deploy-model", session, options, work),
        again: azlab(COMMAND, session, options, work),
    };
    match command.limited(work, verify(&work.ctx, &session.data_plane, &work.lab, &how)).await {
        Ok(Some(verified)) => {
            let location = verified.location.clone();
            command.outcome(work, Some(&location), ending(verified))
        }
        Ok(None) => command.outcome(work, None, absent(work, &how)),
        Err(error) => command.outcome(work, None, Ending::failed(&error)),
    }
}

fn ending(verified: Verified) -> Ending {
    let (state, exit) =
        if verified.is_well() { (LabState::Ready, Exit::Done) } else { (LabState::Incomplete, Exit::Differs) };
    let details = Details { checks: Some(verified.checks), ..Details::default() };
    Ending { state, outputs: verified.outputs, error: None, exit, details }
}

fn absent(work: &Work, how: &VerifyOptions) -> Ending {
    let group = &work.lab.group;
    let error = ErrorReport {
        resource: Some(work.lab.group_id()),
        ..ErrorReport::new("ResourceGroupNotFound", format!("there is no resource group {group}"))
            .hint(format!("make the lab: {}; or name another with --lab or --resource-group", how.repair))
    };
    Ending {
        state: LabState::Absent,
        outputs: Outputs::default(),
        error: Some(error),
        exit: Exit::NotFound,
        details: Details::default(),
    }
}
