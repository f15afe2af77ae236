//! How the checks of a lab ended, for people.

use super::style::{Palette, Tone};
use super::summary::{headline, table};
use crate::events::CheckStatus;
use crate::outcome::{CheckReport, LabOutcome};

/// A lab and how its checks ended, each with what to do about it.
pub(super) fn block(lab: &LabOutcome, sandbox: bool, palette: Palette) -> String {
    let checks = lab.details.checks.as_deref().unwrap_or_default();
    let row = |check: &CheckReport| {
        let (tone, word) = match check.status {
            CheckStatus::Pass => (Tone::Good, "PASS"),
            CheckStatus::Warn => (Tone::Warning, "WARN"),
            CheckStatus::Fail => (Tone::Error, "FAIL"),
            CheckStatus::Skip => (Tone::Dim, "SKIP"),
        };
        vec![palette.paint(tone, word), check.id.to_owned(), check.message.replace('\n', " ")]
    };
    let mut text = headline(lab, sandbox, palette);
    let rows = table(&checks.iter().map(row).collect::<Vec<_>>());
    for (line, check) in rows.lines().zip(checks) {
        text.push_str(&format!("\n{line}"));
        if let Some(hint) = &check.hint {
            text.push_str(&format!("\n        {} {}", palette.paint(Tone::Bold, "fix:"), hint.replace('\n', " ")));
        }
    }
    text
}
