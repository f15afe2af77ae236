//! What a check found.

use std::borrow::Cow;

use crate::events::{CheckStatus, EventKind, Events};
use crate::follow_up::{Advice, Place};
use crate::outcome::{CheckReport, ErrorReport};

/// What a check found. `code` and `hint` are for those that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The check's stable id: `model`.
    pub(crate) id: &'static str,
    /// How it ended.
    pub(crate) status: CheckStatus,
    /// One line; several for a failure that lists what is possible.
    pub(crate) message: String,
    /// A typed code, the service's own where it would have sent one.
    pub(crate) code: Cow<'static, str>,
    /// What to do, with a command that works.
    pub(crate) hint: Option<Advice>,
}

impl Finding {
    /// As it should be.
    pub(crate) fn pass(id: &'static str, message: impl Into<String>) -> Self {
        Self { id, status: CheckStatus::Pass, message: message.into(), code: Cow::Borrowed(""), hint: None }
    }

    /// Could not be checked; the run goes on and the service will tell.
    pub(crate) fn skip(id: &'static str, why: impl Into<String>) -> Self {
        Self { status: CheckStatus::Skip, ..Self::pass(id, why) }
    }

    /// Goes on, but people should know.
    pub(crate) fn warn(id: &'static str, message: impl Into<String>) -> Self {
        Self { status: CheckStatus::Warn, ..Self::pass(id, message) }
    }

    /// Stops the run.
    pub(crate) fn fail(
        id: &'static str,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<Advice>,
    ) -> Self {
        Self { id, status: CheckStatus::Fail, message: message.into(), code: code.into(), hint: Some(hint.into()) }
    }

    /// Tells it.
    pub(crate) fn emit(&self, events: &Events) {
        events.emit(EventKind::Check { id: self.id, status: self.status, message: self.message.clone() });
    }

    /// As a check of a result.
    pub(crate) fn check_report(&self, lab: Option<&str>, place: &Place) -> CheckReport {
        CheckReport {
            id: self.id,
            lab: lab.map(str::to_owned),
            status: self.status,
            message: self.message.clone(),
            code: Some(self.code.to_string()).filter(|code| !code.is_empty()),
            hint: self.hint.as_ref().map(|hint| hint.at(place)),
        }
    }

    /// As an error of a lab.
    pub(crate) fn report(&self, place: &Place) -> ErrorReport {
        ErrorReport {
            hint: self.hint.as_ref().map(|hint| hint.at(place)),
            ..ErrorReport::new(self.code.clone(), &self.message)
        }
    }
}
