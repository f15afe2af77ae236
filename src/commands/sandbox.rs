//! `azlab sandbox`: serve it, show it, reset it, give it a scenario, make tokens of its clusters.

mod advice;
mod error;
mod how_to_use;
mod scenario;
mod serve;
mod show;
mod token;

use std::path::Path;

use crate::cli::sandbox::SandboxCommand;
use crate::follow_up::Place;
use crate::outcome::sandbox::SandboxOutcome;
use crate::outcome::{ErrorReport, Exit};
use azlab_sandbox::{ServiceAccountTokenError, reset};

pub(crate) use advice::advice;
pub(crate) use error::SandboxCommandError;
pub(crate) use serve::{COMMAND, Server, Told};

impl SandboxCommandError {
    /// As scripts see it.
    pub(crate) fn report(&self, place: &Place) -> ErrorReport {
        let code = match self {
            Self::Sandbox(_) => "SandboxUnusable",
            Self::Scenario(_) => "InvalidScenario",
            Self::Serve(_) | Self::SecretFile { .. } => "CannotServe",
            Self::Tls(_) => "NoCertificate",
            Self::ServiceAccount(_) => "InvalidArgument",
            Self::Token(_) => "NoServiceAccountToken",
            Self::TokenFile { .. } => "CannotWriteToken",
        };
        let hint = advice::of_command(self).map(|advice| advice.at(place));
        ErrorReport { hint, ..ErrorReport::new(code, self.to_string()) }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Token(ServiceAccountTokenError::NoCluster(_)) => Exit::NotFound,
            _ => Exit::Usage,
        }
    }
}

/// The global options, by clap's id, that mean nothing to `command`: it reads no lab, and has the one subscription. What is
/// done in an instant has no events either.
pub(crate) fn without_meaning(command: &SandboxCommand) -> &'static [&'static str] {
    const ALL: &[&str] = &[
        "subscription",
        "tenant",
        "auth",
        "cloud",
        "arm_endpoint",
        "config",
        "labs",
        "all",
        "timeout",
        "log_file",
        "events",
    ];
    match command {
        SandboxCommand::Serve { .. } => &ALL[..ALL.len() - 2],
        _ => ALL,
    }
}

/// What a subcommand comes to.
pub(crate) enum Begun<'a> {
    /// It was done in an instant.
    Done(SandboxOutcome),
    /// It serves until it is stopped.
    Serve(Server<'a>),
}

/// Does it, in the sandbox whose state is in `dir`; what is to be served waits for [`Server::run`].
///
/// # Errors
/// [`SandboxCommandError`]
pub(crate) fn begin<'a>(
    command: &'a SandboxCommand,
    dir: &'a Path,
    speed: f64,
    place: &Place,
) -> Result<Begun<'a>, SandboxCommandError> {
    let done = match command {
        SandboxCommand::Reset => {
            reset(dir)?;
            SandboxOutcome::Emptied { directory: dir.to_owned() }
        }
        SandboxCommand::Show => show::run(dir, speed, place)?,
        SandboxCommand::Scenario { scenario, list, print, schema, fresh } => {
            let asked = scenario::Asked {
                scenario: scenario.as_deref(),
                list: *list,
                print: *print,
                schema: *schema,
                fresh: *fresh,
            };
            scenario::run(&asked, dir, speed, place)?
        }
        SandboxCommand::Serve { listen, http, ca_file, allow_remote, tools } => {
            let asked = serve::Asked {
                listen: *listen,
                http: *http,
                ca_file: ca_file.as_ref(),
                allow_remote: *allow_remote,
                tools,
            };
            return Server::open(asked, dir, speed).map(Begun::Serve);
        }
        SandboxCommand::Token(args) => token::run(args, dir, speed)?,
    };
    Ok(Begun::Done(done))
}
