//! What goes to stdout and stderr beside progress and results.

use std::io::Write as _;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::commands::finished::Finished;
use crate::outcome::Exit;
use crate::report;
use crate::settings::Settings;

/// Writes to stdout; a reader that has gone has read enough.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("stdout cannot be written"),
        _ => Ok(()),
    }
}

/// Tells a runner of GitHub Actions which texts to mask, before anything can print them.
pub(super) fn tell_masks(finished: &Finished) -> anyhow::Result<()> {
    let Some(masks) = &finished.masks else { return Ok(()) };
    std::io::stderr().write_all(masks.reveal().as_bytes()).context("stderr cannot be written")
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

/// The manual page.
pub(super) fn manual() -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page).context("the manual page cannot be made")?;
    print(&String::from_utf8_lossy(&page)).map(|()| Exit::Done)
}
