//! What is told where no command could begin: a refused command line, wrong usage, an error before any lab.

use std::io::Write as _;

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
    let is_refusal = error.use_stderr();
    let (on_stdout, on_stderr) = match is_refusal {
        true => (
            wants_json(arguments, &["-o", "--output"], Some("AZLAB_OUTPUT")),
            wants_json(arguments, &["--progress"], None),
        ),
        false => (false, false),
    };
    if !on_stderr {
        // Where it cannot be printed there is nowhere to say so.
        let _ = error.print();
    }
    if on_stdout || on_stderr {
        let text = error.render().to_string();
        let message = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ").trim();
        let commands = Cli::command();
        let known = |word: &String| commands.find_subcommand(word).map(clap::Command::get_name);
        let hint = other_words::suggestion(error).unwrap_or_else(|| "azlab --help".to_owned());
        let report = ErrorReport::new("InvalidArgument", message).hint(hint);
        let object =
            json!({"schema": SCHEMA, "command": arguments.iter().find_map(known).unwrap_or("azlab"), "error": report});
        let line = format!("{object}\n");
        // As above.
        let _ = if on_stderr { std::io::stderr().write_all(line.as_bytes()) } else { Ok(()) };
        let _ = if on_stdout { print(&line) } else { Ok(()) };
    }
    if is_refusal { Exit::Usage } else { Exit::Done }
}

/// Whether a command line that clap refused asks for JSON, by the option of these names or else by this variable.
fn wants_json(arguments: &[String], names: &[&str], variable: Option<&str>) -> bool {
    let given = arguments.iter().enumerate().rev().find_map(|(index, word)| {
        if names.contains(&word.as_str()) {
            return arguments.get(index + 1).cloned();
        }
        let value = names.iter().find_map(|name| word.strip_prefix(name));
        // A short option's value may follow it at once.
        let value = value.filter(|value| value.starts_with('=') || !word.starts_with("--"))?;
        Some(value.trim_start_matches('=').to_owned())
    });
    given.or_else(|| std::env::var(variable?).ok()).as_deref() == Some("json")
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
            let (hide_ids, progress) = (cli.global.hide_ids, cli.global.progress);
            // What would have been data is none, and nobody is to take an error for it.
            let options = ReportOptions { hide_ids, progress, stdout_is_data: true, ..ReportOptions::default() };
            drop(print_result(&result, &[], cli.global.output, &options));
            Exit::Usage
        }
    }
}
