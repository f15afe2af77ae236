//! `azlab config`, which needs no connection.

use std::path::PathBuf;

use super::print::print;
use super::refusals::fail;
use crate::cli::Cli;
use crate::cli::config::ConfigCommand;
use crate::commands::config;
use crate::follow_up::{FollowUp, Labs, Verb};
use crate::outcome::Exit;
use crate::outcome::config::COMMAND;
use crate::report;
use crate::settings::{LabSource, Settings, SettingsError, Shown};

/// Runs it.
///
/// # Errors
/// [`SettingsError`], which is wrong usage.
pub(super) fn run(
    cli: &Cli,
    settings: &Settings,
    command: &ConfigCommand,
    labs: &LabSource,
) -> Result<anyhow::Result<Exit>, SettingsError> {
    let text = match command {
        ConfigCommand::Init { file, force } => {
            let file = file.as_ref().or(cli.global.config.as_ref());
            match config::init(file.map(PathBuf::as_path), *force, &settings.place) {
                Ok(written) => report::config::written_file(&written, settings.output),
                Err(error) => return Ok(Ok(fail(settings, COMMAND, error, Exit::Usage))),
            }
        }
        ConfigCommand::Show(args) => {
            let init = settings.place.line(&FollowUp::new(Verb::ConfigInit));
            let who_goes = FollowUp::make().with(["--dry-run"]).on(Labs::all());
            let doctor = FollowUp::new(Verb::Doctor).on(Labs::all());
            let commands = (init.as_str(), [settings.place.line(&who_goes), settings.place.line(&doctor)]);
            report::config::shown(&Shown::resolve(cli, args, settings, labs)?, commands, settings.output)
        }
        ConfigCommand::Schema => report::config::schema(settings.output),
    };
    Ok(print(&report::clean(&settings.report, text)).map(|()| Exit::Done))
}
