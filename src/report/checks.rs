//! The result of `doctor` for people: one line a check, what to do below it, and how many ended how.

use super::style::{Palette, Tone};
use crate::events::CheckStatus;
use crate::outcome::CheckReport;

/// The checks as a table, and a line that counts them.
pub(super) fn check_table(checks: &[CheckReport], palette: Palette) -> String {
    let label = |check: &CheckReport| match &check.lab {
        Some(lab) => format!("{} ({lab})", check.id),
        None => check.id.clone(),
    };
    let width = checks.iter().map(|check| label(check).len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in checks {
        let (tone, word) = words(check.status);
        let message = check.message.replace('\n', "\n      ");
        text.push_str(&format!("{}  {:width$}  {message}\n", palette.paint(tone, word), label(check)));
        if let Some(hint) = check.hint.as_ref().filter(|_| check.status != CheckStatus::Pass) {
            text.push_str(&format!("      {}\n", hint.trim_end().replace('\n', "\n      ")));
        }
    }
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    text.push_str(&format!(
        "{} checks: {} passed, {} warned, {} failed, {} skipped",
        checks.len(),
        count(CheckStatus::Pass),
        count(CheckStatus::Warn),
        count(CheckStatus::Fail),
        count(CheckStatus::Skip)
    ));
    text
}

fn words(status: CheckStatus) -> (Tone, &'static str) {
    match status {
        CheckStatus::Pass => (Tone::Good, "PASS"),
        CheckStatus::Warn => (Tone::Warning, "WARN"),
        CheckStatus::Fail => (Tone::Error, "FAIL"),
        CheckStatus::Skip => (Tone::Dim, "SKIP"),
    }
}
