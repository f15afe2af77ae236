//! What goes to stdout and stderr beside progress and results.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::commands::finished::Finished;
use crate::outcome::Exit;
use crate::report;
use crate::settings::Settings;
use crate::values::ErrorReport;

/// What a command has to say cannot be written, which is no defect of it: the disk behind it is full, say.
#[derive(Debug, thiserror::Error)]
#[error("{stream} cannot be written: {source}")]
pub(super) struct CannotWrite {
    stream: &'static str,
    source: io::Error,
}

impl CannotWrite {
    /// Of the result.
    pub(super) fn stdout(source: io::Error) -> Self {
        Self { stream: "stdout", source }
    }

    /// As people see it.
    pub(super) fn report(&self) -> ErrorReport {
        let error = ErrorReport::new("CannotWriteOutput", self.to_string());
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                error.hint(format!("the disk behind {} is full: make space, or send it elsewhere", self.stream))
            }
            _ => error.hint(format!("send {} elsewhere", self.stream)),
        }
    }
}

/// Writes to stdout; a reader that has gone has read enough.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CannotWrite::stdout(error).into()),
        _ => Ok(()),
    }
}

/// Tells a runner of GitHub Actions which texts to mask, before anything can print them.
pub(super) fn tell_masks(finished: &Finished) -> anyhow::Result<()> {
    let Some(masks) = &finished.masks else { return Ok(()) };
    let written = io::stderr().write_all(masks.reveal().as_bytes());
    written.map_err(|source| CannotWrite { stream: "stderr", source }.into())
}

/// Prints what a program is to read. On a terminal it is read by people, so `--hide-ids` holds there; a program that got
/// masked ids would only fail later.
pub(super) fn print_data(finished: &Finished, settings: &Settings) -> anyhow::Result<()> {
    match &finished.data {
        Some(data) if settings.report.stdout_is_data => {
            print(&report::to_be_used(&settings.report, data.reveal(), settings.report.stdout_is_terminal))
        }
        _ => Ok(()),
    }
}

/// The completions of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "azlab", &mut script);
    print(&String::from_utf8_lossy(&script)).map(|()| Exit::Done)
}

/// The manual page of the command that `words` name; of azlab, if they name none. `None` if there is no such command.
pub(super) fn manual(words: &[String]) -> Option<anyhow::Result<Exit>> {
    let mut whole = Cli::command();
    let page_of = if words.is_empty() {
        whole
    } else {
        // The options of every command come to each by building it.
        whole.build();
        words.iter().try_fold(&whole, |at, word| at.find_subcommand(word))?.clone()
    };
    let mut page = Vec::new();
    let made = clap_mangen::Man::new(page_of).render(&mut page).context("the manual page cannot be made");
    Some(made.and_then(|()| print(&String::from_utf8_lossy(&page))).map(|()| Exit::Done))
}
