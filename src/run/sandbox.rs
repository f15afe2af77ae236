//! `azlab sandbox`, which needs no connection: what it tells, and where to.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::print::print;
use super::refusals::fail;
use crate::cli::Cli;
use crate::cli::sandbox::SandboxCommand;
use crate::commands::{sandbox, stop};
use crate::events::Events;
use crate::outcome::Exit;
use crate::report::{self, Reporter};
use crate::settings::Settings;
use crate::values::{Output, Progress};

/// Runs it, in the sandbox whose state is in `dir`.
pub(super) async fn run(cli: &Cli, settings: &Settings, command: &SandboxCommand, dir: &Path) -> anyhow::Result<Exit> {
    let cancel = CancellationToken::new();
    stop::on_signals(cancel.clone());
    let report = settings.quiet_if(true).report.for_a_server();
    let unused = cli.given.flags(sandbox::without_meaning(command));
    let mut warning = (!unused.is_empty()).then(|| format!("ignored, as it means nothing here: {}", unused.join(", ")));
    if !matches!(command, SandboxCommand::Serve { .. })
        && let Some(warning) = warning.take_if(|_| report.verbosity >= 0)
    {
        // Where stderr is gone there is nowhere to say so.
        drop(writeln!(std::io::stderr(), "warning: {warning}"));
    }
    // Seen while it serves; a broken pipe does not stop the server. Text for people goes to stderr like all progress, but
    // not among lines of JSON.
    let mut say = |text: &str| match settings.output {
        Output::Text if report.verbosity < 0 => {}
        Output::Text if report.progress != Progress::Json => {
            drop(std::io::stderr().write_all(report::to_be_used(&report, text, report.is_terminal).as_bytes()));
        }
        Output::Text | Output::Json => drop(print(&report::to_be_used(&report, text, report.stdout_is_terminal))),
    };
    let mut reporting = None;
    let mut begin = |clock| {
        let reporter = Reporter::new(&report, clock)?;
        let (events, receiver) = Events::channel(clock);
        reporting = Some(tokio::spawn(reporter.run(receiver)));
        Ok(events)
    };
    let telling = sandbox::Telling { say: &mut say, begin: &mut begin, warning, place: &settings.place };
    let ended = sandbox::run(command, dir, cli.global.sandbox_speed, settings.output, cancel, telling).await;
    if let Some(reporting) = reporting {
        reporting.await.context("the display of progress broke off")?;
    }
    match ended {
        Ok(printed) if printed.is_secret => print(&printed.text).map(|()| Exit::Done),
        Ok(printed) => print(&report::clean(&settings.report, printed.text)).map(|()| Exit::Done),
        Err(error) => Ok(fail(settings, sandbox::COMMAND, error.report(&settings.place), error.exit())),
    }
}
