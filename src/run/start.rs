//! A command on labs: resolve, connect, report, print.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::print::{CannotWrite, print_data, tell_masks};
use super::refusals::{fail, usage};
use super::runtime::on_runtime;
use crate::cli::Cli;
use crate::commands::finished::{Pour, Show};
use crate::commands::run_options::RunOptions;
use crate::commands::session::Prepared;
use crate::commands::subcommand::{OnLabs, Subcommand};
use crate::commands::{ask, deadline, stop};
use crate::events::{Events, Level};
use crate::outcome::Exit;
use crate::report::{Reporter, print_result, show_result, to_be_used};
use crate::settings::{LabSource, Settings};
use crate::values::{ErrorReport, Output, Surroundings};

/// What starting a command takes.
pub(super) struct Start<'a> {
    pub(crate) cli: &'a Cli,
    pub(crate) settings: &'a Settings,
    pub(crate) labs: &'a LabSource,
    pub(crate) around: &'a Surroundings,
}

impl OnLabs for Start<'_> {
    type Output = anyhow::Result<Exit>;

    fn with<S: Subcommand>(self, args: &S::Args) -> anyhow::Result<Exit> {
        match S::from_args(args, self.labs, self.around) {
            Ok(what) => on_runtime(run_on_labs(&self.settings.quiet_if(what.only_looks()), &what)),
            Err(error) => Ok(usage(self.cli, Ok(self.settings), &error)),
        }
    }
}

/// Connects, reports what the command does, and prints its result.
async fn run_on_labs<S: Subcommand>(settings: &Settings, command: &S) -> anyhow::Result<Exit> {
    let prepared = match Prepared::new(&settings.target) {
        Ok(prepared) => prepared,
        Err(error) => return Ok(fail(settings, S::NAME, error.report(&settings.place), error.exit())),
    };
    let reporter = match Reporter::new(&settings.report, prepared.clock) {
        Ok(reporter) => reporter,
        Err(error) => {
            let report = ErrorReport::new("CannotWriteFile", error.to_string());
            return Ok(fail(settings, S::NAME, report, Exit::Usage));
        }
    };
    let cancel = CancellationToken::new();
    stop::on_signals(cancel.clone());
    let (session, events) = match prepared.begin(cancel) {
        Ok(begun) => begun,
        Err(error) => return Ok(fail(settings, S::NAME, error.report(&settings.place), error.exit())),
    };
    let reporter = tokio::spawn(reporter.run(events));
    tokio::spawn(tell_of_stop(session.stop.clone(), session.events.clone()));
    let options = RunOptions {
        timeout: settings.timeout,
        ask: settings.interactive.then(|| ask::on_terminal(session.stop.clone())),
        confirm: settings.interactive.then(|| ask::confirm_on_terminal(session.stop.clone())),
        yes: settings.yes,
        writer: Some(settings.writer.clone()),
        hide_ids: settings.report.hide_ids,
        if_busy: settings.if_busy,
        place: settings.place.clone(),
        file: settings.file.clone(),
        show: command.watches().then(|| shower(settings)),
        pour: settings.report.stdout_is_data.then(|| pourer(settings)),
    };
    let finished = deadline::run(command, &session, &options).await;
    drop(session);
    // It ends with the last event; should it have failed, the result is printed all the same.
    let reported = reporter.await;
    tell_masks(&finished)?;
    if !finished.shown {
        print_result(&finished.result, &finished.next, settings.output, &settings.report)
            .map_err(CannotWrite::stdout)?;
    }
    print_data(&finished, settings)?;
    reported.context("the progress display failed")?;
    Ok(finished.exit)
}

/// Shows a result where the one before it stood, on a terminal; else below it.
fn shower(settings: &Settings) -> Show {
    let (output, report) = (settings.output, settings.report.clone());
    Arc::new(move |finished| {
        let terminal = (output == Output::Text && report.stdout_is_terminal).then(console::Term::stdout);
        if let Some(terminal) = &terminal {
            // A terminal that cannot be cleared scrolls.
            drop(terminal.clear_screen());
        }
        let screen = terminal.and_then(|terminal| terminal.size_checked());
        show_result(&finished.result, &finished.next, output, &report, screen)
    })
}

/// Writes what is data to stdout as it comes, cleaned as at the end.
fn pourer(settings: &Settings) -> Pour {
    let report = settings.report.clone();
    Arc::new(move |text| {
        let text = to_be_used(&report, text, report.stdout_is_terminal);
        let mut stdout = std::io::stdout();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
    })
}

/// Says at once that Ctrl-C was heard: a write under way is not cut off, and may take some seconds.
async fn tell_of_stop(stop: CancellationToken, events: Events) {
    stop.cancelled().await;
    events.note(Level::Info, "stopping: requests already sent are finished first (Ctrl-C again ends at once)");
}
