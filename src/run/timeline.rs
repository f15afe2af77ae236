//! `azlab timeline`, which needs no connection.

use std::io::Read as _;
use std::path::Path;

use super::print::print;
use super::refusals::fail;
use crate::cli::timeline::{PageFormat, TimelineArgs};
use crate::outcome::Exit;
use crate::pages::timeline::{ReadError, Run, html, read, runs, svg};
use crate::report;
use crate::settings::Settings;
use crate::values::{ErrorReport, a_few};

/// The subcommand's name.
const COMMAND: &str = crate::commands::dispatch::TIMELINE;

/// Runs it for the lab that is named, if one is.
pub(super) fn run(settings: &Settings, args: &TimelineArgs, labs: &[String]) -> anyhow::Result<Exit> {
    match page(args, labs) {
        Ok(text) => print(&report::clean(&settings.report, text)).map(|()| Exit::Done),
        Err(Stopped::Told(error)) => Ok(fail(settings, COMMAND, error, Exit::Usage)),
        Err(Stopped::Defect(error)) => Err(error.into()),
    }
}

enum Stopped {
    /// What is wrong with what was given.
    Told(ErrorReport),
    /// A template of ours is wrong.
    Defect(minijinja::Error),
}

fn page(args: &TimelineArgs, labs: &[String]) -> Result<String, Stopped> {
    let told = |code: &str, message: String, hint: &str| Stopped::Told(ErrorReport::new(code, message).hint(hint));
    let name = if args.file == Path::new("-") { "stdin".to_owned() } else { args.file.display().to_string() };
    let text = text(&args.file).map_err(|error| {
        told("CannotReadEvents", format!("{name} cannot be read: {error}"), "name a file that --events wrote")
    })?;
    let hint = "name a file that --events wrote";
    let events = read(&text).map_err(|error| {
        let hint = match error {
            ReadError::Schema { .. } => "use the version of azlab that wrote it (azlab --version)",
            _ => hint,
        };
        told("InvalidEvents", format!("{name}: {error}"), hint)
    })?;
    let runs = runs(&events);
    let run = chosen(&runs, args.run).map_err(|message| {
        let hint = if runs.is_empty() { hint } else { "the first run is --run 1; without --run it is the last" };
        told("InvalidArgument", format!("{name} {message}"), hint)
    })?;
    if args.format == PageFormat::Html {
        return html(run, events.is_cut_off).map_err(Stopped::Defect);
    }
    let names: Vec<&str> = run.lab_names().collect();
    let lab = match (labs, names.as_slice()) {
        ([lab], _) => lab.as_str(),
        ([], [lab]) => lab,
        _ => {
            let message = format!("a picture shows one lab, and the run has {}: {}", names.len(), a_few(&names));
            return Err(told("InvalidArgument", message, "name one with --lab"));
        }
    };
    match svg(run, lab) {
        Some(picture) => picture.map_err(Stopped::Defect),
        None => Err(told(
            "LabNotFound",
            format!("the run has no lab {lab}: it has {}", a_few(&names)),
            "name one with --lab",
        )),
    }
}

fn chosen(runs: &[Run], number: Option<usize>) -> Result<&Run, String> {
    let run = match number {
        None => runs.last(),
        Some(number) => number.checked_sub(1).and_then(|index| runs.get(index)),
    };
    run.ok_or_else(|| match (runs.len(), number) {
        (0, _) => "holds no run: its beginning is missing".to_owned(),
        (1, number) => format!("holds one run, and --run {} is not it", number.unwrap_or_default()),
        (count, number) => format!("holds {count} runs, and --run {} is none of them", number.unwrap_or_default()),
    })
}

fn text(file: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    match file == Path::new("-") {
        true => std::io::stdin().read_to_end(&mut bytes).map(drop)?,
        false => bytes = std::fs::read(file)?,
    }
    // What is cut off may be cut off within a letter.
    if let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    String::from_utf8(bytes)
        .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not text in UTF-8"))
}
