//! `azlab sandbox`, which needs no connection: what it tells, and where to.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::print::print;
use super::refusals::fail;
use crate::cli::Cli;
use crate::cli::sandbox::SandboxCommand;
use crate::commands::sandbox::{Begun, SandboxCommandError, Told};
use crate::commands::{sandbox, stop};
use crate::events::Events;
use crate::outcome::Exit;
use crate::outcome::sandbox::Serving;
use crate::report::{self, Reporter};
use crate::settings::Settings;
use crate::values::{ErrorReport, Output, Progress};

/// Runs it, in the sandbox whose state is in `dir`.
pub(super) async fn run(cli: &Cli, settings: &Settings, command: &SandboxCommand, dir: &Path) -> anyhow::Result<Exit> {
    let cancel = CancellationToken::new();
    stop::on_signals(cancel.clone());
    let report = settings.quiet_if(true).report.for_a_server();
    let unused = cli.given.flags(sandbox::without_meaning(command));
    let mut warning = (!unused.is_empty()).then(|| format!("ignored, as it has no effect here: {}", unused.join(", ")));
    if !matches!(command, SandboxCommand::Serve { .. })
        && let Some(warning) = warning.take_if(|_| report.verbosity >= 0)
    {
        // Where stderr is gone there is nowhere to say so.
        drop(writeln!(std::io::stderr(), "warning: {warning}"));
    }
    // Seen while it serves; a broken pipe does not stop the server. Text for people goes to stderr like all progress, but
    // not among lines of JSON.
    let mut serving = |serving: &Serving| {
        let text = report::serving(serving, settings.output);
        match settings.output {
            Output::Text if report.verbosity < 0 => {}
            Output::Text if report.progress != Progress::Json => {
                drop(std::io::stderr().write_all(report::to_be_used(&report, &text, report.is_terminal).as_bytes()));
            }
            Output::Text | Output::Json => drop(print(&report::to_be_used(&report, &text, report.stdout_is_terminal))),
        }
    };
    let failed =
        |error: &SandboxCommandError| fail(settings, sandbox::COMMAND, error.report(&settings.place), error.exit());
    let global = &cli.global;
    let kubernetes = global.sandbox_kubernetes.as_deref();
    let begun = sandbox::begin(command, &global.labs, dir, global.sandbox_speed, kubernetes, &settings.place);
    let server = match begun {
        Ok(Begun::Serve(server)) => server,
        Ok(Begun::Done(outcome)) => {
            if let Some(warning) = outcome.warning().filter(|_| report.verbosity >= 0) {
                drop(writeln!(std::io::stderr(), "warning: {warning}"));
            }
            let text = report::sandbox(&outcome, settings.output);
            let text = if outcome.is_secret() { text } else { report::clean(&settings.report, text) };
            return print(&text).map(|()| Exit::Done);
        }
        Err(error) => return Ok(failed(&error)),
    };
    let reporter = match Reporter::new(&report, server.clock()) {
        Ok(reporter) => reporter,
        Err(error) => {
            let report = ErrorReport::new("CannotWriteFile", error.to_string());
            return Ok(fail(settings, sandbox::COMMAND, report, Exit::Usage));
        }
    };
    let (events, receiver) = Events::channel(server.clock());
    let reporting = tokio::spawn(reporter.run(receiver));
    let ended = server.run(cancel, Told { events, warning, serving: &mut serving }).await;
    reporting.await.context("the progress display failed")?;
    Ok(ended.map_or_else(|error| failed(&error), |()| Exit::Done))
}
