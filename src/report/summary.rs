//! The result on stdout: one JSON object, or a block of text for people.

use std::io::{self, Write};

use anstream::AutoStream;

use super::error_text::{errors, failed_checks};
use super::filter::Filter;
use super::screen::fitted;
use super::sink::quiet;
use super::status_grid::{Screen, grid};
use super::style::{Glyphs, Palette, Tone};
use super::table::table;
use super::{app_text, checks, class_text, cost_text, lab_text, plan_text, status_text, wrap};
use crate::lab::model::quota_left;
use crate::outcome::{CommandResult, ModelEntry, NextStep};
use crate::values::duration::exact;
use crate::values::{Output, Progress, ReportOptions, counted};

/// Prints the result to stdout, and errors with their hints to stderr, whatever the form of the result. Where stderr has
/// JSON lines, the text of the errors is on stdout, and in a JSON result they are part of it.
///
/// # Errors
/// What prevented it, such as a full disk behind stdout. A broken pipe is no error.
pub fn print_result(
    result: &CommandResult,
    next: &[NextStep],
    output: Output,
    options: &ReportOptions,
) -> io::Result<()> {
    let choice = |color| if color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never };
    let mut stdout = AutoStream::new(io::stdout().lock(), choice(options.stdout_color()));
    let mut stderr = AutoStream::new(io::stderr().lock(), choice(options.stderr_color()));
    // Of stdout's terminal too, the last column stays free.
    let columns = || Some(usize::from(console::Term::stdout().size_checked()?.1).saturating_sub(1));
    let width = if options.stdout_is_terminal { columns() } else { None };
    write(result, next, output, (options, width), &mut stdout, &mut stderr)
}

