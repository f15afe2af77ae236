//! `azlab sandbox`: serve it, show it, move its time on, reset it, give it a scenario, make tokens of its clusters, hand out their keys.

mod advice;
mod clock;
mod cluster;
mod error;
mod how_to_use;
mod key;
mod scenario;
mod serve;
mod show;
mod token;

use std::path::Path;

use crate::cli::sandbox::{ClusterCommand, SandboxCommand};
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
            Self::ControlPlane(_) => "NoControlPlane",
            Self::Tls(_) => "NoCertificate",
            Self::ServiceAccount(_) | Self::Cluster(_) => "InvalidArgument",
            Self::Token(_) => "NoServiceAccountToken",
            Self::TokenFile { .. } => "CannotWriteToken",
            Self::KeyFile { .. } => "CannotWriteKey",
            Self::KeyFileExists(_) => "FileExists",
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
        "labs",
        "subscription",
        "tenant",
        "auth",
        "cloud",
        "arm_endpoint",
        "config",
        "all",
        "timeout",
        "log_file",
        "events",
    ];
    match command {
        SandboxCommand::Serve { .. } => &ALL[..ALL.len() - 2],
        SandboxCommand::Token(_) | SandboxCommand::Cluster { .. } => &ALL[1..],
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

/// Does it (`kubernetes` is the program of real control planes, if there is one), in the sandbox whose state is in `dir`, to the clusters of `labs` where it is about one; what is to be served waits for [`Server::run`].
///
/// # Errors
/// [`SandboxCommandError`]
pub(crate) fn begin<'a>(
    command: &'a SandboxCommand,
    labs: &[String],
    dir: &'a Path,
    speed: f64,
    kubernetes: Option<&'a Path>,
    place: &Place,
) -> Result<Begun<'a>, SandboxCommandError> {
    let done = match command {
        SandboxCommand::Reset => {
            reset(dir)?;
            SandboxOutcome::Emptied { directory: dir.to_owned() }
        }
        SandboxCommand::Show => show::run(dir, speed, place)?,
        SandboxCommand::Clock { advance } => clock::run(*advance, dir, speed)?,
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
        SandboxCommand::Serve { listen, http, ca_file, allow_remote, kubernetes: program, tools } => {
            let asked = serve::Asked {
                listen: *listen,
                http: *http,
                ca_file: ca_file.as_ref(),
                allow_remote: *allow_remote,
                kubernetes: program.as_deref().or(kubernetes),
                tools,
            };
            return Server::open(asked, dir, speed).map(Begun::Serve);
        }
        SandboxCommand::Token(args) => token::run(args, labs, dir, speed)?,
        SandboxCommand::Cluster { command: ClusterCommand::Key(args) } => key::run(args, labs, dir, speed)?,
    };
    Ok(Begun::Done(done))
}
