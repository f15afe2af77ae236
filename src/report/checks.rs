//! How checks ended, for people: one line a check, and below it what to do.

use super::style::{Palette, Tone};
use super::summary::{headline, table};
use crate::events::CheckStatus;
use crate::outcome::{CheckReport, LabOutcome};

/// A lab and how its checks ended (`verify`).
pub(super) fn of_lab(lab: &LabOutcome, sandbox: bool, palette: Palette) -> String {
    let checks = lab.details.checks.as_deref().unwrap_or_default();
    format!("{}\n{}", headline(lab, sandbox, palette), lines(checks, palette))
}

/// Checks, and a line that counts them (`doctor`).
pub(super) fn counted(checks: &[CheckReport], palette: Palette) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    format!(
        "{}{} checks: {} passed, {} warned, {} failed, {} skipped",
        lines(checks, palette),
        checks.len(),
        count(CheckStatus::Pass),
        count(CheckStatus::Warn),
        count(CheckStatus::Fail),
        count(CheckStatus::Skip)
    )
}

fn lines(checks: &[CheckReport], palette: Palette) -> String {
    let row = |check: &CheckReport| {
        let (tone, word) = match check.status {
            CheckStatus::Pass => (Tone::Good, "PASS"),
            CheckStatus::Warn => (Tone::Warning, "WARN"),
            CheckStatus::Fail => (Tone::Error, "FAIL"),
            CheckStatus::Skip => (Tone::Dim, "SKIP"),
        };
        let label = check.lab.as_ref().map_or_else(|| check.id.to_owned(), |lab| format!("{} ({lab})", check.id));
        vec![palette.paint(tone, word), label, check.message.lines().next().unwrap_or_default().to_owned()]
    };
    let rows = table(&checks.iter().map(row).collect::<Vec<_>>());
    let mut text = String::new();
    for (line, check) in rows.lines().zip(checks) {
        text.push_str(&format!("{line}\n"));
        for more in check.message.lines().skip(1) {
            text.push_str(&format!("        {more}\n"));
        }
        if let Some(hint) = check.hint.as_ref().filter(|_| check.status != CheckStatus::Pass) {
            let hint = hint.trim_end().replace('\n', "\n             ");
            text.push_str(&format!("        {} {hint}\n", palette.paint(Tone::Bold, "fix:")));
        }
    }
    text
}
