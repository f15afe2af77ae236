//! Errors in words.

use super::alike::alike;
use super::class_text::names;
use super::style::{Palette, Tone};
use super::wrap::wrap;
use crate::outcome::{CheckReport, CommandResult, LabOutcome};
use crate::values::{CheckStatus, ErrorReport, LabState, ToldOnce, counted};

/// Every error of the result, each as a block; what several labs failed with alike is told once, with how many they are.
pub(super) fn errors(result: &CommandResult, interrupts_told: bool, palette: Palette, width: Option<usize>) -> String {
    let labs = result.labs.as_deref().unwrap_or_default();
    let failed = labs.iter().filter(|lab| lab.error.is_some());
    let failed: Vec<&LabOutcome> =
        failed.filter(|lab| !(interrupts_told && lab.state == LabState::Interrupted)).collect();
    let of_labs = alike(&failed, |lab| lab.error.as_ref().map(said)).into_iter().filter_map(|(_, who)| {
        let who: Vec<&LabOutcome> = who.into_iter().copied().collect();
        let error = who.first()?.error.as_ref()?;
        Some(match who.as_slice() {
            [_] if labs.len() == 1 => fitted(error, palette, width),
            [lab] => format!("{}: {}", lab.name, fitted(error, palette, width)),
            // Each has a resource and a request of its own: the result object has them.
            who => {
                let common = ErrorReport { resource: None, request_id: None, ..error.clone() };
                format!("{} ({}): {}", counted(who.len(), "lab"), names(who), fitted(&common, palette, width))
            }
        })
    });
    // A table of checks has it as one of its lines.
    let whole = result.error.as_ref().filter(|_| result.checks.is_none()).map(|error| fitted(error, palette, width));
    of_labs.chain(whole).map(|block| format!("{block}\n")).collect()
}

/// What two errors have in common that differ in nothing but the resource that they are about.
fn said(error: &ErrorReport) -> (String, String, Option<String>, bool) {
    (error.code.clone(), error.message.clone(), error.hint.clone(), error.retryable)
}

/// Every check that failed, each as an error: where no table of them is printed.
pub(super) fn failed_checks(result: &CommandResult, palette: Palette, width: Option<usize>) -> String {
    let labs = result.labs.as_deref().unwrap_or_default();
    let of_labs = labs.iter().flat_map(|lab| {
        let name = (labs.len() > 1).then_some(lab.name.as_str());
        lab.details.checks.iter().flatten().map(move |check| (name, check))
    });
    let of_all = result.checks.iter().flatten().map(|check| (check.lab.as_deref(), check));
    let mut told = ToldOnce::default();
    let block = |(lab, check): (Option<&str>, &CheckReport)| {
        let code = check.code.as_deref().unwrap_or(check.id);
        let hint = check.hint.as_ref().map(|hint| told.tell(hint, "as told above"));
        let error = ErrorReport { hint, ..ErrorReport::new(code, check.message.as_str()) };
        let lab = lab.map_or_else(String::new, |lab| format!("{lab}: "));
        format!("{lab}{}\n", fitted(&error, palette, width))
    };
    of_labs.chain(of_all).filter(|(_, check)| check.status == CheckStatus::Fail).map(block).collect()
}

/// An error whose message wraps between words on a terminal of `width` columns. Its hint does not: a command in it is pasted.
fn fitted(error: &ErrorReport, palette: Palette, width: Option<usize>) -> String {
    let Some(width) = width else { return error_block(error, palette) };
    // What stands before the message takes its place in the first line, and two blanks in the others.
    let head = format!("error[{}]: ", error.code);
    let wrapped = wrap(&format!("{head}{}", error.message), width.saturating_sub(2));
    let message = wrapped.strip_prefix(&head).unwrap_or(&error.message).to_owned();
    error_block(&ErrorReport { message, ..error.clone() }, palette)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_wraps_between_words_and_a_hint_stays_whole() {
        let command = "azlab provision --sandbox --lab a-name-that-is-long --resource-group another-long-name --adopt";
        let message = "the resource group exists and nothing shows that it is a lab's; it has tags of somebody else\n  one more line";
        let error = ErrorReport::new("NotOurs", message).hint(command);
        let shown = fitted(&error, Palette::new(false), Some(60));
        assert!(shown.lines().filter(|line| !line.contains("hint")).all(|line| line.len() <= 60), "{shown}");
        assert!(shown.lines().any(|line| line.ends_with(command)), "{shown}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&shown), words(&error_block(&error, Palette::new(false))));
        assert_eq!(fitted(&error, Palette::new(false), None), error_block(&error, Palette::new(false)));
    }
}
