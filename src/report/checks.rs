//! How checks ended, for people: one line a check, and below it what to do.

use super::lab_text::headline;
use super::style::{Palette, Tone};
use super::table::table;
use crate::events::CheckStatus;
use crate::outcome::{CheckReport, LabOutcome};
use crate::values::ToldOnce;

/// What stands for advice that a check above has told.
const ABOVE: &str = "as told above";

/// A lab and how its checks ended (`verify`).
pub(super) fn of_lab(lab: &LabOutcome, sandbox: bool, palette: Palette) -> String {
    let checks = lab.details.checks.as_deref().unwrap_or_default();
    format!("{}\n{}", headline(lab, sandbox, palette), lines(checks, palette))
}

/// Checks, and a line that counts them (`doctor`).
pub(super) fn counted(checks: &[CheckReport], palette: Palette) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    format!(
        "{}{}: {} passed, {} warned, {} failed, {} skipped",
        lines(checks, palette),
        crate::values::counted(checks.len(), "check"),
        count(CheckStatus::Pass),
        count(CheckStatus::Warn),
        count(CheckStatus::Fail),
        count(CheckStatus::Skip)
    )
}

/// A line a check, and below it what to do.
pub(super) fn lines(checks: &[CheckReport], palette: Palette) -> String {
    let label = |check: &CheckReport| match &check.lab {
        Some(lab) => format!("{} ({lab})", check.id),
        None => check.id.to_owned(),
    };
    let row = |(index, check): (usize, &CheckReport)| {
        let (tone, word) = match check.status {
            CheckStatus::Pass => (Tone::Good, "PASS"),
            CheckStatus::Warn => (Tone::Warning, "WARN"),
            CheckStatus::Fail => (Tone::Error, "FAIL"),
            CheckStatus::Skip => (Tone::Dim, "SKIP"),
        };
        // A check that says several things is named once; what somebody must act on always is.
        let is_plain = matches!(check.status, CheckStatus::Pass | CheckStatus::Skip);
        let is_told = is_plain && index > 0 && label(&checks[index - 1]) == label(check);
        let label = if is_told { String::new() } else { label(check) };
        vec![palette.paint(tone, word), label, check.message.lines().next().unwrap_or_default().to_owned()]
    };
    let rows = table(&checks.iter().enumerate().map(row).collect::<Vec<_>>());
    let (mut text, mut told) = (String::new(), ToldOnce::default());
    for (line, check) in rows.lines().zip(checks) {
        text.push_str(&format!("{line}\n"));
        for more in check.message.lines().skip(1) {
            text.push_str(&format!("        {more}\n"));
        }
        if let Some(hint) = check.hint.as_ref().filter(|_| check.status != CheckStatus::Pass) {
            let hint = told.tell(hint, ABOVE).replace('\n', "\n             ");
            text.push_str(&format!("        {} {hint}\n", palette.paint(Tone::Bold, "fix:")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &'static str, lab: Option<&str>, status: CheckStatus, message: &str) -> CheckReport {
        let lab = lab.map(str::to_owned);
        CheckReport { id, lab, status, message: message.to_owned(), code: None, hint: None }
    }

    #[test]
    fn a_check_is_named_once_and_whatever_must_be_acted_on_always() {
        let checks = [
            check("vcpu_quota", None, CheckStatus::Pass, "4 vCPUs are free"),
            check("vcpu_quota", None, CheckStatus::Pass, "2 labs need 8"),
            check("vcpu_quota", None, CheckStatus::Fail, "2 labs need 80"),
            check("vcpu_quota", Some("anna"), CheckStatus::Pass, "4 vCPUs are free for anna"),
        ];
        assert_eq!(
            lines(&checks, Palette::new(false)),
            "  PASS  vcpu_quota         4 vCPUs are free\n  PASS                     2 labs need 8\n  FAIL  vcpu_quota         2 \
             labs need 80\n  PASS  vcpu_quota (anna)  4 vCPUs are free for anna\n"
        );
    }

    #[test]
    fn advice_that_several_checks_share_is_told_once() {
        let split = "split the class by region:\n  1 lab in westeurope\nor ask for ";
        let failed = |id, what: &str| CheckReport {
            hint: Some(format!("{split}{what}")),
            ..check(id, None, CheckStatus::Fail, "too much")
        };
        assert_eq!(
            lines(&[failed("vcpu_quota", "vCPUs"), failed("public_ips", "addresses")], Palette::new(false)),
            "  FAIL  vcpu_quota  too much\n        fix: split the class by region:\n               1 lab in westeurope\n             \
             or ask for vCPUs\n  FAIL  public_ips  too much\n        fix: as told above\n             or ask for addresses\n"
        );
    }
}
