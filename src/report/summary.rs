//! The result on stdout: one JSON object, or a block of text for people.

use std::io::{self, Write};

use anstream::AutoStream;
use console::{Alignment, measure_text_width, pad_str};

use super::describe::ending;
use super::duration::exact;
use super::sink::quiet;
use super::style::{Palette, Tone};
use super::texts::{Filter, Texts};
use super::tracker::past;
use super::{checks, plan_text, status_text};
use crate::lab::ids::OPENAI_USER_ROLE_NAME;
use crate::lab::kind::ResourceKind;
use crate::outcome::{
    Action, Change, CommandResult, ErrorReport, KubeconfigEntry, LabOutcome, LabState, ModelEntry, NextStep, Outputs,
};
use crate::values::{Output, Progress, ReportOptions};

/// Prints the result to stdout, and, in text, errors to stderr.
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
    write_result(result, next, output, options, &mut stdout, &mut stderr)
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
    let filter = Filter::new(options.hide_ids);
    let mut result = result.clone();
    filter.clean(&mut result as &mut dyn Texts);
    match output {
        Output::Json => {
            let object = serde_json::to_string(&result)?;
            put(stdout, &format!("{object}\n"))
        }
        Output::Text => {
            let mut next = next.to_vec();
            next.iter_mut().for_each(|step| filter.clean(step));
            let text = if options.stdout_is_data {
                String::new()
            } else {
                summary(&result, &next, options.verbosity, Palette::new(options.stdout_color()))
            };
            // A reader of JSON lines on stderr must find nothing else there.
            let (errors_to, color) = match options.progress {
                Progress::Json if !options.stdout_is_data => (None, options.stdout_color()),
                _ => (Some(stderr), options.stderr_color()),
            };
            // Progress has told of an interrupt, and how to continue.
            let told = options.progress != Progress::None;
            let errors = errors(&result, told, Palette::new(color));
            match errors_to {
                Some(stderr) => {
                    // Where stderr is gone, the result is still wanted.
                    let _ = put(stderr, &errors);
                    put(stdout, &text)
                }
                None => put(stdout, &format!("{errors}{text}")),
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

fn summary(result: &CommandResult, next: &[NextStep], verbosity: i8, palette: Palette) -> String {
    let labs = result.labs.as_deref().unwrap_or_default();
    let mut blocks = Vec::new();
    match labs {
        [] => {}
        labs if labs.iter().any(|lab| lab.details.plan.is_some()) => {
            let plans = labs.iter().filter_map(|lab| Some((lab, lab.details.plan.as_ref()?)));
            blocks.extend(plans.map(|(lab, plan)| plan_text::block(lab, plan, palette)));
            blocks.push("nothing was written: this was a dry run".to_owned());
        }
        labs if labs.iter().any(|lab| lab.details.checks.is_some()) => {
            blocks.extend(labs.iter().map(|lab| checks::of_lab(lab, result.sandbox == Some(true), palette)));
        }
        [lab] => match &lab.details.resources {
            Some(resources) => blocks.push(status_text::one(lab, resources, result.sandbox == Some(true), palette)),
            None => blocks.extend(one_lab(lab, result.sandbox == Some(true), verbosity, palette)),
        },
        many if many.iter().any(|lab| lab.details.about.is_some()) => blocks.push(status_text::many(many, palette)),
        many => blocks.push(many_labs(many, palette)),
    }
    if let Some(made) = &result.checks {
        blocks.push(checks::counted(made, palette));
    }
    if let Some(models) = &result.models {
        blocks.push(model_table(models, palette));
    }
    if let Some(requests) = result.requests.filter(|_| verbosity > 0) {
        blocks.push(format!(
            "requests: {} reads, {} writes, {} deletes ({} retried, {} throttled)",
            requests.reads, requests.writes, requests.deletes, requests.retried, requests.throttled
        ));
    }
    if !next.is_empty() && verbosity >= 0 {
        let rows: Vec<Vec<String>> =
            next.iter().map(|step| vec![step.command.clone(), palette.paint(Tone::Dim, &step.why)]).collect();
        blocks.push(format!("{}\n{}", palette.paint(Tone::Bold, "next:"), table(&rows)));
    }
    blocks.iter().map(|block| format!("{}\n", block.trim_end())).collect::<Vec<_>>().join("\n")
}

/// What can be deployed, best first.
fn model_table(models: &[ModelEntry], palette: Palette) -> String {
    if models.is_empty() {
        return "nothing can be deployed there now".to_owned();
    }
    let row = |model: &ModelEntry| {
        let free = model.free.map_or_else(|| "quota unknown".to_owned(), |free| format!("{free} free"));
        let until = model.deployable_until.as_ref().map_or_else(String::new, |day| format!("until {day}"));
        vec![model.model.clone(), model.version.clone(), model.sku.clone(), free, until, model.location.clone()]
    };
    let head = palette.paint(Tone::Bold, "can be deployed now, best first:");
    format!("{head}\n{}", table(&models.iter().map(row).collect::<Vec<_>>()))
}

fn one_lab(lab: &LabOutcome, sandbox: bool, verbosity: i8, palette: Palette) -> Vec<String> {
    if let Some(entry) = &lab.details.kubeconfig {
        return vec![merged(entry)];
    }
    let mut head = headline(lab, sandbox, palette);
    let untouched = lab.state == LabState::Ready
        && !lab.changes.is_empty()
        && lab.changes.iter().all(|change| change.action == Action::Unchanged);
    if untouched {
        head.push_str(&format!("\nnothing to change: {} resources are as they should be", lab.changes.len()));
    }
    if !untouched || verbosity > 0 {
        let rows: Vec<Vec<String>> = lab.changes.iter().map(|change| change_row(change, palette)).collect();
        head = format!("{head}\n{}", table(&rows));
    }
    let outputs = outputs(&lab.outputs);
    let mut blocks = vec![head];
    if !outputs.is_empty() {
        blocks.push(format!("{}\n{}", palette.paint(Tone::Bold, "outputs:"), table(&outputs)));
    }
    blocks
}

/// What went into a kubeconfig, as az says it.
fn merged(entry: &KubeconfigEntry) -> String {
    let what = if entry.current { " as current context" } else { "" };
    format!("merged {}{what} into {}", entry.context, entry.file.as_deref().unwrap_or("stdout"))
}

fn many_labs(labs: &[LabOutcome], palette: Palette) -> String {
    let rows = labs.iter().map(|lab| {
        let (tone, word) = ending(lab.state);
        let why = lab.error.as_ref().filter(|_| lab.state != LabState::Interrupted);
        let code = why.map(|error| error.code.clone()).unwrap_or_default();
        let code = lab.details.kubeconfig.as_ref().map_or(code, merged);
        let group = format!("{}, {}", lab.resource_group, lab.location);
        vec![palette.paint(tone, word), exact(lab.elapsed_s), lab.name.clone(), group, code]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    table(&rows)
}

pub(super) fn headline(lab: &LabOutcome, sandbox: bool, palette: Palette) -> String {
    let (tone, word) = ending(lab.state);
    let LabOutcome { name, resource_group, location, .. } = lab;
    let elapsed = exact(lab.elapsed_s);
    let sandbox = if sandbox { ", sandbox" } else { "" };
    let verb = if lab.state == LabState::Failed { "" } else { "is " };
    format!("lab {name} {verb}{} after {elapsed} ({resource_group}, {location}{sandbox})", palette.paint(tone, word))
}

fn change_row(change: &Change, palette: Palette) -> Vec<String> {
    let tone = if change.action == Action::Unchanged { Tone::Dim } else { Tone::Good };
    let name = match change.resource {
        // Its own name is a guid, which tells nobody anything.
        ResourceKind::RoleAssignment => OPENAI_USER_ROLE_NAME,
        _ => change.id.rsplit('/').next().unwrap_or_default(),
    };
    let elapsed = palette.paint(Tone::Dim, exact(change.elapsed_s));
    // The name comes last: it may be long, and on a narrow terminal only it is to wrap.
    vec![palette.paint(tone, past(change.action)), elapsed, change.resource.label().to_owned(), name.to_owned()]
}

fn outputs(outputs: &Outputs) -> Vec<Vec<String>> {
    [
        ("cluster", &outputs.cluster),
        ("OIDC issuer", &outputs.oidc_issuer),
        ("identity client id", &outputs.identity_client_id),
        ("identity principal id", &outputs.identity_principal_id),
        ("OpenAI account", &outputs.openai_account),
        ("OpenAI endpoint", &outputs.openai_endpoint),
        ("model deployment", &outputs.openai_deployment),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some(vec![label.to_owned(), value.clone()?]))
    .collect()
}

/// Indented rows in aligned columns.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| pad_str(cell, *width, Alignment::Left, None));
        format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Every error of the result, each as a block.
fn errors(result: &CommandResult, interrupts_told: bool, palette: Palette) -> String {
    let labs = result.labs.as_deref().unwrap_or_default();
    let of_labs =
        labs.iter().filter(|lab| !(interrupts_told && lab.state == LabState::Interrupted)).filter_map(|lab| {
            let block = error_block(lab.error.as_ref()?, palette);
            Some(if labs.len() > 1 { format!("{}: {block}", lab.name) } else { block })
        });
    // A table of checks has it as one of its lines.
    let whole = result.error.as_ref().filter(|_| result.checks.is_none()).map(|error| error_block(error, palette));
    of_labs.chain(whole).map(|block| format!("{block}\n")).collect()
}

/// An error with all that helps to act on it, without a line break at the end.
pub(super) fn error_block(error: &ErrorReport, palette: Palette) -> String {
    let head = palette.paint(Tone::Error, format!("error[{}]", error.code));
    let mut block = format!("{head}: {}", error.message.trim_end().replace('\n', "\n  "));
    let details = [("resource", &error.resource), ("request id", &error.request_id), ("hint", &error.hint)];
    for (label, value) in details {
        if let Some(value) = value {
            let value = value.trim_end().replace('\n', "\n    ");
            block.push_str(&format!("\n  {}: {value}", palette.paint(Tone::Bold, label)));
        }
    }
    if error.hint.is_none() && error.retryable {
        block.push_str(&format!("\n  {}: run the same command again", palette.paint(Tone::Bold, "hint")));
    }
    block
}
