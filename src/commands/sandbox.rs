//! `azlab sandbox`: serve it, show it, reset it, give it a scenario, make tokens of its clusters.

mod advice;
mod how_to_use;
mod scenario;
mod serve;
mod show;
mod token;

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::sandbox::SandboxCommand;
use crate::events::Events;
use crate::follow_up::Place;
use crate::outcome::{ErrorReport, Exit};
use crate::report::ReportError;
use crate::values::Output;
use azlab_clock::Clock;
use azlab_sandbox::scenario::ScenarioError;
use azlab_sandbox::serve::{ServeError, TlsError};
use azlab_sandbox::{SandboxError, ServiceAccountTokenError, reset};

pub use advice::advice;

/// The subcommand's name.
pub const COMMAND: &str = "sandbox";

/// The `schema` of what these commands print with `-o json`.
const SCHEMA: &str = "azlab.sandbox/v1";

/// What goes to stdout at the end.
pub struct Printed {
    /// The text.
    pub text: String,
    /// Whether it is a secret that was asked for, which is then printed as it is: all else is redacted.
    pub is_secret: bool,
}

impl Printed {
    fn text(text: String) -> Self {
        Self { text, is_secret: false }
    }

    fn secret(text: String) -> Self {
        Self { text, is_secret: true }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum SandboxCommandError {
    /// The state cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// It cannot be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A file that was asked for cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What was named is no service account.
    #[error("{0}")]
    ServiceAccount(String),
    /// There is no token of a service account.
    #[error(transparent)]
    Token(#[from] ServiceAccountTokenError),
    /// The application's secret cannot be written for az to read.
    #[error("{} cannot be written: {source}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The token cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl SandboxCommandError {
    /// As scripts see it.
    pub fn report(&self, place: &Place) -> ErrorReport {
        let code = match self {
            Self::Sandbox(_) => "SandboxUnusable",
            Self::Scenario(_) => "InvalidScenario",
            Self::Serve(_) | Self::SecretFile { .. } => "CannotServe",
            Self::Report(_) => "CannotWriteFile",
            Self::Tls(_) => "NoCertificate",
            Self::ServiceAccount(_) => "InvalidArgument",
            Self::Token(_) => "NoServiceAccountToken",
            Self::TokenFile { .. } => "CannotWriteToken",
        };
        let hint = advice::of_command(self).map(|advice| advice.at(place));
        ErrorReport { hint, ..ErrorReport::new(code, self.to_string()) }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Token(ServiceAccountTokenError::NoCluster(_)) => Exit::NotFound,
            _ => Exit::Usage,
        }
    }
}

/// How what runs for long tells of itself.
pub struct Telling<'a> {
    /// Called with what must be seen while it runs, in the form that `output` asks for.
    pub say: &'a mut dyn FnMut(&str),
    /// Called once the clock is known, for a place where its events go.
    pub begin: &'a mut dyn FnMut(Clock) -> Result<Events, ReportError>,
    /// What should be told among those events.
    pub warning: Option<String>,
    /// Which sandbox it is, for the commands that are recommended.
    pub place: &'a Place,
}

/// The global options, by clap's id, that mean nothing to `command`: it reads no lab, and has the one subscription. What is
/// done in an instant has no events either.
pub fn without_meaning(command: &SandboxCommand) -> &'static [&'static str] {
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

/// Runs it; returns what goes to stdout at the end.
///
/// # Errors
/// [`SandboxCommandError`]
pub async fn run(
    command: &SandboxCommand,
    dir: &Path,
    speed: f64,
    output: Output,
    stop: CancellationToken,
    telling: Telling<'_>,
) -> Result<Printed, SandboxCommandError> {
    match command {
        SandboxCommand::Reset => {
            reset(dir)?;
            let text = format!("the sandbox in {} is empty\n", dir.display());
            Ok(Printed::text(form(output, text, || json!({"schema": SCHEMA, "directory": dir, "reset": true}))))
        }
        SandboxCommand::Show => show::run(dir, speed, output, telling.place).map(Printed::text),
        SandboxCommand::Scenario { scenario, list, print, schema, fresh } => {
            let asked = scenario::Asked {
                scenario: scenario.as_deref(),
                list: *list,
                print: *print,
                schema: *schema,
                fresh: *fresh,
            };
            scenario::run(&asked, dir, speed, output, telling.place).map(Printed::text)
        }
        SandboxCommand::Serve { listen, http, ca_file, allow_remote, tools } => {
            let asked = serve::Asked {
                listen: *listen,
                http: *http,
                ca_file: ca_file.as_ref(),
                allow_remote: *allow_remote,
                tools,
            };
            serve::run(asked, dir, speed, output, stop, telling).await?;
            Ok(Printed::text(String::new()))
        }
        SandboxCommand::Token(args) => token::run(args, dir, speed, output),
    }
}

/// What was asked for: text, or one JSON object.
fn form(output: Output, text: String, object: impl FnOnce() -> serde_json::Value) -> String {
    match output {
        Output::Text => text,
        Output::Json => format!("{}\n", object()),
    }
}
