//! Errors in words.

use super::style::{Palette, Tone};
use crate::outcome::{CheckReport, CommandResult};
use crate::values::{CheckStatus, ErrorReport, LabState};

/// Every error of the result, each as a block.
pub(super) fn errors(result: &CommandResult, interrupts_told: bool, palette: Palette) -> String {
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

/// Every check that failed, each as an error: where no table of them is printed.
pub(super) fn failed_checks(result: &CommandResult, palette: Palette) -> String {
    let labs = result.labs.as_deref().unwrap_or_default();
    let of_labs = labs.iter().flat_map(|lab| {
        let name = (labs.len() > 1).then_some(lab.name.as_str());
        lab.details.checks.iter().flatten().map(move |check| (name, check))
    });
    let of_all = result.checks.iter().flatten().map(|check| (check.lab.as_deref(), check));
    let block = |(lab, check): (Option<&str>, &CheckReport)| {
        let code = check.code.as_deref().unwrap_or(check.id);
        let error = ErrorReport { hint: check.hint.clone(), ..ErrorReport::new(code, check.message.as_str()) };
        let lab = lab.map_or_else(String::new, |lab| format!("{lab}: "));
        format!("{lab}{}\n", error_block(&error, palette))
    };
    of_labs.chain(of_all).filter(|(_, check)| check.status == CheckStatus::Fail).map(block).collect()
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