/// Prints a result that another will replace; of one in text as much as fits on a `screen` of so many rows and columns.
///
/// # Errors
/// What prevented it, a broken pipe too.
pub fn show_result(
    result: &CommandResult,
    next: &[NextStep],
    output: Output,
    options: &ReportOptions,
    screen: Option<(u16, u16)>,
) -> io::Result<()> {
    let mut result = result.clone();
    Filter::new(options).clean_result(&mut result);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    write_result(&result, next, output, options, &mut stdout, &mut stderr)?;
    let mut text = String::from_utf8_lossy(&stdout).into_owned();
    if let Some((rows, columns)) = screen {
        let (rows, columns) = (usize::from(rows), usize::from(columns));
        text = match (&result.labs, fitted(&text, rows, columns)) {
            // A class that is too large for a table is a grid.
            (Some(labs), short) if labs.len() > 1 && short != text => {
                let (palette, glyphs) = (Palette::new(options.stdout_color()), Glyphs::new(options.environment.utf8));
                grid(labs, Screen { rows, columns, palette, glyphs })
            }
            (_, short) => short,
        };
    }
    let choice = |color| if color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never };
    // Where stderr is gone, the result is still wanted.
    drop(AutoStream::new(io::stderr().lock(), choice(options.stderr_color())).write_all(&stderr));
    let mut stdout = AutoStream::new(io::stdout().lock(), choice(options.stdout_color()));
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// As [`print_result`], to any two streams.
///
/// # Errors
/// What prevented it; a broken pipe is no error.
pub fn write_result(
    result: &CommandResult,
    next: &[NextStep],
    output: Output,
    options: &ReportOptions,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> io::Result<()> {
    write(result, next, output, (options, None), stdout, stderr)
}

/// The same; the text on stdout in lines of at most `text_width` columns.
pub(super) fn write(
    result: &CommandResult,
    next: &[NextStep],
    output: Output,
    (options, text_width): (&ReportOptions, Option<usize>),
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> io::Result<()> {
    let filter = Filter::new(options);
    let mut result = result.clone();
    filter.clean_result(&mut result);
    // Progress has told of an interrupt, and how to continue.
    let told = options.progress != Progress::None;
    let columns = || Some(usize::from(console::Term::stderr().size_checked()?.1));
    let width = if options.is_terminal { columns() } else { None };
    // A reader of JSON lines on stderr finds nothing else there; what is told of a lab is among them, and an error before any lab
    // is one more.
    if options.progress == Progress::Json && result.error.is_some() {
        let _ = put(stderr, &format!("{}\n", serde_json::to_string(&result)?));
    }
    match output {
        Output::Json => {
            if options.progress != Progress::Json {
                // Where stderr is gone, the result is still wanted.
                let palette = Palette::new(options.stderr_color());
                let (errors, checks) = (errors(&result, told, palette, width), failed_checks(&result, palette, width));
                let _ = put(stderr, &format!("{errors}{checks}"));
            }
            let object = serde_json::to_string(&result)?;
            put(stdout, &format!("{object}\n"))
        }
        Output::Text => {
            let mut next = next.to_vec();
            next.iter_mut().for_each(|step| filter.clean(step));
            let text = if options.stdout_is_data { String::new() } else { summary(&result, &next, options) };
            let text = match text_width {
                Some(width) => wrap::shown(&text, width),
                None => text,
            };
            let color = match options.progress {
                Progress::Json if !options.stdout_is_data => options.stdout_color(),
                _ => options.stderr_color(),
            };
            let errors = errors(&result, told, Palette::new(color), width);
            match options.progress {
                // A shell takes what is on stdout.
                Progress::Json if options.stdout_is_data => put(stdout, &text),
                Progress::Json => put(stdout, &format!("{errors}{text}")),
                _ => {
                    // Where stderr is gone, the result is still wanted.
                    let _ = put(stderr, &errors);
                    put(stdout, &text)
                }
            }
        }
    }
}

fn put(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    quiet(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()))
}

/// What a dry run ends with.
const DRY_RUN: &str = "nothing was written: this was a dry run";

fn summary(result: &CommandResult, next: &[NextStep], options: &ReportOptions) -> String {
    let (verbosity, palette) = (options.verbosity, Palette::new(options.stdout_color()));
    let labs = result.labs.as_deref().unwrap_or_default();
    let mut blocks = Vec::new();
    let is_class = class_text::is_class(labs.len(), verbosity);
    match labs {
        [] => {}
        labs if labs.iter().any(|lab| lab.details.plan.is_some()) && is_class => {
            blocks.push(class_text::plans(labs, palette));
            blocks.push(DRY_RUN.to_owned());
        }
        labs if labs.iter().any(|lab| lab.details.plan.is_some()) => {
            let plans = labs.iter().filter_map(|lab| Some((lab, lab.details.plan.as_ref()?)));
            blocks.extend(plans.map(|(lab, plan)| plan_text::block(lab, plan, palette)));
            blocks.push(DRY_RUN.to_owned());
        }
        labs if labs.iter().any(|lab| lab.details.checks.is_some()) && is_class => {
            blocks.push(class_text::checks(labs, palette));
        }
        labs if labs.iter().any(|lab| lab.details.checks.is_some()) => {
            blocks.extend(labs.iter().map(|lab| checks::of_lab(lab, result.sandbox == Some(true), palette)));
        }
        labs if labs.iter().any(|lab| lab.details.app.is_some()) && result.command.starts_with("app ") => {
            blocks.extend(app_text::blocks(labs, verbosity, palette));
        }
        // Below stands what they cost together.
        _ if result.cost.is_some() && is_class => {}
        labs if result.cost.is_some() => blocks.push(cost_text::many(labs, palette)),
        [lab] => match &lab.details.resources {
            Some(resources) => blocks.push(status_text::one(lab, resources, result.sandbox == Some(true), palette)),
            None => blocks.extend(lab_text::one(
                lab,
                result.sandbox == Some(true),
                shows_resources(options),
                verbosity,
                palette,
            )),
        },
        many if many.iter().any(|lab| lab.details.about.is_some()) => blocks.push(status_text::many(many, palette)),
        // Of a kubeconfig, people want to know the context.
        many if is_class && many.iter().all(|lab| lab.details.kubeconfig.is_none()) => {
            blocks.push(class_text::summary(many, palette));
        }
        many => blocks.push(lab_text::many(many, palette)),
    }
    if let Some(cost) = &result.cost {
        let counted = labs.iter().filter(|lab| lab.details.cost.is_some()).count();
        blocks.push(cost_text::total(cost, counted, palette));
    }
    if let Some(made) = &result.checks {
        blocks.push(checks::counted(made, palette));
    }
    if let Some(models) = &result.models {
        blocks.push(model_table(models, palette));
    }
    if let (Some(elapsed), Some(bound)) =
        (result.elapsed_s, result.bound_s.filter(|bound| verbosity >= 0 && *bound > 0.0))
    {
        let labs = counted(labs.len(), "lab");
        blocks.push(format!("{labs} took {}; Azure's limits allow {}", exact(elapsed), exact(bound)));
    }
    if let Some(requests) = result.requests.filter(|_| verbosity > 0) {
        blocks.push(format!(
            "requests: {}, {}, {} ({} retried, {} throttled)",
            counted(requests.reads, "read"),
            counted(requests.writes, "write"),
            counted(requests.deletes, "delete"),
            requests.retried,
            requests.throttled
        ));
    }
    if !next.is_empty() && verbosity >= 0 {
        let rows: Vec<Vec<String>> =
            next.iter().map(|step| vec![step.command.clone(), palette.paint(Tone::Dim, &step.why)]).collect();
        blocks.push(format!("{}\n{}", palette.paint(Tone::Bold, "next:"), table(&rows)));
    }
    blocks.iter().map(|block| format!("{}\n", block.trim_end())).collect::<Vec<_>>().join("\n")
}

/// Whether progress has shown each resource on the terminal on which the result appears.
fn shows_resources(options: &ReportOptions) -> bool {
    let is_one_screen = options.is_terminal && options.stdout_is_terminal;
    let is_text = matches!(options.progress, Progress::Auto | Progress::Bar | Progress::Plain);
    is_one_screen && is_text && !options.only_notes && options.verbosity >= 0
}

/// What can be deployed, best first.
fn model_table(models: &[ModelEntry], palette: Palette) -> String {
    if models.is_empty() {
        return "nothing can be deployed there now".to_owned();
    }
    let row = |model: &ModelEntry| {
        let free = quota_left(model.free);
        let until = model.deployable_until.as_ref().map_or_else(String::new, |day| format!("until {day}"));
        vec![model.model.clone(), model.version.clone(), model.sku.clone(), free, until, model.location.clone()]
    };
    let head = palette.paint(Tone::Bold, "can be deployed now, best first:");
    format!("{head}\n{}", table(&models.iter().map(row).collect::<Vec<_>>()))
}
