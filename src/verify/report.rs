//! What a check reports.

use super::facts::{Forbidden, Look};
use crate::outcome::CheckReport;
use crate::values::{CheckStatus, ResourceKind};

pub(super) fn pass(id: &'static str, message: impl Into<String>) -> CheckReport {
    CheckReport::new(id, CheckStatus::Pass, message)
}

pub(super) fn warn(id: &'static str, message: impl Into<String>, hint: impl Into<String>) -> CheckReport {
    CheckReport::new(id, CheckStatus::Warn, message).hint(hint)
}

pub(super) fn fail(id: &'static str, message: impl Into<String>, hint: impl Into<String>) -> CheckReport {
    CheckReport::new(id, CheckStatus::Fail, message).hint(hint)
}

pub(super) fn skip(id: &'static str, message: impl Into<String>) -> CheckReport {
    CheckReport::new(id, CheckStatus::Skip, message)
}

/// What a check on something that was not read says: why not.
pub(super) fn unread<T>(id: &'static str, look: &Look<T>, what: ResourceKind) -> Option<CheckReport> {
    match look {
        Look::There(_) => None,
        Look::Absent => Some(skip(id, format!("there is no {what}"))),
        Look::Forbidden(why) => Some(forbidden(id, why)),
    }
}

pub(super) fn forbidden(id: &'static str, why: &Forbidden) -> CheckReport {
    CheckReport { code: Some(why.code.clone()), ..skip(id, format!("you may not read it: {}", why.message)) }
}
