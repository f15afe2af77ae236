//! Errors in words.

use super::style::{Palette, Tone};
use crate::outcome::{CommandResult, LabOutcome};
use crate::values::{ErrorReport, LabState};

/// So many labs with one error are named; of more, the others are counted.
const MOST_NAMED: usize = 3;

/// Every error of the result, each as a block; what several labs failed with alike is told once, with how many they are.
pub(super) fn errors(result: &CommandResult, interrupts_told: bool, palette: Palette) -> String {
    let labs = result.labs.as_deref().unwrap_or_default();
    let mut alike: Vec<(&ErrorReport, Vec<&LabOutcome>)> = Vec::new();
    for lab in labs.iter().filter(|lab| !(interrupts_told && lab.state == LabState::Interrupted)) {
        let Some(error) = &lab.error else { continue };
        match alike.iter_mut().find(|(known, _)| says_the_same(known, error)) {
            Some((_, who)) => who.push(lab),
            None => alike.push((error, vec![lab])),
        }
    }
    let of_labs = alike.into_iter().map(|(error, who)| match who.as_slice() {
        [_] if labs.len() == 1 => error_block(error, palette),
        [lab] => format!("{}: {}", lab.name, error_block(error, palette)),
        // Each has a resource and a request of its own: the result object has them.
        who => {
            let common = ErrorReport { resource: None, request_id: None, ..error.clone() };
            format!("{}: {}", named(who), error_block(&common, palette))
        }
    });
    // A table of checks has it as one of its lines.
    let whole = result.error.as_ref().filter(|_| result.checks.is_none()).map(|error| error_block(error, palette));
    of_labs.chain(whole).map(|block| format!("{block}\n")).collect()
}

/// Whether two errors differ in nothing but the resource that they are about.
fn says_the_same(one: &ErrorReport, other: &ErrorReport) -> bool {
    let said = |error: &ErrorReport| (error.code.clone(), error.message.clone(), error.hint.clone(), error.retryable);
    said(one) == said(other)
}

/// Several labs: how many, and which.
fn named(labs: &[&LabOutcome]) -> String {
    let names: Vec<&str> = labs.iter().take(MOST_NAMED).map(|lab| lab.name.as_str()).collect();
    let more = labs.len() - names.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{} labs ({}{more})", labs.len(), names.join(", "))
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
