//! What is told where no command could begin: a refused command line, wrong usage, an error before any lab.

use clap::CommandFactory as _;
use serde_json::json;

use super::print::print;
use crate::cli::{Cli, other_words};
use crate::commands::{dispatch, doctor};
use crate::follow_up::Place;
use crate::outcome::{CommandResult, Exit, SCHEMA};
use crate::report::print_result;
use crate::settings::{Settings, SettingsError};
use crate::values::{ErrorReport, ReportOptions};

/// Tells what clap has to say: help and version on stdout, a refused command line on stderr, and to scripts as JSON.
pub fn refused(error: &clap::Error, arguments: &[String]) -> Exit {
    // Where it cannot be printed there is nowhere to say so.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    if wants_json(arguments) {
        let text = error.render().to_string();
        let message = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ").trim();
        let commands = Cli::command();
        let known = |word: &String| commands.find_subcommand(word).map(clap::Command::get_name);
        let hint = other_words::suggestion(error).unwrap_or_else(|| "azlab --help".to_owned());
        let report = ErrorReport::new("InvalidArgument", message).hint(hint);
        let object =
            json!({"schema": SCHEMA, "command": arguments.iter().find_map(known).unwrap_or("azlab"), "error": report});
        // As above.
        let _ = print(&format!("{object}\n"));
    }
    Exit::Usage
}

/// Whether a command line that clap refused asks for JSON.
fn wants_json(arguments: &[String]) -> bool {
    let given = arguments.iter().enumerate().rev().find_map(|(index, word)| match word.as_str() {
        "-o" | "--output" => arguments.get(index + 1).cloned(),
        word => {
            let value = word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o"))?;
            Some(value.trim_start_matches('=').to_owned())
        }
    });
    given.or_else(|| std::env::var("AZLAB_OUTPUT").ok()).as_deref() == Some("json")
}

/// Tells an error that came before any lab, in the form that was asked for.
pub(super) fn fail(settings: &Settings, command: &'static str, error: ErrorReport, exit: Exit) -> Exit {
    let mut result = CommandResult::failed_before_any_lab(command, error);
    if command == doctor::COMMAND && exit == Exit::NotSignedIn {
        result = doctor::without_sign_in(result);
    }
    match print_result(&result, &[], settings.output, &settings.report) {
        Ok(()) => exit,
        Err(_) => Exit::Internal,
    }
}

/// Tells what is wrong with arguments, environment or file, with the settings of the run or, if they could not be resolved,
/// with its place.
pub(super) fn usage(cli: &Cli, settings: Result<&Settings, &Place>, error: &SettingsError) -> Exit {
    let place = settings.map_or_else(|place| place, |settings| &settings.place);
    let (name, _) = dispatch::asked(&cli.command);
    let hint = match error {
        SettingsError::Name(error) => error.suggestion.as_ref().map(|name| format!("such as: {name}")),
        SettingsError::Config(error) => Some(error.hint().at(place)),
        SettingsError::Labs { hint, .. } => Some(hint.at(place)),
        _ => None,
    };
    let code = if matches!(error, SettingsError::Config(_)) { "InvalidConfig" } else { "InvalidArgument" };
    let report = ErrorReport { hint, ..ErrorReport::new(code, error.to_string()) };
    match settings {
        Ok(settings) => fail(settings, name, report, Exit::Usage),
        Err(_) => {
            let result = CommandResult::failed_before_any_lab(name, report);
            // Without settings there are no display options; the defaults are plain. Where it cannot be printed there is
            // nowhere to say so.
            let options = ReportOptions { hide_ids: cli.global.hide_ids, ..ReportOptions::default() };
            drop(print_result(&result, &[], cli.global.output, &options));
            Exit::Usage
        }
    }
}
